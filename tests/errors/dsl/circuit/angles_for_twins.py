import qffc as qf


@qf.ansatz
def water(a, depth=2):
    a.centre("O")
    twins = [a.twins(h) for h in a.neighbours("H", 2)]
    for layer in a.layers(depth):
        a.exchange(twins, angle=layer.params("J", 2))
    return a.energy(a.dot(twins))


water()
