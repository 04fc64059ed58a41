"""Rows of the benchmark, one for each circuit, and the table and the sums that are made of them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path
from typing import Any

from benchmarks.circuits.catalogue import sources
from benchmarks.circuits.elsewhere import BQSKIT, QISKIT, Elsewhere, figures_elsewhere
from benchmarks.circuits.figures import EQUAL, Figures, exact_moments, measured
from benchmarks.circuits.source import Source
from benchmarks.circuits.with_pytket import figures_of_pytket
from benchmarks.circuits.with_qffc import figures_of_qffc

TOLERANCE = 1e-8
"""Of expectation values."""
KEYS = ("price", "cost", "gates")


@dataclass(frozen=True)
class Row:
    """A circuit.

    Args:
        name: of the source.
        qubits: of the source.
        ours: one for each level.
        pytket: one for each level and two-qubit gate.
        others: of peers in other environments, by name; None where they stop at the time limit or are not asked.
    """

    name: str
    qubits: int
    ours: tuple[Figures, ...]
    pytket: tuple[Figures, ...]
    others: dict[str, Figures | None]

    @property
    def best(self) -> Figures:
        """The cheapest of pytket's."""
        return min(self.pytket, key=lambda each: (each.price, each.cost))

    def least(self, key: str) -> float:
        """The least of a figure over all of pytket's levels, whichever level that is."""
        return min(float(getattr(each, key)) for each in self.pytket)

    def ratio(self, ours: Figures, key: str) -> float:
        """Ours over the least of pytket's."""
        here, there = float(getattr(ours, key)), self.least(key)
        return here / there if there else (1.0 if here == 0 else inf)

    def dearer(self, ours: Figures, key: str) -> bool:
        return float(getattr(ours, key)) > self.least(key) + EQUAL

    @property
    def wrong(self) -> list[str]:
        """Who gives other expectation values than the source."""
        tolerances = {peer.name: peer.tolerance for peer in (QISKIT, BQSKIT)}
        found = [f"qffc {each.label}" for each in self.ours if not each.deviation < TOLERANCE]
        found += [f"pytket {each.label}" for each in self.pytket if not each.deviation < TOLERANCE]
        found += [name for name, each in self.others.items() if each and not each.deviation < tolerances[name]]
        return found

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "best": self.best.label, "wrong": self.wrong}


def row_from_json(stored: Mapping[str, Any]) -> Row:
    ours, pytket = (tuple(Figures(**each) for each in stored[key]) for key in ("ours", "pytket"))
    others = {name: Figures(**each) if each else None for name, each in stored["others"].items()}
    return Row(stored["name"], stored["qubits"], ours, pytket, others)


def row_of(source: Source, levels: Sequence[int], peers: Sequence[Elsewhere], folder: Path) -> Row:
    """Compile a circuit by everybody, and hold every expectation value against that of the source."""
    point, plan = source.point(), source.plan
    exact, circuits = exact_moments(source, point), measured(source, point)
    return Row(
        source.name,
        source.circuit.n_qubits,
        tuple(figures_of_qffc(source, point, exact, level) for level in levels),
        tuple(figures_of_pytket(circuits, plan, exact)),
        {peer.name: figures_elsewhere(peer, circuits, plan, exact, folder) for peer in peers},
    )


def row_by_name(name: str, levels: Sequence[int], peers: Sequence[Elsewhere], folder: Path) -> Row:
    """Do so in another process: circuits and programs are made where they are used."""
    (source,) = (each for each in sources() if each.name == name)
    return row_of(source, levels, peers, folder)


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the table in Markdown, and what it comes to."""
    ours = [each.label for each in rows[0].ours]
    heads = ["circuit", "qubits", "settings", *ours, "pytket", "its level", *rows[0].others]
    yield f"| {' | '.join([*heads, *KEYS])} |"
    yield "|---" * (len(heads) + len(KEYS)) + "|"
    for row in rows:
        last, best = row.ours[-1], row.best
        settings = f"{last.settings}" if last.settings == best.settings else f"{last.settings}, {best.settings}"
        cells = [row.name, f"{row.qubits}", settings, *(each.text for each in row.ours), best.text, best.label]
        cells += [each.text if each else "" for each in row.others.values()]
        yield f"| {' | '.join([*cells, *(f'{row.ratio(last, key):.2f}' for key in KEYS)])} |"
    yield ""
    yield "two-qubit gates / cost in ZZ / HQC at 1,000 shots a setting, sums over the settings"
    yield f"ratios: {ours[-1]} over the least of pytket's levels, each figure by itself"
    for place, label in enumerate(ours):
        yield from _summary(rows, label, lambda row, place=place: row.ours[place])  # type: ignore[misc]  # a default binds
    for name in rows[0].others:
        yield from _beside(rows, name)


def listed(names: Sequence[str]) -> str:
    return f": {', '.join(names)}" if names else ""


def _summary(rows: Sequence[Row], label: str, ours: Callable[[Row], Figures]) -> Iterator[str]:
    medians = (f"{key} {statistics.median(row.ratio(ours(row), key) for row in rows):.3f}" for key in KEYS)
    yield f"{label}: medians of the ratios: {', '.join(medians)}"
    for key, word in zip(KEYS, ("dearer", "higher cost", "more gates"), strict=True):
        names = [row.name for row in rows if row.dearer(ours(row), key)]
        yield f"{label}: {word} than the best pytket level: {len(names)} of {len(rows)}{listed(names)}"


def _beside(rows: Sequence[Row], name: str) -> Iterator[str]:
    """The same beside another peer, where it has a figure."""
    pairs = [(row, peer) for row in rows if (peer := row.others[name]) is not None]
    if not pairs:
        yield f"{name}: no figures"
        return
    ratios = [row.ours[-1].price / peer.price for row, peer in pairs]
    dearer = [row.name for row, peer in pairs if row.ours[-1].price > peer.price + EQUAL]
    worst = max(peer.deviation for _, peer in pairs)
    yield (
        f"{name}: {len(pairs)} circuits, median ratio of prices {statistics.median(ratios):.3f}, dearer than it: "
        f"{len(dearer)}; its largest deviation of an expectation value {worst:.0e}"
    )
