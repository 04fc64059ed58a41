import numpy as np

from qffc.data import read

np.savez("ar.npz", z=[18], R=[[[0, 0, 0]]], E=[-0.1], F=[[[0, 0, 0]]], box=4 * np.eye(3))
read("ar.npz", units="ase")
