"""The gathered model: circuits that see all neighbours of an atom at once, round after round.

Body order has no bound: a circuit is a function of sums over all neighbours, as the symmetrized many-body correlations
of the atomic cluster expansion (ACE) are, and each round sees what the neighbours' circuits measured in the one before.
"""

from qffc.dsl import Author, Wire, ansatz
from qffc.dsl.functions import pi, sqrt
from qffc.ir.declarations import Readout
from qffc.ir.values import dot


@ansatz(name="gathered", scope="atom")
def gathered(
    a: Author,
    species: tuple[str, ...] = ("O", "H"),
    channels: int = 16,
    rounds: int = 3,
    depth: int = 3,
    vectors: int = 32,
    hidden: tuple[int, ...] = (128, 128),
    cutoff: float = 5.0,
    basis_size: int = 8,
) -> Readout:
    """Atomic energies from circuits of four qubits that are turned by learned sums over all neighbours of an atom.

    Two singlets stand beside each other. What turns a qubit of the one turns its partner of the other backwards, so the
    mirror image of a molecule is the circuit with partners renamed: inversion holds without an average over it.
    Exchange of any number of like neighbours holds because a sum has no order.

    A vector that turns is a sum of directions of neighbours weighted by learned functions of their distance, and of
    vectors from the round before; and, for the shape of the surroundings beyond their mean direction, the same once
    more along the directions of neighbours. It is shortened to less than pi: no rotation has two vectors then, and none
    grows from round to round.

    Args:
        a: the author object.
        species: element symbols.
        channels: copies of the circuit with parameters of their own.
        rounds: how often the circuits run, each time with what the atoms have learned before.
        depth: number of layers of a circuit.
        vectors: how many vectors an atom carries from round to round.
        hidden: widths of the hidden layers of the network; an atom carries as many numbers as the first is wide.
        cutoff: where a neighbour leaves, Angstrom.
        basis_size: number of radial functions.
    """
    a.species(*species)
    a.channels(channels)
    a.rounds(rounds, vectors, basis_size, cutoff)
    centre, near = a.centre(), a.gathered()
    twins = [_singlet(a), _singlet(a)]
    partners = list(zip(*twins, strict=True))
    count = len(partners)
    for layer in a.layers(depth):
        functions = layer.radials("f", 3 * count, centre, near, size=basis_size, cutoff=cutoff)
        carried = layer.vectors("u", 2 * count, centre) if rounds > 1 else []
        for k, (qubit, partner) in enumerate(partners):
            plain, shape, along = functions[k::count]
            lean = a.sum(near, shape * near.direction)
            vector = a.sum(near, plain * near.direction)
            if carried:
                lean, vector = lean + carried[count + k], vector + carried[k]
            vector = vector + a.sum(near, along * dot(near.direction, lean) * near.direction)
            turn = vector / sqrt(1 + dot(vector, vector) / pi**2)
            a.rotate(qubit, turn)
            a.rotate(partner, -turn)
        (first, second), (third, fourth) = twins
        within, one, other, across = layer.params("J", 4)
        for left, right, angle in (
            (first, second, within),
            (third, fourth, within),
            (first, third, one),
            (second, fourth, other),
            (first, fourth, across),
            (second, third, across),
        ):
            a.exchange(left, right, angle=angle)
    inner = a.dot
    features = [
        inner(first, second) + inner(third, fourth),
        inner(first, third),
        inner(second, fourth),
        inner(first, fourth) + inner(second, third),
        inner(first, second) * inner(third, fourth),
        inner(first, third) * inner(second, fourth),
        inner(first, fourth) * inner(second, third),
    ]
    return a.atomic_energy(features, hidden=hidden)


def _singlet(a: Author) -> tuple[Wire, Wire]:
    first, second = a.qubits(2)
    a.singlet(first, second)
    return first, second
