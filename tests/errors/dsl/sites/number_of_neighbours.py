import qffc as qf


@qf.ansatz
def bond(a):
    a.centre("O")
    a.neighbours("H", 0)


bond()
