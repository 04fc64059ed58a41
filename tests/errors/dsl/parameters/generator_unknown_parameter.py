import qffc as qf


@qf.ansatz
def graph(a):
    a.param("A", 4, 4)
    left, right = a.qubits(2)
    a.generator("shift", entries={"B": {0: 1, 1: 0}})
    return a.energy(a.dot(left, right))


graph()
