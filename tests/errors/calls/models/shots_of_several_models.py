import qffc as qf
from qffc.models.ensemble import Ensemble
from qffc.models.force_field import untrained

models = [untrained(qf.load("sivqlm-h2o", depth=1), seed) for seed in (0, 1)]
qf.evaluate(Ensemble(models), "water", shots=True)
