qffc compile lib:sivqlm-lih --emit json --geometry water
