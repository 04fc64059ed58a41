from qffc.data import Dataset

Dataset([1, 1], [[[0, 0, 0], [0, 0, 0.01]]], [-31.7], None)
