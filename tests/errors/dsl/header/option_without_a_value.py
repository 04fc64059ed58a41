import qffc as qf


@qf.ansatz
def bond(a, depth):
    return a.energy()


bond()
