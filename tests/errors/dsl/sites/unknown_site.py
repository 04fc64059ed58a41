import qffc as qf


@qf.ansatz
def water(a):
    oxygen = a.centre("O")
    f = a.radial("f")
    twins = [a.twins(h) for h in a.neighbours("H", 2)]
    a.exchange(twins, angle=f(oxygen, "H3"))
    return a.energy(a.dot(twins))


water()
