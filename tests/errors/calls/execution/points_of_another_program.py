import numpy as np

import qffc as qf
from qffc.passes.circuit.split_program import split_program
from qffc.passes.measurement.plan import plan_measurement

plan_measurement(split_program(qf.load("sivqlm-lih", depth=1)), np.zeros((2, 3)))
