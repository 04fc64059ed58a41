from ase.build import bulk
from ase.calculators.singlepoint import SinglePointCalculator

from qffc.references.data import dataset_of

frames = [bulk("Cu", cubic=True) for _ in range(2)]
for number, atoms in enumerate(frames):
    more = {"stress": [0.0] * 6} if number else {}
    atoms.calc = SinglePointCalculator(atoms, energy=-1.0, forces=0 * atoms.positions, **more)
dataset_of(frames)
