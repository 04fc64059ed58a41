from pytket import Circuit

from qffc.execution.backend import run_circuits
from qffc.targets.catalogue import target

run_circuits([Circuit(2, 2).CX(0, 1).measure_all()], target("H2-1LE"), shots=2, seed=0)
