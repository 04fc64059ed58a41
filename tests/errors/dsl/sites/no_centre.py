import qffc as qf


@qf.ansatz
def water(a):
    twins = [a.twins(h) for h in a.neighbours("H", 2)]
    return a.energy(a.dot(twins))


water()
