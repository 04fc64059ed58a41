import numpy as np

from qffc.data import read

with open("h2.npz", "wb") as file:
    np.save(file, [1, 1])
read("h2.npz", units="ase")
