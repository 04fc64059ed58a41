import qffc as qf


@qf.ansatz
def water(a, depth=2):
    oxygen = a.centre("O")
    hydrogens = a.neighbours("H", 2)
    twins = [a.twins(h) for h in hydrogens]
    for layer in a.layers(depth):
        for h, (upper, _) in zip(hydrogens, twins, strict=True):
            a.rotate(upper, layer.radial("f", oxygen, h) * h.distance)
    return a.energy(a.dot(twins))


water()
