import qffc as qf


@qf.ansatz
def ammonia(a, depth=2):
    a.centre("N")
    twins = [a.twins(h) for h in a.neighbours("H", 3)]
    for layer in a.layers(depth):
        a.exchange(twins, angle=layer.params("J", 3))
    return a.energy(a.dot(twins))


ammonia()
