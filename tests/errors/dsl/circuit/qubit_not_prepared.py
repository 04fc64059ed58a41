import qffc as qf


@qf.ansatz
def water(a):
    a.centre("O")
    first, second = a.neighbours("H", 2)
    left, right = a.qubit(first), a.qubit(second)
    a.rotate(left, 0.5 * first.position)
    a.singlet(left, right)
    return a.energy(a.dot(left, right))


water()
