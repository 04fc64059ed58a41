from qffc.data import Dataset

Dataset([18, 18], [[[0, 0, 0], [0, 0, 3.95]]], [-0.1], None, cells=[[4, 0, 0], [0, 4, 0], [0, 0, 4]])
