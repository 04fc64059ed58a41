from qffc.data import Dataset

cell = [[4, 0, 0], [0, 4, 0], [0, 0, 4]]
Dataset([18], [[[0, 0, 0]]], [-0.1], None, cells=cell, stresses=[[[0, 1, 0], [0, 0, 0], [0, 0, 0]]])
