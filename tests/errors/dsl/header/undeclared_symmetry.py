import qffc as qf


@qf.ansatz(symmetry=("rotation", "mirror"))
def lithium_hydride(a):
    a.centre("Li")
    return a.energy(a.dot(*a.twins(a.neighbour("H"))))


lithium_hydride()
