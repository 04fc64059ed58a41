from pathlib import Path

import numpy as np

from qffc.data import read

with Path("h2.npz").open("wb") as file:
    np.save(file, [1, 1])
read("h2.npz", units="ase")
