from qffc.data import read

read("water.npz", units=("kcal/mol", "Angstrom"))
