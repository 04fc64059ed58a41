from qffc.data import Dataset
from qffc.data.split import PublishedSplit

Dataset([1, 1], [[[0, 0, 0], [0, 0, 0.74]]], [-31.7], None, published=(PublishedSplit((0,), (1,)),))
