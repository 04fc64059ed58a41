"""All circuits of the benchmark, in the order of its table."""

from __future__ import annotations

from benchmarks.circuits.families import algorithms, ansatz, chemistry, known, spins
from benchmarks.circuits.source import Source


def sources() -> list[Source]:
    """Return all circuits, made anew."""
    return [source for family in (known, algorithms, ansatz, chemistry, spins) for source in family.sources()]
