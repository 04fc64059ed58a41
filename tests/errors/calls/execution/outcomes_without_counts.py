import numpy as np

from qffc.execution.shots import ShotResult

ShotResult(np.zeros((2, 3), np.uint8), np.array([1]))
