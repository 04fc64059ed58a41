import qffc as qf


@qf.ansatz
def water(a):
    oxygen = a.centre("O")
    J = a.param("J", qf.SPECIES, 3)
    twins = [a.twins(h) for h in a.neighbours("H", 2)]
    a.exchange(twins, angle=J[oxygen])
    return a.energy(a.dot(twins))


water()
