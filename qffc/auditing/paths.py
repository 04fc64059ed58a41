"""Paths on which neighbours come and go: jumps of energy and forces, and what is left where atoms have parted."""

# ASE has no types for most of its methods.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from ase import Atoms

from qffc.auditing.calculator_subject import CalculatorSubject, Row
from qffc.ir.telling import told
from qffc.models.checks.energy_function_tests import Floats, PropertyTest, tested

_INTERVALS, _FINER = 160, 6
"""Of a path; into how many each is cut where something stands out."""
_ORDER, _LOW_ORDER, _AROUND = 6, 4, 12
"""Of differences, on the two grids; to how many at each side each is compared."""
_LEAST, _PARTS_OF = 30, ("energy", "forces")
"""Points without which nothing can be said of jumps."""
_PLACES = 3
"""That are looked at closely, on each grid."""
_PARTS, _WIDTH = 5, 1e-6
"""Into how many an interval is cut; Angstrom, or strain: of the interval in which a jump is found."""
_JUMP = (1e-7, 1e-6)
"""Of the energy and of forces, relative to the largest force (times 1 Angstrom), at least 1: below, dynamics do not
notice, and smooth functions change by less on such a width."""
_OUT, _APART = 12.0, (2.5, 14.5)
"""Angstrom: how far an atom is pulled out; between which distances two molecules part."""
_STRAIN = 0.12
_LONG = (30.0, 60.0)
"""Angstrom: distances at which a lone atom no longer feels the others."""
_FREE = (0.02, 0.002)
"""eV, eV/Angstrom: what may be left there; forces on induced dipoles are below."""


@dataclass(frozen=True)
class Path:
    """Geometries along a number.

    Args:
        name: in the rows.
        first: of the number, Angstrom or strain.
        last: of it.
        at: the atoms at a number.
    """

    name: str
    first: float
    last: float
    at: Callable[[float], Atoms]


def _answer_or_none(subject: CalculatorSubject, atoms: Atoms) -> tuple[float, Floats]:
    """What a calculator says; NaN where it raises, as one that iterates may."""
    try:
        return subject.answer(atoms)
    except Exception:  # whatever a calculator raises, there is no answer
        return np.nan, np.full((len(atoms), 3), np.nan)


_Answer = Callable[[float], tuple[float, Floats]]
"""Of a place on a path: energy and forces."""


def path_rows(subject: CalculatorSubject) -> list[Row]:
    """Return jumps along paths, and whether energies become constant where atoms have parted."""
    rows: list[Row] = []
    for path in _paths(subject):
        rows += _jumps(subject, path)
    return [*rows, *_dissociation(subject)]


def _paths(subject: CalculatorSubject) -> list[Path]:
    here = subject.at(subject.frames[0])
    if subject.periodic:
        return [Path("a strained cell", -_STRAIN, _STRAIN, lambda strain: _scaled(here, 1 + strain))]
    if len(here) == 1:
        return [Path("two atoms that part", *_APART, lambda distance: _two(here, distance))]
    return [
        Path("an atom that leaves", 0.0, _OUT, lambda distance: pulled_out(here, distance)),
        Path("two molecules that part", *_APART, lambda distance: _two(here, distance)),
    ]


def _scaled(atoms: Atoms, factor: float) -> Atoms:
    changed: Atoms = atoms.copy()
    changed.set_cell(np.array(atoms.cell) * factor, scale_atoms=True)
    return changed


def pulled_out(atoms: Atoms, distance: float) -> Atoms:
    """Return a molecule whose outermost atom is moved away from the centre of the others."""
    middle = atoms.positions.mean(axis=0)
    atom = outermost(atoms)
    out = atoms.positions[atom] - middle
    changed: Atoms = atoms.copy()
    changed.positions[atom] += distance * out / np.linalg.norm(out)
    return changed


def outermost(atoms: Atoms) -> int:
    """Return the atom that is farthest from the centre."""
    return int(np.argmax(np.linalg.norm(atoms.positions - atoms.positions.mean(axis=0), axis=1)))


def _two(atoms: Atoms, distance: float) -> Atoms:
    """A molecule and a copy of it beside its flat side, this far between their nearest planes."""
    centred = atoms.positions - atoms.positions.mean(axis=0)
    normal = np.linalg.svd(np.concatenate([centred, np.eye(3) * 1e-9]))[2][2]
    thickness = float(np.ptp(centred @ normal))
    copy = atoms.copy()
    copy.positions += (distance + thickness) * normal
    both: Atoms = atoms + copy
    return both


