import numpy as np

from qffc.data import read

np.savez("h2.npz", z=np.array([1, None], object), R=[[[0, 0, 0], [0, 0, 0.74]]], E=[-31.7], F=[[[0, 0, 0], [0, 0, 0]]])
read("h2.npz", units="ase")
