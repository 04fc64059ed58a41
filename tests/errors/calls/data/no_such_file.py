from qffc.data import read

read("gone.npz", units="ase")
