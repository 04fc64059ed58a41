import qffc as qf

from qffc.ir.reference import simulate

simulate(qf.load("ring", qubits=24), {}, {})
