import qffc as qf
from qffc.data import Dataset, load_embedded

water = load_embedded("water").subset(range(10))
qf.train("lib:pair", Dataset(water.numbers, water.positions, water.energies, None), "run", train=5)
