"""Settings that a plan may choose from: Pauli bases, Bell matchings, and mixtures of both.

A Pauli basis measures a group of strings that are qubit-wise commuting; in a Bell measurement XX, YY and ZZ of a pair,
which commute but not qubit by qubit, are read at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Literal

import numpy as np

from qffc.ir.pauli import LETTERS, Letter, PauliString
from qffc.passes.circuit.pauli_bases import pauli_bases
from qffc.passes.measurement.settings import Setting, alike_on, bits_of

Kinds = Literal["any", "pauli", "bell"]

_MAXIMUM_MATCHINGS = 150
"""More matchings than this are drawn at random."""
_MIXED_QUBITS = 6
"""Up to here the Bell pairs of a setting may be any part of a matching."""

Pairs = tuple[tuple[int, int], ...]


def candidate_settings(strings: Sequence[PauliString], qubits: int, kinds: Kinds = "any") -> tuple[Setting, ...]:
    """Return settings that together estimate all strings, each with every string that it estimates.

    Pauli bases: those of the greedy grouping, and one letter for all qubits. Bell matchings: qubits are paired that
    carry the same letter in some string; all maximal matchings when they are few, else random ones. Qubits without a
    partner are measured in Pauli bases.

    Args:
        strings: without the identity.
        qubits: the number of qubits.
        kinds: ``bell`` leaves Pauli bases out where matchings estimate all strings.

    Example:
        >>> from qffc.ir.observables import DotObservable
        >>> strings = [string for string, _ in DotObservable(0, 1).paulis.terms]
        >>> [(setting.letters, setting.pairs) for setting in candidate_settings(strings, 2, "bell")]
        [((None, None), ((0, 1),))]
    """
    bases = list(pauli_bases(strings, qubits))
    bases += [(letter,) * qubits for letter in LETTERS]
    plain = _settings(((basis, ()) for basis in bases), strings)
    if kinds == "pauli":
        return plain
    bell = _settings(_bell(strings, qubits), strings)
    if kinds == "bell" and {string for setting in bell for string in setting.strings} == set(strings):
        return bell
    return (*plain, *bell)


def _settings(
    choices: Iterator[tuple[tuple[Letter | None, ...], Pairs]], strings: Sequence[PauliString]
) -> tuple[Setting, ...]:
    """Settings with the strings that fit; of several with the same strings the first."""
    kept: dict[tuple[Pairs, tuple[PauliString, ...]], Setting] = {}
    for letters, pairs in choices:
        fitting = Setting(letters, (), pairs).fitting(strings)
        if not fitting:
            continue
        needed = {qubit for string in fitting for qubit, _ in string}
        used = tuple(pair for pair in pairs if needed & set(pair))
        free = needed - {qubit for pair in used for qubit in pair}
        trimmed = tuple(letter if qubit in free else None for qubit, letter in enumerate(letters))
        kept.setdefault((used, fitting), Setting(trimmed, fitting, used))
    return tuple(kept.values())


def _bell(strings: Sequence[PauliString], qubits: int) -> Iterator[tuple[tuple[Letter | None, ...], Pairs]]:
    for pairs in _matchings(_pairable(strings), qubits):
        paired = {qubit for pair in pairs for qubit in pair}
        rest = [
            tuple([entry for entry in string if entry[0] not in paired])
            for string in strings
            if alike_on(pairs, *bits_of(string))
        ]
        for letters in dict.fromkeys([*pauli_bases([s for s in rest if s], qubits), *((p,) * qubits for p in LETTERS)]):
            yield tuple(None if qubit in paired else letter for qubit, letter in enumerate(letters)), pairs


def _pairable(strings: Sequence[PauliString]) -> list[tuple[int, int]]:
    """Pairs of qubits with the same letter in at least two kinds of strings: one alone needs no Bell basis."""
    letters: dict[tuple[int, int], set[Letter]] = {}
    for string in strings:
        for (a, p), (b, q) in combinations(string, 2):
            if p == q:
                letters.setdefault((a, b), set()).add(p)
    return sorted(pair for pair, seen in letters.items() if len(seen) > 1)


def _matchings(edges: list[tuple[int, int]], qubits: int) -> list[Pairs]:
    found: dict[Pairs, None] = {}
    for matching in _maximal(edges):
        found[matching] = None
        if len(found) > _MAXIMUM_MATCHINGS:
            found = dict.fromkeys(_random_matchings(edges))
            break
    if qubits <= _MIXED_QUBITS:
        parts = (part for whole in tuple(found) for k in range(1, len(whole)) for part in combinations(whole, k))
        found |= dict.fromkeys(parts)
    return list(found)


def _maximal(edges: list[tuple[int, int]]) -> Iterator[Pairs]:
    """All matchings to which no edge can be added, each once, in no particular order."""

    def extend(chosen: Pairs, start: int) -> Iterator[Pairs]:
        used = {qubit for pair in chosen for qubit in pair}
        open_edges = [k for k, edge in enumerate(edges) if not used & set(edge)]
        if not open_edges:
            if chosen:
                yield chosen
            return
        for k in open_edges:
            if k >= start:
                yield from extend((*chosen, edges[k]), k + 1)

    yield from extend((), 0)


def _random_matchings(edges: list[tuple[int, int]]) -> list[Pairs]:
    """Matchings that are greedy in the edges used least so far, so that all edges are used about equally often."""
    generator = np.random.default_rng(0)
    uses: Counter[tuple[int, int]] = Counter()
    found: list[Pairs] = []
    while len(found) < _MAXIMUM_MATCHINGS:
        order = sorted(edges, key=lambda edge: (uses[edge], generator.random()))
        chosen: list[tuple[int, int]] = []
        used: set[int] = set()
        for edge in order:
            if not used & set(edge):
                chosen.append(edge)
                used |= set(edge)
        uses.update(chosen)
        found.append(tuple(sorted(chosen)))
    return found
