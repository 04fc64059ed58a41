from qffc.data import Dataset

Dataset(["H", "H"], [[[0, 0, 0], [0, 0, 0.74]]], [-31.7], None)
