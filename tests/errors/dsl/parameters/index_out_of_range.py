import qffc as qf


@qf.ansatz
def water(a, depth=6):
    alpha = a.param("alpha", 4, depth)
    a.centre("O")
    first, second = a.neighbours("H", 2)
    q = a.qubits([first, second])
    a.singlet(q[0], q[1])
    a.rotate(q[0], alpha[0, depth] * first.position)
    return a.energy(a.dot(q[0], q[1]))


water()
