qffc compile lib:sivqlm-lih --passes canonicalise
