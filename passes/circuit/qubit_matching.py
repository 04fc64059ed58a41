"""Which renaming of qubits carries one circuit into another: candidates by colour refinement.

Qubits take colours that say what happens to them, at which level and with which partners, until nothing new is learnt:
the refinement of Weisfeiler-Leman, as in tests of graph isomorphism.
A renaming can only connect equal colours. What is left open is tried, choice by choice, up to a bound. The caller tests
each candidate, so this search decides what is found and never what is true.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from qffc.ir.ops import operation
from qffc.ir.pauli import PauliSum
from qffc.passes.circuit.trace import Letter, levels

_LEAVES = 48
"""Candidates that are tried at most."""


@dataclass(frozen=True)
class Incidence:
    """One thing that happens to a qubit.

    Args:
        what: a number for the operation or observable term, partners left out.
        partners: the other qubits that take part.
    """

    what: int
    partners: tuple[int, ...]


Incidences = tuple[tuple[Incidence, ...], ...]
"""Of each qubit."""
Colours = tuple[int, ...]


class Names:
    """Numbers for descriptions: equal numbers for equal descriptions."""

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}

    def __call__(self, description: Hashable) -> int:
        """Return the number of a description."""
        return self._known.setdefault(description, len(self._known))


def incidences(
    count: int, word: Sequence[Letter], observables: Iterable[tuple[str, PauliSum]], names: Names, signed: bool = True
) -> Incidences:
    """Return what happens to each qubit; ``observables`` come with a tag that a renaming has to keep.

    Without signs, numbers that differ by their sign and all vectors are taken for one.
    """
    found: dict[int, list[Incidence]] = defaultdict(list)
    for letter, level in zip(word, levels(word), strict=True):
        shape = letter.shape
        for k, qubit in enumerate(shape.qubits):
            what = names((level, shape.kind, shape.paulis[k : k + 1], _unsigned(letter, signed)))
            found[qubit].append(Incidence(what, tuple(other for other in shape.qubits if other != qubit)))
    for tag, paulis in observables:
        for string, (weight, _) in paulis.terms:
            size = weight.text if signed else min(weight.text, (-weight).text)
            for qubit, pauli in string:
                what = names((tag, size, pauli))
                found[qubit].append(Incidence(what, tuple(other for other, _ in string if other != qubit)))
    return tuple(tuple(found[qubit]) for qubit in range(count))


def renamings(
    source: Incidences, target: Incidences, preferred: Sequence[int], names: Names
) -> Iterator[tuple[int, ...]]:
    """Yield candidate renamings, as the target qubit of each source qubit, the preferred choice first."""
    start = (0,) * len(source)
    budget = [_LEAVES]
    yield from _search(source, target, start, start, preferred, names, budget)


def _search(
    source: Incidences,
    target: Incidences,
    from_colours: Colours,
    to_colours: Colours,
    preferred: Sequence[int],
    names: Names,
    budget: list[int],
) -> Iterator[tuple[int, ...]]:
    if budget[0] <= 0:
        return
    from_colours, to_colours = _refine(source, target, from_colours, to_colours, names)
    if Counter(from_colours) != Counter(to_colours):
        return
    members: dict[int, list[int]] = defaultdict(list)
    for qubit, colour in enumerate(to_colours):
        members[colour].append(qubit)
    open_qubits = [qubit for qubit, colour in enumerate(from_colours) if len(members[colour]) > 1]
    if not open_qubits:
        budget[0] -= 1
        yield tuple(members[colour][0] for colour in from_colours)
        return
    qubit = open_qubits[0]
    for choice in sorted(members[from_colours[qubit]], key=lambda other: (other != preferred[qubit], other)):
        yield from _search(
            source,
            target,
            _marked(from_colours, qubit, names),
            _marked(to_colours, choice, names),
            preferred,
            names,
            budget,
        )


def _refine(
    source: Incidences, target: Incidences, from_colours: Colours, to_colours: Colours, names: Names
) -> tuple[Colours, Colours]:
    while True:
        classes = len(set(from_colours))
        from_colours = _next_colours(source, from_colours, names)
        to_colours = _next_colours(target, to_colours, names)
        if len(set(from_colours)) == classes or Counter(from_colours) != Counter(to_colours):
            return from_colours, to_colours


def _next_colours(graph: Incidences, colours: Colours, names: Names) -> Colours:
    return tuple(
        names(
            (
                "colour",
                colours[qubit],
                tuple(sorted((event.what, *sorted(colours[other] for other in event.partners)) for event in events)),
            )
        )
        for qubit, events in enumerate(graph)
    )


def _marked(colours: Colours, qubit: int, names: Names) -> Colours:
    mark = names(("chosen", colours[qubit]))
    return (*colours[:qubit], mark, *colours[qubit + 1 :])


def _unsigned(letter: Letter, signed: bool) -> str:
    if letter.value is None or (letter.shape.kind == "rotate" and not signed):
        return ""
    if signed and not operation(letter.shape.kind).declaration.is_signed:
        return letter.value.text
    return min(letter.value.text, (-letter.value).text)
