"""Circuits with one qubit for each neighbour, coupled on a ring or all with all: what compilers are compared on.

An atom and its neighbours, one qubit each, singlets on neighbouring slots. A layer turns every qubit about the vector
of its neighbour and couples them by exchanges with a number for each pair of slots, in an order that is left to the
compiler. Slots are told apart, so exchange of like neighbours is no symmetry and is not declared, nor is inversion.
"""

from collections.abc import Iterable
from itertools import combinations

from qffc.dsl import Author, ansatz
from qffc.ir.declarations import Readout
from qffc.ir.diagnostics import error

_MOST_QUBITS = 1_000
"""All pairs of these are half a million couplings a layer."""


@ansatz(name="ring", symmetry=("rotation", "translation"))
def ring(a: Author, qubits: int = 8, depth: int = 6, centre: str = "C", neighbour: str = "H") -> Readout:
    """One qubit for each neighbour, exchanges around a ring in free order.

    Args:
        a: the author object.
        qubits: number of neighbours, each with a qubit; even.
        depth: number of layers.
        centre: element symbol of the atom in the middle.
        neighbour: element symbol of the atoms around it.
    """
    return _coupled(a, qubits, depth, centre, neighbour, ((k, (k + 1) % qubits) for k in range(qubits)))


@ansatz(name="all-pairs", symmetry=("rotation", "translation"))
def all_pairs(a: Author, qubits: int = 8, depth: int = 6, centre: str = "C", neighbour: str = "H") -> Readout:
    """One qubit for each neighbour, exchanges between all pairs in free order.

    Args:
        a: the author object.
        qubits: number of neighbours, each with a qubit; even.
        depth: number of layers.
        centre: element symbol of the atom in the middle.
        neighbour: element symbol of the atoms around it.
    """
    return _coupled(a, qubits, depth, centre, neighbour, _all_pairs(qubits))


def _all_pairs(qubits: int) -> Iterable[tuple[int, int]]:
    yield from combinations(range(qubits), 2)  # starts once the number is known to be small


def _coupled(
    a: Author, qubits: int, depth: int, centre: str, neighbour: str, couplings: Iterable[tuple[int, int]]
) -> Readout:
    if not 4 <= qubits <= _MOST_QUBITS or qubits % 2:
        raise error(
            "number of qubits",
            found=f"qubits={qubits}",
            expected=f"an even number from 4 to {_MOST_QUBITS:,}: singlets take two",
            help="add a neighbour, or leave one out",
        )
    pairs, layers = list(couplings), a.layers(depth)
    a.centre(centre)
    neighbours = a.neighbours(neighbour, qubits)
    q = a.qubits(neighbours)
    alpha = a.param("alpha", depth, qubits)
    w = a.param("w", depth, len(pairs))
    for first, second in zip(q[0::2], q[1::2], strict=True):
        a.singlet(first, second)
    for layer in layers:
        for k, atom in enumerate(neighbours):
            a.rotate(q[k], alpha[layer, k] * atom.position)
        with a.unordered():
            for k, (left, right) in enumerate(pairs):
                a.exchange(q[left], q[right], angle=w[layer, k])
    return a.energy([a.dot(q[left], q[right]) for left, right in pairs], offset=True)
