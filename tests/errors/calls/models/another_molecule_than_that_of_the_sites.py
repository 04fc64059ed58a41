import qffc as qf
from qffc.models.force_field import untrained

untrained(qf.load("sivqlm-h2o", depth=1), 0).predict(["O", "H"], [[[0, 0, 0], [1, 0, 0]]])
