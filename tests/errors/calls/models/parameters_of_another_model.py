import numpy as np

import qffc as qf

qf.load_model("trained:water").energy_fn(["O", "H", "H"])({"w": np.zeros(3)}, np.zeros((3, 3)))
