import qffc as qf

measured = []


@qf.ansatz
def first(a):
    left, right = (a.qubit(atom) for atom in a.atoms("H", "H"))
    a.singlet(left, right)
    measured.append(a.dot(left, right))
    return a.energy(measured[0])


@qf.ansatz
def second(a):
    left, right = (a.qubit(atom) for atom in a.atoms("H", "H"))
    a.singlet(left, right)
    return a.energy(a.dot(left, right) + measured[0])


first()
second()
