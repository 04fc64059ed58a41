qffc compile lib:sivqlm-lih --emit qasm --geometry water
