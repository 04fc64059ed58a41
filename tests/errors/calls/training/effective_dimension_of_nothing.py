import numpy as np

from qffc.trainability.effective_dimension import effective_dimension

effective_dimension(np.zeros((2, 3)), 1)
