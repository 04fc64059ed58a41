import numpy as np

from qffc.data import Dataset
from qffc.data.baselines import harmonic_baseline

places = np.arange(180.0).reshape(1, 60, 3)
harmonic_baseline(Dataset([6] * 60, places, [-1.0], np.zeros((1, 60, 3))))
