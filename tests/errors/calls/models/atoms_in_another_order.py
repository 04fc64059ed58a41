import numpy as np

import qffc as qf
from qffc.models.site_energy import place_sites

place_sites(qf.load("sivqlm-lih", depth=1), np.eye(3)[None, :2], np.array([1, 3]))
