import qffc as qf
from qffc.data import load_embedded
from qffc.models.force_field import untrained
from qffc.models.uncertainty_fit import with_uncertainty

water = load_embedded("water").subset([0, 1])
with_uncertainty(untrained(qf.load("sivqlm-h2o", depth=1), 0), [water], [water])