def _jumps(subject: CalculatorSubject, path: Path) -> list[Row]:
    """The largest jump of the energy and of a force, each found between two geometries a hair apart."""
    step = (path.last - path.first) / _INTERVALS
    grid: Floats = path.first + step * np.arange(1 - _ORDER, _INTERVALS + _ORDER, dtype=np.float64)
    known: dict[float, tuple[float, Floats]] = {}

    def answer(place: float) -> tuple[float, Floats]:
        if place not in known:
            known[place] = _answer_or_none(subject, path.at(place))
        return known[place]

    found = [answer(place) for place in told(f"{path.name}:", grid.tolist())]
    energies, forces = np.array([energy for energy, _ in found]), np.array([forces for _, forces in found])
    lost = ~np.isfinite(energies) | ~np.isfinite(forces).all(axis=(1, 2))
    first = int(np.argmax(lost)) if lost.any() else len(grid)
    there = PropertyTest(f"{path.name}: an answer everywhere", "geometries", float(lost.sum()), 0.0)
    rows = [Row("smoothness", there, (path.at(float(grid[min(first, len(grid) - 1)])),))]
    grid, energies, forces = grid[:first], energies[:first], forces[:first]
    if first < _LEAST:
        why = "the calculator has too few answers on the way"
        return [*rows, *(Row("smoothness", PropertyTest(f"{path.name}: {part}", reason=why)) for part in _PARTS_OF)]
    for name, unit, part, values, noise in (
        ("energy", "eV", 0, energies[:, None], subject.energy_noise + _JUMP[0] * subject.force_scale),
        ("forces", "eV/Å", 1, forces.reshape(len(grid), -1), subject.force_noise + _JUMP[1] * subject.force_scale),
    ):
        worst, where = 0.0, [path.at(float(grid[0]))]
        for low, high in _suspects(answer, grid, values, part, noise):
            size = _jump(answer, low, high, part)
            if size > worst:
                worst, where = size, [path.at(low), path.at(high)]
        rows.append(Row("smoothness", tested(f"{path.name}: {name}", unit, [np.array(worst)], noise), tuple(where)))
    return rows


def _suspects(
    answer: _Answer, grid: Floats, values: Floats, part: int, matters: float
) -> Iterator[tuple[float, float]]:
    """Yield short intervals that may hold a jump: where a grid stands out, a finer one is laid, and there again.

    Args:
        answer: energy and forces at a place.
        grid: (points,) places.
        values: (points, components) at them.
        part: of the answer: 0, energies, or 1, forces.
        matters: what a jump must be above.
    """
    for place in _outstanding(values, _ORDER, matters, _PLACES):
        around = grid[max(place - _ORDER, 0) : place + _ORDER + 2]
        finer = np.linspace(around[0], around[-1], (len(around) - 1) * _FINER + 1)
        there = np.array([np.ravel(answer(x)[part]) for x in finer.tolist()])
        if not np.all(np.isfinite(there)):
            continue
        for close in _outstanding(there, _LOW_ORDER, matters, _PLACES):
            yield _narrowed(answer, (float(finer[close]), float(finer[close + 1])), part)


def _outstanding(values: Floats, order: int, matters: float, count: int) -> list[int]:
    """Intervals of a grid whose two ends do not fit together, more than those around them; and the worst of all.

    The right end is compared with the polynomial through as many points as the order up to the left end, and the other
    way round: differences of that order. Beside a jump both miss.
    """
    differences = np.abs(np.diff(values, n=order, axis=0)).max(axis=1)
    rough = np.minimum(differences[: len(differences) - order + 1], differences[order - 1 :])
    around = np.array([np.median(rough[max(0, k - _AROUND) : k + _AROUND + 1]) for k in range(len(rough))])
    left, chosen = rough / (around + matters), [int(np.argmax(rough))]
    for _ in range(count):
        place = int(np.argmax(left))
        left[max(0, place - order) : place + order + 1] = -1.0
        chosen.append(place)
    return [place + order - 1 for place in dict.fromkeys(chosen)]


def _odd_one(steps: Floats) -> int:
    """The step (steps, components) without which the others lie best on a line."""
    places = np.arange(len(steps), dtype=np.float64)
    rests = []
    for left_out in range(len(steps)):
        kept = np.delete(places, left_out)
        basis = np.stack([np.ones_like(kept), kept], axis=1)
        others = np.delete(steps, left_out, axis=0)
        fitted = basis @ np.linalg.lstsq(basis, others, rcond=None)[0]
        rests.append(float(np.sum((others - fitted) ** 2)))
    return int(np.argmin(rests))


def _narrowed(answer: _Answer, ends: tuple[float, float], part: int) -> tuple[float, float]:
    """The part of an interval whose change does not fit to those of the others, again and again."""
    low, high = ends
    while high - low > _WIDTH:
        places = np.linspace(low, high, _PARTS + 1)
        values = np.array([np.ravel(answer(place)[part]) for place in places.tolist()])
        odd = _odd_one(np.diff(values, axis=0))
        low, high = float(places[odd]), float(places[odd + 1])
    return low, high


def _jump(answer: _Answer, low: float, high: float, part: int) -> float:
    """What changes within an interval beyond what changes in those beside it: a slope is no jump."""
    width = high - low
    values = [np.ravel(answer(low + k * width)[part]) for k in (-1, 0, 1, 2)]
    before, here, after = np.diff(np.array(values), axis=0)
    # Two intervals beside it, for only one of them lies on the other side of a kink.
    return float(min(np.abs(here - before).max(), np.abs(here - after).max()))


def _dissociation(subject: CalculatorSubject) -> list[Row]:
    name, deep = "an atom far away: energy", "an atom far away: forces"
    if subject.periodic or len(subject.numbers) == 1:
        why = "the atoms are periodic" if subject.periodic else "one atom alone"
        return [Row("far apart", PropertyTest(row, reason=why)) for row in (name, deep)]
    near, far = (pulled_out(subject.at(subject.frames[0]), distance) for distance in _LONG)
    (one, forces), (other, _) = _answer_or_none(subject, near), _answer_or_none(subject, far)
    lone: Floats = forces[outermost(subject.at(subject.frames[0]))]
    return [
        Row("far apart", tested(name, "eV", [np.array(other - one)], _FREE[0] + subject.energy_noise), (near, far)),
        Row("far apart", tested(deep, "eV/Å", [lone], _FREE[1] + subject.force_noise), (near,)),
    ]
