import qffc as qf


@qf.ansatz
def bond(a):
    a.centre()


bond()
