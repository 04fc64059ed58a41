import numpy as np

from qffc.execution.allocation import energy_variance

energy_variance(np.array([1.0, 2.0]), np.array([0, 5]))
