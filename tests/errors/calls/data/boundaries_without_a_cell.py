from qffc.data import Dataset

Dataset([18], [[[0, 0, 0]]], [-0.1], None, pbc=[True, True, False])
