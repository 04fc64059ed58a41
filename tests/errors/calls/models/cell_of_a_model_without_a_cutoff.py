import qffc as qf
from qffc.models.force_field import untrained

untrained(qf.load("sivqlm-h2o", depth=1), 0).predict_in_cells(
    ["O", "H", "H"], [[[0, 0, 0], [1, 0, 0], [0, 1, 0]]], [[9, 0, 0], [0, 9, 0], [0, 0, 9]]
)
