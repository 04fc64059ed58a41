"""The water molecule on four qubits, as in the demonstration that accompanies Le et al. (arXiv:2311.11362)."""

from qffc.dsl import Author, ansatz
from qffc.ir.declarations import SYMMETRIES, Readout


@ansatz(name="water-demo", symmetry=SYMMETRIES)
def water_demo(a: Author, depth: int = 6, breaking: bool = True, tied: bool = False) -> Readout:
    """Four qubits, raw positions, a ring of exchanges; the demonstration circuit for water.

    Qubits 0 and 2 carry the first hydrogen, 1 and 3 the second. All four symmetries are declared, as the demonstration
    claims them. They hold with ``tied=True, breaking=False``; untied, exchange fails because each qubit has numbers of
    its own, and the Z rotations break rotation wherever ``epsilon`` is not zero.

    Args:
        a: the author object.
        depth: number of exchange layers; positions enter once more than that.
        breaking: adds a Z rotation on every qubit in every layer, with angles that are frozen at 0.
        tied: one number where exchanging the hydrogens asks for it: qubits 0 and 1 share theirs, 2 and 3 theirs, and
            so do the exchanges on (1, 2) and (3, 0).
    """
    layers = a.layers(depth)
    a.centre("O")
    first, second = a.neighbours("H", 2)
    carried = (first, second, first, second)
    q = a.qubits(carried)
    own = (0, 0, 1, 1) if tied else (0, 1, 2, 3)  # row of each qubit
    ring = (0, 1, 2, 1) if tied else (0, 1, 2, 3)  # row of the exchange from each qubit to the next
    alpha = a.param("alpha", len(set(own)), depth + 1)
    w = a.param("w", len(set(ring)), depth)

    def encode(layer: int) -> None:
        for k, hydrogen in enumerate(carried):
            a.rotate(q[k], alpha[own[k], layer] * hydrogen.position)

    a.singlet(q[0], q[1])
    a.singlet(q[2], q[3])
    encode(0)
    epsilon = a.param("epsilon", depth, len(set(own)), default=0, frozen=True) if breaking else None
    for layer in layers:
        for k in (0, 2, 1, 3):
            a.exchange(q[k], q[(k + 1) % 4], angle=w[ring[k], layer])
        if epsilon is not None:
            for k in range(4):
                a.pauli_rotation("Z", q[k], angle=epsilon[layer, own[k]])
        encode(layer.index + 1)
    return a.energy(a.dot(q[0], q[1]))
