import numpy as np

from qffc.execution.allocation import allocate_for

allocate_for(np.array([1.0, -1.0]), 0.1)
