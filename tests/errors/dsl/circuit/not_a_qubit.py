import qffc as qf


@qf.ansatz
def bond(a):
    first, second = a.atoms("H", "H")
    a.singlet(first, second)
    return a.energy()


bond()
