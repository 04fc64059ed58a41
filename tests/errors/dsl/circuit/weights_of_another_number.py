import qffc as qf


@qf.ansatz
def bond(a):
    left, right = (a.qubit(atom) for atom in a.atoms("H", "H"))
    a.singlet(left, right)
    return a.energy(a.dot(left, right), weights=[1, 2])


bond()
