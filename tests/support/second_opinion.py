"""A second opinion on verdicts: by how much a program changes under what a generator does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from second_circuit import apart, internal_distance, response
from second_model import atoms_seen
from second_text import Declared, Text
from second_values import GHOST, LONG, Point

LIMIT = 1e-9
"""A smaller change, relative to the response, counts as rounding."""
_JITTER = 1e-17
"""Relative; rounding is what such a change of the positions does, times a factor."""
_JITTERS = 6
_FACTOR = 1e4

QUARTER_TURNS = tuple(
    np.array(rows, dtype=float)
    for rows in (
        ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
        ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
        ((-1, 0, 0), (0, -1, 0), (0, 0, 1)),
        ((0, 0, 1), (0, 1, 0), (-1, 0, 0)),
    )
)
"""Rotations of the laboratory that move no digit."""


@dataclass(frozen=True)
class Motion:
    """What should change nothing: sites and entries permuted, then x -> matrix x + shift."""

    matrix: np.ndarray | None = None
    shift: np.ndarray | None = None
    order: tuple[int, ...] | None = None
    entries: tuple[tuple[str, tuple[int, ...], dict[int, int]], ...] = ()

    def of(self, point: Point) -> Point:
        """Return the point after the motion; elements stay with the sites."""
        positions, tables = point.positions.astype(LONG), dict(point.tables)
        if self.order is not None:
            positions = positions[list(self.order)]
        if self.matrix is not None:
            positions = positions @ self.matrix.T.astype(LONG)
        if self.shift is not None:
            positions = positions + self.shift
        for name, axes, moves in self.entries:
            for axis in axes:
                taken = [moves.get(index, index) for index in range(tables[name].shape[axis])]
                tables[name] = np.take(tables[name], taken, axis)
        return replace(point, positions=positions, tables=tables)


@dataclass(frozen=True)
class Change:
    """What a motion changed at one point.

    Args:
        size: relative to the response where that is above 1; infinite where one of both is no number.
        special: whether the point is one of those that mathematics treats apart: on a line, in a plane, on the origin.
        finite: whether all numbers are.
    """

    size: float
    special: bool = False
    finite: bool = True
    where: Point | None = None
    motion: Motion | None = None

    @property
    def counts(self) -> bool:
        return self.size > LIMIT


def changes(program: Text, generator: str, random: np.random.Generator, points: int = 6) -> Iterator[Change]:
    """Yield what a generator changes at random points, the special ones among them.

    Args:
        program: of at most about eight qubits.
        generator: as a verdict names it; also ``rotation about x`` and ``renumbering``, of the atoms of a molecule in
            scope pair or atom.
        random: where points come from.
        points: how many.
    """
    declared = program.declared.get(generator)
    for number in range(points):
        special = number % 2 == 1
        if generator == "renumbering":
            yield _renumbered(program, random, special)
            continue
        order = site_order(program, generator)
        point = random_point(program, random, order, special)
        if declared is not None and (declared.charge is not None or declared.internal):
            with np.errstate(all="ignore"):
                found = internal_distance(program, point, declared, random)
            size = float(found.max()) if np.isfinite(found[0]) else 0.0  # no state, nothing to say
            yield Change(size, special, bool(np.isfinite(found).all()), point)
            continue
        motion = random_motion(program, generator, random, point, special)
        yield change(program, point, motion, special)


def change(program: Text, point: Point, motion: Motion, special: bool = False) -> Change:
    """Return what a motion changes at a point, far above rounding; else 0."""
    with np.errstate(all="ignore"):
        before, after = response(program, point), response(program, motion.of(point))
        size, finite = _difference(before, after)
        if size > LIMIT:
            ends = ((point, before), (motion.of(point), after))
            noise = max((_digits if special else _noise)(program, there, known) for there, known in ends)
            size = size if size > noise else 0.0
    return Change(size, special, finite, point, motion)


def _noise(program: Text, point: Point, known: np.ndarray) -> float:
    """What a change of the positions in their last digits does, times a factor; infinite where numbers come or go."""
    worst = 0.0
    for number in range(_JITTERS):
        waves = np.cos((1 + number) * np.arange(1, 1 + point.positions.size)).reshape(point.positions.shape)
        jitter = 1 + LONG(_JITTER) * (1 + number) * waves
        moved = response(program, replace(point, positions=point.positions.astype(LONG) * jitter))
        worst = max(worst, _difference(known, moved)[0])
    return _FACTOR * worst


def _digits(program: Text, point: Point, known: np.ndarray) -> float:
    """What is lost with double precision, over less than what the digits beyond it are worth."""
    return _difference(known, response(program, point, np.float64))[0] / 50


def _difference(before: np.ndarray, after: np.ndarray) -> tuple[float, bool]:
    """The largest change, relative to a response above 1, and whether all is finite."""
    finite = np.isfinite(before)
    scale = max(1.0, float(np.abs(before[finite]).max(initial=0)))
    return float(apart(before, after)) / scale, bool(finite.all() and np.isfinite(after).all())


# --------------------------------------------------------------------------- points


def site_order(program: Text, generator: str) -> tuple[int, ...] | None:
    """Return the site whose atom each site takes; None for generators that move no site."""
    names = [site.name for site in program.sites]
    words = generator.split()
    declared = program.declared.get(generator)
    if declared is not None:
        moves = declared.sites
    elif words[0] != "exchange" or len(words) < 3:
        return None
    elif words[1] == "molecules":
        moves = _molecule_moves(program, *words[2:])
    else:
        moves = {words[1]: words[2], words[2]: words[1]}
    return tuple(names.index(moves.get(name, name)) for name in names)


def _molecule_moves(program: Text, left: str, right: str) -> dict[str, str]:
    moves = {}
    for kind in {(site.element, site.role) for site in program.sites}:
        ours, theirs = (
            [site.name for site in program.sites if site.molecule == name and (site.element, site.role) == kind]
            for name in (left, right)
        )
        for a, b in zip(ours, theirs, strict=True):
            moves |= {a: b, b: a}
    return moves


def random_point(
    program: Text, random: np.random.Generator, order: tuple[int, ...] | None = None, special: bool = False
) -> Point:
    """Return a point that a molecule can have, with like elements where sites trade places."""
    elements = [site.element or str(random.choice(program.species)) for site in program.sites]
    slots = [index for index, site in enumerate(program.sites) if site.role == "neighbour" and site.element is None]
    if program.scope != "molecule":
        for index, element in zip(slots, sorted((elements[k] for k in slots), key=program.species.index), strict=True):
            elements[index] = element
    for start in range(len(order or ())):
        assert order is not None
        cycle = [start]
        while order[cycle[-1]] != start:
            cycle.append(order[cycle[-1]])
        named = [program.sites[k].element for k in cycle if program.sites[k].element]
        for index in cycle:
            elements[index] = named[0] if named else elements[min(cycle)]
    positions = random_positions(len(program.sites), random, special)
    if program.scope == "atom" and random.random() < 0.6:
        centre = next(index for index, site in enumerate(program.sites) if site.role == "centre")
        moving = [index for index, target in enumerate(order or ()) if index != target]
        first = random.integers(0, len(slots) + 1)
        for index in slots[first:]:
            if index not in moving:
                elements[index] = GHOST
                positions[index] = positions[centre]
    return Point(positions, tuple(elements), random_tables(program, random), int(random.integers(program.channels)))


def random_positions(count: int, random: np.random.Generator, special: bool = False) -> np.ndarray:
    """Return positions, (count, 3), Angstrom; special ones have short digits, so that nothing is rounded."""
    if not special:
        return random.normal(scale=random.choice([0.8, 1.4, 4.0]), size=(count, 3))
    positions = random.integers(-12, 13, size=(count, 3)) / 8.0
    kind = random.integers(5)
    if kind == 0:
        positions = np.outer(random.integers(-8, 9, size=count), random.integers(-3, 4, size=3)) / 4.0
    elif kind == 1:
        positions[:, random.integers(3)] = 0.0
    elif kind == 2:
        positions[random.integers(count)] = 0.0
    elif kind == 3 and count > 1:
        one, other = random.choice(count, 2, replace=False)
        positions[one] = positions[other]
    return positions


def random_tables(program: Text, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Return numbers for all parameters: random ones, large ones, or nothing but zeros."""
    scale = random.choice([1.0, 1.0, 1.0, 5.0, 0.0])
    return {name: scale * random.uniform(-1.2, 1.2, size=program.shape(name)) for name in program.tables}


