import qffc as qf


@qf.ansatz
def lithium_hydride(a, depth=2):
    a.centre("Li")
    return a.energy(a.dot(*a.twins(a.neighbour("H"))))


lithium_hydride(dept=4)
