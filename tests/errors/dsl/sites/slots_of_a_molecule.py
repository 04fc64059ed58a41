import qffc as qf


@qf.ansatz
def water(a):
    a.centre("O")
    neighbours = a.neighbour_slots(2)
    return a.energy(a.dot(*a.qubits(neighbours)))


water()
