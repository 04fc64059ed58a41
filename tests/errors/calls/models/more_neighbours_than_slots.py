import numpy as np

import qffc as qf
from qffc.models.force_field import untrained

model = untrained(qf.load("revised", species=("C", "H"), slots=2, depth=1), 0)
model.predict(["C", "H", "H", "H", "H"], np.eye(5)[None, :, :3])
