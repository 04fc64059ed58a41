from qffc.data import Dataset

Dataset([[1, 8], [8, 1]], [[[0, 0, 0], [0, 0, 0.97]]] * 2, [-31.7, -31.7], None)
