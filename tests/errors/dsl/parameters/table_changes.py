import qffc as qf


@qf.ansatz
def water(a):
    oxygen = a.centre("O")
    twins = [a.twins(h) for h in a.neighbours("H", 2)]
    for layer in a.layers(2):
        a.exchange(twins, angle=layer.param("J"))
        a.exchange(twins, angle=layer.param("J", oxygen))
    return a.energy(a.dot(twins))


water()
