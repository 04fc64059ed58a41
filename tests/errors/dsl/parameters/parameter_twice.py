import qffc as qf


@qf.ansatz
def lithium_hydride(a, depth=2):
    a.centre("Li")
    upper, lower = a.twins(a.neighbour("H"))
    for _ in a.layers(depth):
        a.exchange(upper, lower, angle=a.param("J"))
    return a.energy(a.dot(upper, lower))


lithium_hydride()
