from qffc.data import Dataset

Dataset([18], [[[0, 0, 0]]], [-0.1], None, cells=[[4, 0, 0], [0, 4, 0], [4, 4, 0]])
