import qffc as qf
from qffc.passes.circuit.split_program import split_program
from qffc.passes.noisy.make import noisy_kernel
from qffc.targets.catalogue import target

noisy_kernel(split_program(qf.load("sivqlm-lih", depth=1)), target("ideal"))
