import numpy as np

from qffc.execution.allocation import allocate

allocate(np.ones(5), 4)
