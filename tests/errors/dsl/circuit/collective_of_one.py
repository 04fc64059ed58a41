import qffc as qf


@qf.ansatz
def ansatz(a):
    a.centre("O")
    twins = [a.twins(h) for h in a.neighbours("H", 2)]
    a.collective(twins[0].upper, angle=0.1)
    return a.energy(a.dot(*twins[0]))


ansatz()
