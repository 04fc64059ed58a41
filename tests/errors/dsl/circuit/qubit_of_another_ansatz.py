import qffc as qf

kept = []


@qf.ansatz
def first(a):
    a.centre("Li")
    kept.append(a.twins(a.neighbour("H")))
    return a.energy(a.dot(*kept[0]))


@qf.ansatz
def second(a):
    a.centre("Li")
    upper, _ = a.twins(a.neighbour("H"))
    return a.energy(a.dot(upper, kept[0].lower))


first()
second()
