from ase.build import molecule
from ase.calculators.singlepoint import SinglePointCalculator

from qffc.references.data import dataset_of

frames = [molecule("H2O"), molecule("NH3")]
for atoms in frames:
    atoms.calc = SinglePointCalculator(atoms, energy=-10.0, forces=0 * atoms.positions)
dataset_of(frames)
