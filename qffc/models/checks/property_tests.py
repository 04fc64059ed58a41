"""What must hold for the energies and forces of a model, each property as a test with a tolerance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qffc.ir.declarations import Symmetry, readout_value
from qffc.ir.exchange_group import exchanges
from qffc.ir.program import Program
from qffc.ir.values import Cutoff, Value, walk
from qffc.models.force_field import ForceField

Floats = NDArray[np.float64]
Outcome = Literal["holds", "FAILS", "does not apply"]

ENERGY_TOLERANCE = 1e-10
"""Of two energies that must be equal, times the largest energy, at least 1 eV."""
FORCE_TOLERANCE = 1e-9
"""Of two forces that must be equal, times the largest force, at least 1 eV/Angstrom."""
DIFFERENCE_TOLERANCE = 1e-6
"""Of forces from differences and extrapolations, on the scale of forces."""
JUMP_TOLERANCE = 1e-7
"""Of an energy at both sides of a cutoff, extrapolated, on the scale of forces, times 1 Angstrom."""
CURVATURE_TOLERANCE = 1e-3
"""Of the slope of forces, extrapolated, on the scale of forces, per Angstrom."""


BATCH = 16
"""Frames in one call."""
_STEP = 2e-4
"""Angstrom: of all differences."""
_DIRECTIONS, _MOVES = 4, 4
MOST_ATOMS = 12
"""Of each of the two molecules far apart."""
FAR = 20.0
"""Angstrom between two molecules of a program without cutoffs, which has no distance that is far."""


@dataclass(frozen=True)
class PropertyTest:
    """One property of the energy function, at the worst of the geometries.

    Args:
        name: the property, and whether energies or forces were compared.
        unit: of the two numbers.
        deviation: the largest that was found, NaN when a number was not finite; None when the property does not apply.
        tolerance: the largest that counts as rounding; None when the property does not apply.
        reason: why it does not apply.
    """

    name: str
    unit: str = ""
    deviation: float | None = None
    tolerance: float | None = None
    reason: str = ""

    @property
    def verdict(self) -> Outcome:
        """Whether the deviation is within the tolerance."""
        if self.deviation is None or self.tolerance is None:
            return "does not apply"
        return "holds" if self.deviation <= self.tolerance else "FAILS"  # NaN is within no tolerance


@dataclass(frozen=True, eq=False)
class Subject:
    """A model and the geometries that it is tested at.

    Args:
        model: the model.
        numbers: (atoms,) atomic numbers.
        frames: (frames, atoms, 3), Angstrom.
        generator: of random motions and directions.
        batch: frames in one call, so that every call has one shape and is compiled once.
    """

    model: ForceField
    numbers: NDArray[np.int64]
    frames: Floats
    generator: np.random.Generator
    batch: int = BATCH

    @cached_property
    def here(self) -> tuple[Floats, Floats]:
        """Energies (frames,) in eV and forces (frames, atoms, 3) in eV/Angstrom of the geometries."""
        return self.predict(self.frames)

    @cached_property
    def energy_scale(self) -> float:
        """The largest energy, at least 1 eV."""
        return _scale(self.here[0])

    @cached_property
    def force_scale(self) -> float:
        """The largest component of a force, at least 1 eV/Angstrom."""
        return _scale(self.here[1])

    @cached_property
    def cutoffs(self) -> tuple[float, ...]:
        """The distances at which atoms stop to see each other, Angstrom, each once."""
        return cutoffs_of(self.model.program)

    def predict(self, frames: Floats, numbers: NDArray[np.int64] | None = None) -> tuple[Floats, Floats]:
        """Return energies and forces; NaN where the model raises because they are not finite."""
        atoms = self.numbers if numbers is None else numbers
        energies, forces = np.full(len(frames), np.nan), np.full(frames.shape, np.nan)
        for start in range(0, len(frames), self.batch):
            batch = frames[start : start + self.batch]
            padding = np.repeat(batch[:1], self.batch - len(batch), axis=0)
            try:
                e, f = self.model.predict(atoms, np.concatenate([batch, padding]))
            except FloatingPointError:  # JAX was told to look for NaN
                continue
            energies[start : start + len(batch)], forces[start : start + len(batch)] = e[: len(batch)], f[: len(batch)]
        return energies, forces


def cutoffs_of(program: Program) -> tuple[float, ...]:
    """Return the cutoffs of a program in Angstrom, ascending, each once.

    Example:
        >>> from qffc.library import load
        >>> cutoffs_of(load("pair"))
        (5.0,)
    """
    radii = {parameter.basis.cutoff for parameter in program.parameters if parameter.basis is not None}
    for value in _values(program):
        radii |= {node.radius for node in walk(value) if isinstance(node, Cutoff)}
    return tuple(sorted(float(radius) for radius in radii))


def _values(program: Program) -> Iterator[Value]:
    yield from (op.value for op in program.ops if op.value is not None)
    yield readout_value(program.readout)


def _symmetry(subject: Subject, name: Symmetry) -> tuple[PropertyTest, ...]:
    if name not in subject.model.program.symmetry:
        return (PropertyTest(name, reason="not declared"),)
    return _compare_motions(subject, name, _MOTIONS[name](subject))


def _rotations(subject: Subject) -> list[tuple[Floats, Floats]]:
    return [(turn, np.zeros(3)) for turn in (_rotation(subject.generator) for _ in range(2))]


def _inversions(subject: Subject) -> list[tuple[Floats, Floats]]:
    turned = "rotation" in subject.model.program.symmetry
    return [(-_rotation(subject.generator) if turned else -np.eye(3), np.zeros(3))]


def _translations(subject: Subject) -> list[tuple[Floats, Floats]]:
    return [(np.eye(3), 3.0 * subject.generator.normal(size=3)) for _ in range(2)]


_MOTIONS: dict[str, Callable[[Subject], list[tuple[Floats, Floats]]]] = {
    "rotation": _rotations,
    "inversion": _inversions,
    "translation": _translations,
}


def _compare_motions(subject: Subject, name: str, motions: list[tuple[Floats, Floats]]) -> tuple[PropertyTest, ...]:
    energies, forces = subject.here
    moved = [subject.predict(subject.frames @ matrix.T + shift) for matrix, shift in motions]
    return (
        _energy_test(subject, name, [e - energies for e, _ in moved]),
        _force_test(subject, name, [f - forces @ m.T for (_, f), (m, _) in zip(moved, motions, strict=True)]),
    )


def _exchange(subject: Subject) -> tuple[PropertyTest, ...]:
    if "exchange" not in subject.model.program.symmetry:
        return (PropertyTest("exchange", reason="not declared"),)
    orders = _like_orders(subject)
    if not orders:
        return (PropertyTest("exchange", reason="no two atoms of one element in one role"),)
    energies, forces = subject.here
    moved = [subject.predict(subject.frames[:, order]) for order in orders]
    return (
        _energy_test(subject, "exchange", [e - energies for e, _ in moved]),
        _force_test(subject, "exchange", [f - forces[:, order] for (_, f), order in zip(moved, orders, strict=True)]),
    )


def _like_orders(subject: Subject) -> list[NDArray[np.intp]]:
    """Orders of the atoms that exchange like ones: those that generate all, and a product of them at random."""
    orders = _generators(subject)
    if len(orders) > 1:
        product = np.arange(len(subject.numbers))
        for choice in subject.generator.integers(len(orders), size=4 * len(orders)):
            product = product[orders[choice]]
        orders.append(product)
    return orders[: _MOVES - 1] + orders[-1:] if len(orders) > _MOVES else orders


def _generators(subject: Subject) -> list[NDArray[np.intp]]:
    """What the circuit declares, on the atoms that take its sites; elsewhere, neighbouring atoms of one element."""
    program = subject.model.program
    if program.scope == "molecule":
        placed = subject.model.molecule(subject.numbers).instances.atoms[0]
        atom_of = {site.name: int(atom) for site, atom in zip(program.sites, placed, strict=True)}
        moves = [{atom_of[a]: atom_of[b] for a, b in exchange.moves} for exchange in exchanges(program.sites)]
    else:
        numbers = [int(number) for number in subject.numbers]
        pairs = [(a, b) for a, number in enumerate(numbers) for b in _next(numbers, a, number)]
        moves = [{a: b, b: a} for a, b in pairs]
    return [np.array([move.get(atom, atom) for atom in range(len(subject.numbers))]) for move in moves]


def _next(numbers: list[int], atom: int, number: int) -> list[int]:
    return [other for other in range(atom + 1, len(numbers)) if numbers[other] == number][:1]


def _gradient(subject: Subject) -> tuple[PropertyTest, ...]:
    """Five-point central differences of the energy along random directions."""
    _, forces = subject.here
    deviations = []
    for _ in range(_DIRECTIONS):
        along = subject.generator.normal(size=subject.frames.shape)
        along /= np.sqrt(np.sum(along**2, axis=(1, 2), keepdims=True))
        near, far = (
            subject.predict(subject.frames + step * along)[0] - subject.predict(subject.frames - step * along)[0]
            for step in (_STEP, 2 * _STEP)
        )
        slope = (8.0 * near - far) / (12.0 * _STEP)
        deviations.append(slope + np.sum(forces * along, axis=(1, 2)))
    rounding = 10 * np.finfo(np.float64).eps * subject.energy_scale / _STEP
    tolerance = DIFFERENCE_TOLERANCE * subject.force_scale + rounding
    return (tested("forces = -gradient", "eV/Å", deviations, tolerance),)


def _net_force(subject: Subject) -> tuple[PropertyTest, ...]:
    if "translation" not in subject.model.program.symmetry:
        return (PropertyTest("net force", reason="translation is not declared"),)
    total = np.sum(subject.here[1], axis=1)
    return (tested("net force", "eV/Å", [total], FORCE_TOLERANCE * subject.force_scale),)


def _net_torque(subject: Subject) -> tuple[PropertyTest, ...]:
    if "rotation" not in subject.model.program.symmetry:
        return (PropertyTest("net torque", reason="rotation is not declared"),)
    arms = subject.frames - subject.frames.mean(axis=1, keepdims=True)
    total = np.sum(np.cross(arms, subject.here[1]), axis=1)
    return (tested("net torque", "eV", [total], FORCE_TOLERANCE * subject.force_scale * _scale(arms)),)


def smoothness(subject: Subject) -> tuple[PropertyTest, ...]:
    """An atom moves away from another through each cutoff; one-sided limits from both sides are compared."""
    name = "leaving at the cutoff"
    if not subject.cutoffs:
        return (PropertyTest(name, reason="the program has no cutoff"),)
    if len(subject.numbers) < 2:
        return (PropertyTest(name, reason="one atom alone"),)
    paths = [path for radius in subject.cutoffs for path in _paths(subject, radius)]
    energies, forces = subject.predict(np.concatenate(paths))
    # (paths, sides, three steps away from the cutoff)
    e, f = energies.reshape(-1, 2, 3), forces.reshape(-1, 2, 3, len(subject.numbers), 3)
    limit, slope = np.array([3.0, -3.0, 1.0]), np.array([-2.5, 4.0, -1.5]) / _STEP
    side = np.array([-1.0, 1.0])
    energy_jump = np.diff(e @ limit, axis=1)
    force_jump = np.diff(np.einsum("psk...,k->ps...", f, limit), axis=1)
    slope_jump = np.diff(np.einsum("psk...,k,s->ps...", f, slope, side), axis=1)
    scale = subject.force_scale
    return (
        tested(f"{name}: energy", "eV", [energy_jump], JUMP_TOLERANCE * scale),
        tested(f"{name}: forces", "eV/Å", [force_jump], DIFFERENCE_TOLERANCE * scale),
        tested(f"{name}: slope of forces", "eV/Å²", [slope_jump], CURVATURE_TOLERANCE * scale),
    )


def _paths(subject: Subject, radius: float) -> Iterator[Floats]:
    """Frames (6, atoms, 3) with one atom at three steps before the cutoff of another, then three steps behind it."""
    steps = _STEP * np.array([-1.0, -2.0, -3.0, 1.0, 2.0, 3.0])
    count = len(subject.numbers)
    for _ in range(_MOVES):
        frame = subject.frames[subject.generator.integers(len(subject.frames))]
        fixed, moving = subject.generator.permutation(count)[:2]
        bond = frame[moving] - frame[fixed]
        direction = bond / np.linalg.norm(bond)
        path = np.repeat(frame[None], 6, axis=0)
        path[:, moving] = frame[fixed] + (radius + steps[:, None]) * direction
        yield path


def _extensivity(subject: Subject) -> tuple[PropertyTest, ...]:
    """Two molecules further apart than any cutoff have the sum of their energies, and each its own forces."""
    if subject.model.program.scope == "molecule":
        return (PropertyTest("two far molecules", reason="the sites hold one molecule"),)
    if subject.model.program.scope == "atom":
        return (PropertyTest("two far molecules", reason="further atoms take slots of the same circuit"),)
    numbers = subject.numbers[:MOST_ATOMS]
    first = subject.frames[:, : len(numbers)]
    second = first[::-1] @ _rotation(subject.generator).T
    reach = max(subject.cutoffs, default=FAR)
    direction = subject.generator.normal(size=3)
    direction /= np.linalg.norm(direction)
    away = (reach + _radius(first) + _radius(second) + 1.0) * direction
    second = second - second.mean(axis=1, keepdims=True) + first.mean(axis=1, keepdims=True) + away
    (e1, f1), (e2, f2) = (subject.predict(frames, numbers) for frames in (first, second))
    e, f = subject.predict(np.concatenate([first, second], axis=1), np.tile(numbers, 2))
    return (
        _energy_test(subject, "two far molecules", [e - e1 - e2]),
        _force_test(subject, "two far molecules", [f - np.concatenate([f1, f2], axis=1)]),
    )


def _finite(subject: Subject) -> tuple[PropertyTest, ...]:
    names = ("finite where atoms meet", "finite on a line")
    if len(subject.numbers) < 2:
        return tuple(PropertyTest(name, reason="one atom alone") for name in names)
    together = []
    for first, second in list(combinations(range(len(subject.numbers)), 2))[:BATCH]:
        frame = subject.frames[0].copy()
        frame[second] = frame[first]
        together.append(frame)
    axes = np.array([[1.0, 0.0, 0.0], [0.6, 0.0, 0.8], [0.0, 0.0, 1.0]])
    ranks = np.arange(len(subject.numbers))
    # The first atom at an end, and in the middle.
    lines = [(ranks - shift)[:, None] * axis for axis in axes for shift in (0, 1)]
    lines += [np.where(ranks % 2, -ranks, ranks)[:, None] * axis for axis in axes]
    return tuple(
        tested(name, "numbers", [np.sum(_not_finite(subject, np.array(frames)), keepdims=True)], 0.0)
        for name, frames in zip(names, (together, lines), strict=True)
    )


def _not_finite(subject: Subject, frames: Floats) -> Floats:
    energies, forces = subject.predict(frames)
    wrong: Floats = (~np.isfinite(energies)).astype(float) + np.sum(~np.isfinite(forces), axis=(1, 2))
    return wrong


_Tests = tuple[Callable[[Subject], tuple[PropertyTest, ...]], ...]

SYMMETRY_TESTS: _Tests = (
    lambda subject: _symmetry(subject, "rotation"),
    lambda subject: _symmetry(subject, "inversion"),
    lambda subject: _symmetry(subject, "translation"),
    _exchange,
)
"""The declared symmetries."""

TESTS: _Tests = (
    *SYMMETRY_TESTS,
    _gradient,
    _net_force,
    _net_torque,
    smoothness,
    _extensivity,
    _finite,
)
"""All tests that every model takes, in the order of the table."""


def _energy_test(subject: Subject, name: str, deviations: list[Floats]) -> PropertyTest:
    return tested(f"{name}: energy", "eV", deviations, ENERGY_TOLERANCE * subject.energy_scale)


def _force_test(subject: Subject, name: str, deviations: list[Floats]) -> PropertyTest:
    return tested(f"{name}: forces", "eV/Å", deviations, FORCE_TOLERANCE * subject.force_scale)


def tested(name: str, unit: str, deviations: list[Floats], tolerance: float) -> PropertyTest:
    """Return the test of a property whose deviations were found, arrays of any shape, in its unit."""
    worst = float(np.max([np.max(np.abs(deviation)) for deviation in deviations]))
    return PropertyTest(name, unit, worst, float(tolerance))


def _scale(values: Floats) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(max(1.0, finite.max(initial=0.0)))


def _radius(frames: Floats) -> float:
    return float(np.linalg.norm(frames - frames.mean(axis=1, keepdims=True), axis=2).max())


def _rotation(generator: np.random.Generator) -> Floats:
    matrix, triangle = np.linalg.qr(generator.normal(size=(3, 3)))
    matrix = matrix * np.sign(np.diag(triangle))
    turned: Floats = matrix * np.linalg.det(matrix)  # the sign of a 3 x 3 matrix is the sign of its determinant
    return turned
