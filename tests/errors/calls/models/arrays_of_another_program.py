import qffc as qf
from qffc.models.force_field import ForceField

ForceField(qf.load("sivqlm-lih", depth=1), {"w": [1.0]})
