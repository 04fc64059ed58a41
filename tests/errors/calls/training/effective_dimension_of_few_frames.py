import numpy as np

from qffc.trainability import effective_dimension

effective_dimension([np.ones(3)], 3, 10)
