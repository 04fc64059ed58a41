import qffc as qf


@qf.ansatz
def lithium_hydride(a):
    a.centre("Li")
    hydrogen = a.neighbour("H")
    upper, lower = a.twins(hydrogen)
    bent = 1 + hydrogen.direction
    a.rotate(upper, bent)
    return a.energy(a.dot(upper, lower))


lithium_hydride()
