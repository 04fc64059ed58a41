from pathlib import Path

from qffc.data import Dataset, load_embedded
from qffc.data.sgdml import write_sgdml

water = load_embedded("water").subset([0, 1])
write_sgdml(Dataset(water.numbers, water.positions, water.energies, None), Path("water.npz"))
