import numpy as np

import qffc as qf

qf.load_model("trained:water").energy_fn(["O", "H", "H"])({}, np.zeros((4, 3)))
