import qffc as qf


@qf.ansatz
def lithium_hydride(a):
    a.centre("Li")
    J = a.param("J", 3)
    upper, lower = a.twins(a.neighbour("H"))
    a.exchange(upper, lower, angle=J)
    return a.energy(a.dot(upper, lower))


lithium_hydride()
