from pytket import Circuit

from qffc.execution.backend import run_circuits
from qffc.targets.catalogue import target

run_circuits([Circuit(1, 1).Measure(0, 0).Rz(0.5, 0).Reset(0)], target("H2-1LE"), shots=2, seed=0)
