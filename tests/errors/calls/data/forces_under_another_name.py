from ase.build import molecule

from qffc.references.data import dataset_of

water = molecule("H2O")
water.info["energy"] = -2075.0
dataset_of([water])
