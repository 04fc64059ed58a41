qffc compile lib:sivqlm-lih --passes "light-cone{depth=3}"
