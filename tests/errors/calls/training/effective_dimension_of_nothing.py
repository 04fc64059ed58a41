import numpy as np

from qffc.trainability import effective_dimension

effective_dimension([np.zeros(3)], 3, 1000)
