from qffc.references.data import dataset_of

dataset_of(3)
