from qffc.data import Dataset

Dataset([1, 0], [[[0, 0, 0], [0, 0, 0.74]]], [-31.7], None)
