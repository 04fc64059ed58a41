import qffc as qf


@qf.ansatz
def bond(a):
    left, right = (a.qubit(atom) for atom in a.atoms("H", "H"))
    a.singlet(left, right)
    a.energy(a.dot(left, right))
    return a.energy(a.dot(left, right))


bond()
