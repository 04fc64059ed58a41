import qffc as qf
from qffc.models.force_field import untrained
from qffc.models.moving_atoms import MovingAtoms

MovingAtoms(untrained(qf.load("sivqlm-h2o", depth=1), 0), ["O", "H", "H"])
