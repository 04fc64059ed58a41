qffc compile lib:sivqlm-lih --emit drawing --out circuit.qasm
