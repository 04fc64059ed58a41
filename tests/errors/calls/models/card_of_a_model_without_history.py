import qffc as qf
from qffc.models.force_field import untrained
from qffc.reports.model_card import model_card

model_card("lih", untrained(qf.load("sivqlm-lih", depth=1), 0), [])
