import qffc as qf
from qffc.ir.reference import statevector

statevector(qf.load("ring", qubits=24), None)
