from ase.build import molecule

from qffc.references.data import dataset_of

dataset_of([molecule("H2O")])
