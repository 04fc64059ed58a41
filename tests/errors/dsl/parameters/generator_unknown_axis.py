import qffc as qf


@qf.ansatz
def graph(a):
    weights = a.param("A", 4, 4)
    left, right = a.qubits(2)
    a.generator("shift", entries={(weights, 2): {0: 1, 1: 2, 2: 3, 3: 0}})
    return a.energy(a.dot(left, right))


graph()
