qffc compile lib:sivqlm-lih --target H1-1
