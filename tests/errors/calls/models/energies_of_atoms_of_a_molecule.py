import qffc as qf
from qffc.models.energies_of_atoms import energies_of_atoms
from qffc.models.force_field import untrained

energies_of_atoms(untrained(qf.load("sivqlm-h2o", depth=1), 0), ["O", "H", "H"], [[[0, 0, 0], [1, 0, 0], [0, 1, 0]]])
