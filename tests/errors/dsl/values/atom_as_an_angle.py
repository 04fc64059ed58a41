import qffc as qf


@qf.ansatz
def bond(a):
    first, second = a.atoms("H", "H")
    left, right = a.qubit(first), a.qubit(second)
    a.singlet(left, right)
    a.rotate(left, second)
    return a.energy(a.dot(left, right))


bond()
