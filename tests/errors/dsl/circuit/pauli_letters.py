import qffc as qf


@qf.ansatz
def lithium_hydride(a):
    a.centre("Li")
    upper, lower = a.twins(a.neighbour("H"))
    a.pauli_rotation("ZZ", upper, angle=0.5)
    return a.energy(a.dot(upper, lower))


lithium_hydride()
