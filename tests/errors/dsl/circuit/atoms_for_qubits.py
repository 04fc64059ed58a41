import qffc as qf


@qf.ansatz
def water(a):
    a.centre("O")
    hydrogens = a.neighbours("H", 2)
    return a.energy(a.dot(hydrogens))


water()
