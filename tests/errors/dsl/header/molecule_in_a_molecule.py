import qffc as qf


@qf.ansatz
def dimer(a):
    with a.molecule("A"):
        (first,) = a.atoms("H")
        with a.molecule("B"):
            (second,) = a.atoms("H")
    left, right = a.qubit(first), a.qubit(second)
    return a.energy(a.dot(left, right))


dimer()
