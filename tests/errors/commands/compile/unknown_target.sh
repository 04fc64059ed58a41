qffc compile lib:sivqlm-lih --target H9
