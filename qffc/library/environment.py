"""What circuits of an atom's environment share: a qubit for each neighbour slot, singlets, bonds between slots."""

from typing import Literal

from qffc.dsl import Atom, Author, Neighbour, Wire

Bonds = Literal["ring", "all-pairs"]


def environment(
    a: Author, species: tuple[str, ...], slots: int, channels: int, mirror: bool
) -> tuple[Atom, list[Neighbour], list[Wire]]:
    """Declare symmetry, an atom, its neighbour slots and a qubit for each, and prepare singlets on neighbouring slots.

    An odd number of slots is padded by one more qubit, which no neighbour turns.

    Args:
        a: the author object, of scope atom.
        species: element symbols.
        slots: number of neighbours at most.
        channels: copies of the circuit.
        mirror: average over the mirror image, so that inversion holds.
    """
    a.symmetry(*(("rotation", "inversion", "translation") if mirror else ("rotation", "translation")))
    a.average(*(("inversion",) if mirror else ()))
    a.species(*species)
    a.channels(channels)
    centre = a.centre()
    neighbours = a.neighbour_slots(slots)
    qubits: list[Wire] = [*a.qubits(neighbours), *a.qubits(slots % 2)]
    for first, second in zip(qubits[0::2], qubits[1::2], strict=True):
        a.singlet(first, second)
    return centre, neighbours, qubits


def bonds(count: int, kind: Bonds) -> list[tuple[int, int]]:
    """Return pairs of slots, lower number first, in rounds of pairs that are apart: what runs side by side.

    Args:
        count: number of slots.
        kind: ``ring``: each with the next and the last with the first; ``all-pairs``: each with each.

    Example:
        >>> bonds(4, "ring"), len(bonds(8, "all-pairs"))
        ([(0, 1), (2, 3), (1, 2), (0, 3)], 28)
    """
    if kind == "ring":
        chain = [(k, k + 1) for start in (0, 1) for k in range(start, count - 1, 2)]
        return chain + ([(0, count - 1)] if count > 2 else [])
    # The circle method: one slot stays, the others go around it; a slot that is not there gives its partner a rest.
    size = count + count % 2
    found = []
    for turn in range(size - 1):
        circle = [0, *(1 + (k + turn) % (size - 1) for k in range(size - 1))]
        found += [
            (min(pair), max(pair)) for pair in zip(circle[: size // 2], circle[: size // 2 - 1 : -1], strict=True)
        ]
    return [(first, second) for first, second in found if second < count]
