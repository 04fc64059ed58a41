import qffc as qf


@qf.ansatz
def bond(a):
    first, second = a.atoms("H", "H")
    left, right = a.qubit(first), a.qubit(second)
    angle = a.param("w")
    a.radial("f", cutoff=angle)
    return a.energy(a.dot(left, right))


bond()
