qffc compile lib:sivqlm-lih --emit hugr
