import qffc as qf


@qf.ansatz(scope="pair")
def three_hydrogens(a):
    a.centre("N")
    twins = [a.twins(h) for h in a.neighbours("H", 3)]
    return a.atomic_energy(a.dot(twins))


three_hydrogens()
