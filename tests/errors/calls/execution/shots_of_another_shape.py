import numpy as np

import qffc as qf
from qffc.execution.estimate import shot_table

shot_table(np.ones((2, 9), int), 2, qf.compile("lib:sivqlm-lih", "H2-1").measurements)
