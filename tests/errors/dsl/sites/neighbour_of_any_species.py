import qffc as qf


@qf.ansatz
def water(a):
    a.centre("O")
    upper, lower = a.twins(a.neighbour())
    return a.energy(a.dot(upper, lower))


water()