def random_motion(
    program: Text, generator: str, random: np.random.Generator, point: Point, special: bool = False
) -> Motion:
    """Return one motion that a generator stands for; at special points one that rounds nothing."""
    declared = program.declared.get(generator, Declared())
    if generator == "inversion":
        return Motion(matrix=-np.eye(3))
    if generator == "translation":
        if special:
            choices = [-point.positions[random.integers(len(point.positions))], random.integers(-16, 17, size=3) / 8.0]
            return Motion(shift=choices[random.integers(2)])
        return Motion(shift=random.normal(scale=random.choice([0.5, 3.0]), size=3))
    if generator == "rotation":
        return Motion(matrix=QUARTER_TURNS[random.integers(len(QUARTER_TURNS))] if special else random_rotation(random))
    if generator.startswith("rotation about"):
        axis = "xyz".index(generator.split()[-1])
        angle = np.pi if special else random.uniform(0, 2 * np.pi)
        return Motion(matrix=_rotation_about(axis, angle, exact=special))
    return Motion(order=site_order(program, generator), entries=declared.entries)


def random_rotation(random: np.random.Generator) -> np.ndarray:
    w, x, y, z = random.normal(size=4).astype(LONG)
    norm = np.sqrt(w * w + x * x + y * y + z * z)
    w, x, y, z = w / norm, x / norm, y / norm, z / norm
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def _rotation_about(axis: int, angle: float, *, exact: bool) -> np.ndarray:
    c, s = (LONG(-1), LONG(0)) if exact else (np.cos(LONG(angle)), np.sin(LONG(angle)))
    matrix = np.eye(3, dtype=LONG)
    j, k = (axis + 1) % 3, (axis + 2) % 3
    matrix[j, j], matrix[k, k], matrix[j, k], matrix[k, j] = c, c, -s, s
    return matrix


# --------------------------------------------------------------------------- the model


def _renumbered(program: Text, random: np.random.Generator, special: bool) -> Change:
    slots = len(program.sites) - 1
    count = int(random.integers(2, slots + 2)) if program.scope == "atom" else int(random.integers(3, 5))
    elements = [str(random.choice(program.species)) for _ in range(count)]
    positions = random_positions(count, random, special)
    return renumbered(program, elements, positions, random_tables(program, random), random, special=special)


def renumbered(
    program: Text,
    elements: list[str],
    positions: np.ndarray,
    tables: dict,
    random: np.random.Generator,
    *,
    named: bool = True,
    special: bool = False,
) -> Change:
    """Return how the features of the atoms change when a molecule is numbered in another order."""
    order = random.permutation(len(elements))
    with np.errstate(all="ignore"):
        before = atoms_seen(program, elements, positions, tables, named=named)
        after = atoms_seen(program, [elements[k] for k in order], positions[order], tables, named=named)
        size, finite = _difference(before[order], after)
    return Change(size, special, finite)
