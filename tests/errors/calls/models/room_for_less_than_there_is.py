import numpy as np

import qffc as qf

qf.load_model("trained:water").cell_energy_fn(np.eye(3), ["O", "H", "H"], 9 * np.eye(3), room=0.5)
