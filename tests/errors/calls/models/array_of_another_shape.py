import qffc as qf
from qffc.models.force_field import ForceField, untrained

model = untrained(qf.load("sivqlm-lih", depth=1), 0)
ForceField(model.program, {**model.arrays, "offset": [1.0, 2.0]})
