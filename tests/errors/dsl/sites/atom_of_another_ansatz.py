import qffc as qf

kept = []


@qf.ansatz
def first(a):
    kept.append(a.centre("Li"))
    return a.energy(a.dot(*a.twins(a.neighbour("H"))))


@qf.ansatz
def second(a):
    a.centre("Li")
    hydrogen = a.neighbour("H")
    upper, lower = a.twins(hydrogen)
    for layer in a.layers(2):
        a.rotate(upper, layer.radial("f", kept[0], hydrogen) * hydrogen.direction)
    return a.energy(a.dot(upper, lower))


first()
second()
