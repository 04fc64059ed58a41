import numpy as np

import qffc as qf
from qffc.passes.circuit.split_program import split_program
from qffc.passes.measurement.kernel_states import kernel_states

kernel_states(split_program(qf.load("ring", qubits=30, depth=1)), np.zeros((1, 1)))
