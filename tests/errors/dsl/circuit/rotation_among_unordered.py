import qffc as qf


@qf.ansatz
def ring(a):
    a.centre("O")
    first, second = a.neighbours("H", 2)
    (upper, lower), (left, right) = a.twins(first), a.twins(second)
    with a.unordered():
        a.exchange(upper, left, angle=1)
        a.rotate(lower, first.position)
    return a.energy(a.dot(upper, right))


ring()
