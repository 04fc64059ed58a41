import numpy as np

import qffc as qf


@qf.ansatz
def spins(a):
    first, second = a.qubits(a.atoms("H", "H"))
    a.singlet(first, second)
    a.exchange(first, second, angle=np.float64("nan"))
    return a.energy(a.dot(first, second))


spins()
