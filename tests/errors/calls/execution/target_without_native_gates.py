import qffc as qf
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.targets.catalogue import target

PytketKernel(split_program(qf.load("sivqlm-lih", depth=1)), target("ideal"))
