import qffc as qf


@qf.ansatz
def spins(a):
    first, second = a.qubits(a.atoms("H", "H"))
    a.singlet(first, second)
    a.exchange(first, second, angle=0.3j)
    return a.energy(a.dot(first, second))


spins()
