"""Which renaming of qubits comes closest to carrying one circuit into another, to say what is wrong with it.

Where no renaming carries a circuit into its image, the one with the fewest operations that are left over shows what a
person would have to change. Operations whose values move count twice: they say where the qubits go. It is searched for,
from two starts: the renaming that the sites suggest, and the qubits that most alike things happen to; then two qubits
trade places as long as that helps. Nothing is proven here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from qffc.passes.circuit.trace import Letter

_MOST = 200_000
"""Letters that are renamed at most."""


def nearest_renaming(image: Sequence[Letter], letters: Sequence[Letter], preferred: tuple[int, ...]) -> tuple[int, ...]:
    """Return the renaming that leaves the fewest letters of the image without a partner; ``preferred`` where it can.

    Args:
        image: letters of the circuit with its values replaced, on the qubits of the circuit.
        letters: of the circuit.
        preferred: of each qubit, the one that takes its place.

    Example:
        >>> from qffc.passes.circuit.trace import make_letter
        >>> ring = [make_letter("exchange", pair, None) for pair in ((0, 1), (1, 2))]
        >>> nearest_renaming([make_letter("exchange", pair, None) for pair in ((0, 2), (0, 1))], ring, (0, 1, 2))
        (1, 0, 2)
    """
    program, still = Counter(letters), set(letters)
    left = [_MOST // max(len(image), 1)]

    def lacking(renaming: Sequence[int]) -> int:
        left[0] -= 1
        places, free, lack = dict(enumerate(renaming)), program.copy(), 0
        for letter in image:
            carried = letter.moved(places)
            if free[carried] <= 0:
                lack += 1 if letter in still else 2
            free[carried] -= 1
        return lack

    best, fewest = preferred, lacking(preferred)
    if left[0] <= 0:
        return preferred
    alike = _alike(image, letters, preferred)
    for start, count in ((preferred, fewest), (alike, lacking(alike))):
        found = start
        improved = True
        while improved and left[0] > 0:
            improved = False
            for a, b in combinations(range(len(found)), 2):
                other = list(found)
                other[a], other[b] = other[b], other[a]
                if left[0] > 0 and (trial := lacking(other)) < count:
                    found, count, improved = tuple(other), trial, True
        if count < fewest:
            best, fewest = found, count
    return best


def _alike(image: Sequence[Letter], letters: Sequence[Letter], preferred: tuple[int, ...]) -> tuple[int, ...]:
    """Each qubit takes the place of one that the same things happen to, partners left out."""
    import networkx as nx  # here: it takes longer to load than most programs to prove

    before, after = _events(image, len(preferred)), _events(letters, len(preferred))
    graph = nx.Graph()
    for source, mine in enumerate(before):
        for target, other in enumerate(after):
            same = sum((mine & other).values())
            weight = 2 * same * len(preferred) + (preferred[source] == target)
            graph.add_edge(("from", source), ("to", target), weight=weight)
    chosen = {}
    for pair in nx.max_weight_matching(graph, maxcardinality=True):
        (_, source), (_, target) = sorted(pair)
        chosen[source] = target
    return tuple(chosen[qubit] for qubit in range(len(preferred)))


def _events(letters: Sequence[Letter], count: int) -> list[Counter[tuple[str, str, str]]]:
    events: list[Counter[tuple[str, str, str]]] = [Counter() for _ in range(count)]
    for letter in letters:
        shape = letter.shape
        for k, qubit in enumerate(shape.qubits):
            value = "" if letter.value is None else letter.value.text
            events[qubit][shape.kind, shape.paulis[k : k + 1], value] += 1
    return events
