"""What must hold for the energies and forces of a model, each property as a test with a tolerance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qffc.ir.declarations import Symmetry, readout_value
from qffc.ir.exchange_group import exchanges
from qffc.ir.program import Program
from qffc.ir.values import Cutoff, Value, walk
from qffc.models.checks.energy_function_tests import (
    SYMMETRY_TESTS,
    Floats,
    PropertyTest,
    Subject,
    energy_test,
    force_test,
    gradient_test,
    net_force_test,
    net_torque_test,
    random_rotation,
    tested,
)

if TYPE_CHECKING:
    from qffc.models.force_field import ForceField

JUMP_TOLERANCE = 1e-7
"""Of an energy at both sides of a cutoff, extrapolated, on the scale of forces, times 1 Angstrom."""
CURVATURE_TOLERANCE = 1e-3
"""Of the slope of forces, extrapolated, on the scale of forces, per Angstrom."""
BATCH = 16
"""Frames in one call."""
_MOST_CIRCUITS = 65_536
"""Of a call, up to which all circuits of a molecule are run, whether or not they count."""
_PATHS = 4
"""Through each cutoff."""
MOST_ATOMS = 12
"""Of each of the two molecules far apart."""
FAR = 20.0
"""Angstrom between two molecules of a program without cutoffs, which has no distance that is far."""


@dataclass(frozen=True, eq=False)
class ModelSubject(Subject):
    """A model and the geometries that it is tested at.

    Args:
        model: the model.
        batch: frames in one call, so that every call has one shape and is compiled once.
    """

    model: ForceField
    batch: int = BATCH

    @property
    def symmetry(self) -> tuple[Symmetry, ...]:
        """The symmetries that its program declares."""
        return self.model.program.symmetry

    @cached_property
    def cutoffs(self) -> tuple[float, ...]:
        """The distances at which atoms stop to see each other, Angstrom, each once."""
        return cutoffs_of(self.model.program)

    def exchanges(self) -> list[NDArray[np.intp]]:
        """Return what the circuit declares, on the atoms that take its sites; elsewhere, atoms of one element."""
        if self.model.program.scope != "molecule":
            return super().exchanges()
        sites = self.model.program.sites
        placed = self.model.molecule(self.numbers).instances.atoms[0]
        atom_of = {site.name: int(atom) for site, atom in zip(sites, placed, strict=True)}
        return [self.order({atom_of[a]: atom_of[b] for a, b in exchange.moves}) for exchange in exchanges(sites)]

    def predict(self, frames: Floats, numbers: NDArray[np.int64] | None = None) -> tuple[Floats, Floats]:
        """Return energies and forces; NaN where the model raises because they are not finite."""
        atoms = self.numbers if numbers is None else numbers
        # Other neighbours at every call would be other lists, each compiled anew.
        lists = self.batch * self.model.molecule(atoms).circuits > _MOST_CIRCUITS
        energies, forces = np.full(len(frames), np.nan), np.full(frames.shape, np.nan)
        for start in range(0, len(frames), self.batch):
            batch = frames[start : start + self.batch]
            padding = np.repeat(batch[:1], self.batch - len(batch), axis=0)
            try:
                e, f = self.model.predict(atoms, np.concatenate([batch, padding]), lists=lists)
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


def smoothness(subject: ModelSubject) -> tuple[PropertyTest, ...]:
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
    limit, slope = np.array([3.0, -3.0, 1.0]), np.array([-2.5, 4.0, -1.5]) / subject.tolerances.step
    side = np.array([-1.0, 1.0])
    energy_jump = np.diff(e @ limit, axis=1)
    force_jump = np.diff(np.einsum("psk...,k->ps...", f, limit), axis=1)
    slope_jump = np.diff(np.einsum("psk...,k,s->ps...", f, slope, side), axis=1)
    scale = subject.force_scale
    return (
        tested(f"{name}: energy", "eV", [energy_jump], JUMP_TOLERANCE * scale),
        tested(f"{name}: forces", "eV/Å", [force_jump], subject.tolerances.difference * scale),
        tested(f"{name}: slope of forces", "eV/Å²", [slope_jump], CURVATURE_TOLERANCE * scale),
    )


def _paths(subject: ModelSubject, radius: float) -> Iterator[Floats]:
    """Frames (6, atoms, 3) with one atom at three steps before the cutoff of another, then three steps behind it."""
    steps = subject.tolerances.step * np.array([-1.0, -2.0, -3.0, 1.0, 2.0, 3.0])
    count = len(subject.numbers)
    for _ in range(_PATHS):
        frame = subject.frames[subject.generator.integers(len(subject.frames))]
        fixed, moving = subject.generator.permutation(count)[:2]
        bond = frame[moving] - frame[fixed]
        direction = bond / np.linalg.norm(bond)
        path = np.repeat(frame[None], 6, axis=0)
        path[:, moving] = frame[fixed] + (radius + steps[:, None]) * direction
        yield path


def _extensivity(subject: ModelSubject) -> tuple[PropertyTest, ...]:
    """Two molecules further apart than any cutoff have the sum of their energies, and each its own forces."""
    if subject.model.program.scope == "molecule":
        return (PropertyTest("two far molecules", reason="the sites hold one molecule"),)
    if subject.model.program.scope == "atom":
        return (PropertyTest("two far molecules", reason="further atoms take slots of the same circuit"),)
    numbers = subject.numbers[:MOST_ATOMS]
    first = subject.frames[:, : len(numbers)]
    second = first[::-1] @ random_rotation(subject.generator).T
    reach = max(subject.cutoffs, default=FAR)
    direction = subject.generator.normal(size=3)
    direction /= np.linalg.norm(direction)
    away = (reach + _radius(first) + _radius(second) + 1.0) * direction
    second = second - second.mean(axis=1, keepdims=True) + first.mean(axis=1, keepdims=True) + away
    (e1, f1), (e2, f2) = (subject.predict(frames, numbers) for frames in (first, second))
    e, f = subject.predict(np.concatenate([first, second], axis=1), np.tile(numbers, 2))
    return (
        energy_test(subject, "two far molecules", [e - e1 - e2]),
        force_test(subject, "two far molecules", [f - np.concatenate([f1, f2], axis=1)]),
    )


def _finite(subject: ModelSubject) -> tuple[PropertyTest, ...]:
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


def _not_finite(subject: ModelSubject, frames: Floats) -> Floats:
    energies, forces = subject.predict(frames)
    wrong: Floats = (~np.isfinite(energies)).astype(float) + np.sum(~np.isfinite(forces), axis=(1, 2))
    return wrong


TESTS: tuple[Callable[[ModelSubject], tuple[PropertyTest, ...]], ...] = (
    *SYMMETRY_TESTS,
    gradient_test,
    net_force_test,
    net_torque_test,
    smoothness,
    _extensivity,
    _finite,
)
"""All tests that every model takes, in the order of the table."""


def _radius(frames: Floats) -> float:
    return float(np.linalg.norm(frames - frames.mean(axis=1, keepdims=True), axis=2).max())
