from qffc.data import Dataset, load_embedded
from qffc.data.conversion import joined

water = load_embedded("water").subset([0, 1])
joined([water, Dataset(water.numbers, water.positions, water.energies, None)])
