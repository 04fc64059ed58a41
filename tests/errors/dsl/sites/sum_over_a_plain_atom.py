import qffc as qf


@qf.ansatz
def bond(a):
    a.centre("O")
    near = a.neighbour("H")
    a.sum(near, near.direction)


bond()
