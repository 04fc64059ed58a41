"""How energies, forces and distances of frames are spread: ranges, and histograms as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.data.dataset import Dataset
from qffc.data.surroundings import neighbour_distances
from qffc.ir.elements import SYMBOLS

Floats = NDArray[np.float64]

_BARS = " ▁▂▃▄▅▆▇█"
_BINS = 24
_MOST_PAIRS = 4_000_000
_TOGETHER = 1.6
"""Times the sum of covalent radii: atoms nearer than that hang together."""
BONDED = 1.3
"""Times the sum of covalent radii: atoms nearer than that are bonded; hot bonds are shorter, other pairs longer."""
APART = "..."
"""Between the elements of atoms that are not bonded; a hyphen is between others."""
_MOST_FRAMES = 20_000
_RADIUS, _MOST_ATOMS = 6.0, 20_000
"""Angstrom up to which neighbours in cells are looked at, and of how many atoms."""


@dataclass(frozen=True, eq=False)
class Spread:
    """Numbers of one kind.

    Args:
        what: they are.
        unit: of the numbers.
        least: of them.
        largest: of them.
        mean: of them.
        counts: in bins of equal width between the two.
    """

    what: str
    unit: str
    least: float
    largest: float
    mean: float
    counts: tuple[int, ...]

    def line(self) -> str:
        """Return the histogram as one line of bars.

        Example:
            >>> spread_of("energies", "eV", np.array([0.0, 0.1, 1.0]), 4).line()
            '█  ▄'
        """
        most = max(self.counts)
        heights = [0 if not count else max(1, round(count / most * (len(_BARS) - 1))) for count in self.counts]
        return "".join(_BARS[height] for height in heights)

    def bars(self, width: int = 40) -> str:
        """Return the histogram with a line for each bin: where it begins, a bar, how many there are.

        Args:
            width: of the longest bar, in characters.
        """
        most, step = max(self.counts), (self.largest - self.least) / len(self.counts)
        lines = [f"{self.what}, {self.unit}"]
        for place, count in enumerate(self.counts):
            bar = "█" * max(round(width * count / most), 1 if count else 0)
            lines.append(f"  {self.least + place * step:>12.4f}  {bar:<{width}}  {count}".rstrip())
        return "\n".join(lines)

    def to_json(self) -> dict[str, object]:
        """Return the figures as plain data."""
        return {
            "unit": self.unit,
            "least": self.least,
            "largest": self.largest,
            "mean": self.mean,
            "counts": list(self.counts),
        }


def spread_of(what: str, unit: str, numbers: NDArray[np.float64], bins: int = _BINS) -> Spread:
    """Return how numbers are spread.

    Args:
        what: they are.
        unit: of theirs.
        numbers: any shape, at least one.
        bins: of the histogram.
    """
    counts, _ = np.histogram(numbers, bins=bins)
    low, high, mean = float(numbers.min()), float(numbers.max()), float(numbers.mean())
    return Spread(what, unit, low, high, mean, tuple(map(int, counts)))


def spreads_of(data: Dataset) -> Iterator[Spread]:
    """Yield the spreads of energies per frame, of lengths of forces, and of distances for each pair of elements.

    Distances of bonded atoms, ``C-H``, and of all others, ``C...H``, are told apart: bonded is what is nearer than 1.3
    times the sum of the covalent radii. In cells also those of the entries of stresses, and distances are those of
    neighbours up to 6 Angstrom, images included.

    Args:
        data: frames; of very many, distances are taken from some of them, evenly.

    Example:
        >>> from qffc.data import load_embedded
        >>> [spread.what for spread in spreads_of(load_embedded("water"))]
        ['energies', 'forces', 'O-H', 'H...H']
    """
    yield spread_of("energies", "eV", data.energies)
    if data.has_forces:
        yield spread_of("forces", "eV/Å", np.linalg.norm(data.forces, axis=-1))
    if data.stresses is not None:
        yield spread_of("stresses", "meV/Å³", 1000.0 * data.stresses)
    found: dict[tuple[int, int], list[Floats]] = {}
    for centres, others, apart in _distances(data):
        one, two = data.numbers[centres], data.numbers[others]
        high, low = np.maximum(one, two), np.minimum(one, two)
        for kind in np.unique(np.stack([high, low], axis=1), axis=0).tolist():
            found.setdefault((kind[0], kind[1]), []).append(np.ravel(apart[..., (high == kind[0]) & (low == kind[1])]))
    for kind, parts in sorted(found.items(), reverse=True):
        yield from _of_pairs(kind, np.concatenate(parts))


def _distances(data: Dataset) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], Floats]]:
    """Atoms, others beside them, and how far these are (..., pairs), Angstrom; of many frames some, evenly."""
    count = len(data.numbers)
    if data.periodic:
        yield from neighbour_distances(data, _RADIUS, max(1, len(data) * count // _MOST_ATOMS))
        return
    positions = data.positions[:: max(1, len(data) * count * (count - 1) // (2 * _MOST_PAIRS))]
    for atom in range(count - 1):  # an atom at a time, for the memory
        others = np.arange(atom + 1, count)
        apart = np.linalg.norm(positions[:, others] - positions[:, [atom]], axis=-1)
        yield np.full_like(others, atom), others, apart


def _of_pairs(kind: tuple[int, int], distances: Floats) -> Iterator[Spread]:
    """Distances between atoms of two elements, heavier one first: of those that are bonded, and of others."""
    from ase.data import covalent_radii

    near = distances < BONDED * float(covalent_radii[list(kind)].sum())
    names = tuple(SYMBOLS[number - 1] for number in kind)
    for between, chosen in (("-", near), (APART, ~near)):
        if chosen.any():
            yield spread_of(between.join(names), "Å", distances[chosen])


@dataclass(frozen=True)
class Parts:
    """Whether frames hang together.

    Args:
        frames: the numbers of those that do not.
        looked_at: how many were looked at.
        lone: of the first such frame: an atom that is farthest from its nearest one, and that distance, Angstrom.
    """

    frames: tuple[int, ...]
    looked_at: int
    lone: tuple[int, float] | None


def parts_of(data: Dataset) -> Parts:
    """Return which frames fall into parts: atoms hang together when nearer than 1.6 times their covalent radii.

    Frames in cells are not looked at: what is a part of a crystal or a liquid?

    Example:
        >>> from qffc.data import load_embedded
        >>> parts_of(load_embedded("water")).frames
        ()
    """
    from ase.data import covalent_radii

    count = len(data.numbers)
    step = max(1, len(data) // _MOST_FRAMES)
    places = np.arange(0, len(data), step)
    if data.periodic:
        return Parts((), 0, None)
    if count < 2:
        return Parts((), len(places), None)
    radii = covalent_radii[data.numbers]
    limits = _TOGETHER * (radii[:, None] + radii)
    broken: list[int] = []
    size = max(1, _MOST_PAIRS // count**2)
    for start in range(0, len(places), size):
        block = places[start : start + size]
        positions = data.positions[block]
        near = np.linalg.norm(positions[:, :, None] - positions[:, None], axis=-1) < limits
        reached = near[:, 0]
        for _ in range(count):
            grown = np.any(near & reached[:, :, None], axis=1)
            if np.array_equal(grown, reached):
                break
            reached = grown
        broken += block[~reached.all(axis=1)].tolist()
    if not broken:
        return Parts((), len(places), None)
    distances = np.linalg.norm(data.positions[broken[0], :, None] - data.positions[broken[0]], axis=-1)
    nearest = np.where(np.eye(count, dtype=bool), np.inf, distances).min(axis=1)
    atom = int(nearest.argmax())
    return Parts(tuple(broken), len(places), (atom, float(nearest[atom])))
