import numpy as np

from qffc.data import read

np.savez("ar.npz", z=[18], R=[[[0, 0, 0]]], E=[-0.1], F=[[[0, 0, 0]]], lattice=[[4, 0, 0], [1, 4, 0], [0, 0, 4]])
read("ar.npz", units="ase")
