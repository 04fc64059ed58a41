import qffc as qf


@qf.ansatz
def bond(a):
    left, right = a.qubits(2)
    a.generator("parity", paulis={left: "Z", right: "Z"})
    a.generator("parity", paulis={left: "X", right: "X"})
    return a.energy(a.dot(left, right))


bond()
