import qffc as qf


@qf.ansatz
def ring(a):
    a.centre("O")
    upper, lower = a.twins(a.neighbour("H"))
    with a.unordered(), a.unordered():
        a.exchange(upper, lower, angle=1)
    return a.energy(a.dot(upper, lower))


ring()
