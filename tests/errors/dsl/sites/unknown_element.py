import qffc as qf


@qf.ansatz
def water(a):
    a.centre("Oxygen")
    return a.energy(a.dot([a.twins(h) for h in a.neighbours("H", 2)]))


water()
