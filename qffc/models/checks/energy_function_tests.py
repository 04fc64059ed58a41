"""What must hold for any function of energies and forces: declared symmetries, the gradient, net force and torque."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qffc.ir.declarations import Symmetry

Floats = NDArray[np.float64]
Outcome = Literal["holds", "FAILS", "does not apply"]

_DIRECTIONS, _MOVES = 4, 4


@dataclass(frozen=True)
class Tolerances:
    """What counts as rounding, in double precision unless said otherwise.

    Args:
        energy: of two energies that must be equal, times the largest energy, at least 1 eV.
        force: of two forces that must be equal, times the largest force, at least 1 eV/Angstrom.
        difference: of forces from differences, on the scale of forces.
        step: of these differences, Angstrom.
    """

    energy: float = 1e-10
    force: float = 1e-9
    difference: float = 1e-6
    step: float = 2e-4


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
class Subject(ABC):
    """An energy function and the geometries that it is tested at.

    Args:
        numbers: (atoms,) atomic numbers.
        frames: (frames, atoms, 3), Angstrom.
        generator: of random motions and directions.
    """

    numbers: NDArray[np.int64]
    frames: Floats
    generator: np.random.Generator

    @property
    @abstractmethod
    def symmetry(self) -> tuple[Symmetry, ...]:
        """The symmetries that must hold."""

    @property
    def tolerances(self) -> Tolerances:
        """What counts as rounding."""
        return Tolerances()

    @abstractmethod
    def predict(self, frames: Floats) -> tuple[Floats, Floats]:
        """Return energies (frames,) in eV and forces (frames, atoms, 3) in eV/Angstrom; NaN for what is not finite."""

    def exchanges(self) -> list[NDArray[np.intp]]:
        """Return orders of the atoms that generate all exchanges of like ones: here of one element."""
        numbers = [int(number) for number in self.numbers]
        pairs = [(a, b) for a, number in enumerate(numbers) for b in _next(numbers, a, number)]
        return [self.order({a: b, b: a}) for a, b in pairs]

    def order(self, moves: dict[int, int]) -> NDArray[np.intp]:
        """Return the order of the atoms after some have taken the places of others."""
        return np.array([moves.get(atom, atom) for atom in range(len(self.numbers))])

    @cached_property
    def here(self) -> tuple[Floats, Floats]:
        """Energies (frames,) in eV and forces (frames, atoms, 3) in eV/Angstrom of the geometries."""
        return self.predict(self.frames)

    @cached_property
    def energy_scale(self) -> float:
        """The largest energy, at least 1 eV."""
        return scale_of(self.here[0])

    @cached_property
    def force_scale(self) -> float:
        """The largest component of a force, at least 1 eV/Angstrom."""
        return scale_of(self.here[1])


def _next(numbers: list[int], atom: int, number: int) -> list[int]:
    return [other for other in range(atom + 1, len(numbers)) if numbers[other] == number][:1]


def _symmetry_test(subject: Subject, name: Symmetry) -> tuple[PropertyTest, ...]:
    if name not in subject.symmetry:
        return (PropertyTest(name, reason="not declared"),)
    energies, forces = subject.here
    motions = _MOTIONS[name](subject)
    moved = [subject.predict(subject.frames @ matrix.T + shift) for matrix, shift in motions]
    return (
        energy_test(subject, name, [e - energies for e, _ in moved]),
        force_test(subject, name, [f - forces @ m.T for (_, f), (m, _) in zip(moved, motions, strict=True)]),
    )


def _rotations(subject: Subject) -> list[tuple[Floats, Floats]]:
    return [(turn, np.zeros(3)) for turn in (random_rotation(subject.generator) for _ in range(2))]


def _inversions(subject: Subject) -> list[tuple[Floats, Floats]]:
    turned = "rotation" in subject.symmetry
    return [(-random_rotation(subject.generator) if turned else -np.eye(3), np.zeros(3))]


def _translations(subject: Subject) -> list[tuple[Floats, Floats]]:
    return [(np.eye(3), 3.0 * subject.generator.normal(size=3)) for _ in range(2)]


_MOTIONS: dict[str, Callable[[Subject], list[tuple[Floats, Floats]]]] = {
    "rotation": _rotations,
    "inversion": _inversions,
    "translation": _translations,
}


def rotation_test(subject: Subject) -> tuple[PropertyTest, ...]:
    """Return what two random rotations change."""
    return _symmetry_test(subject, "rotation")


def inversion_test(subject: Subject) -> tuple[PropertyTest, ...]:
    """Return what an inversion changes, after a random rotation where that is a symmetry."""
    return _symmetry_test(subject, "inversion")


def translation_test(subject: Subject) -> tuple[PropertyTest, ...]:
    """Return what two random translations change."""
    return _symmetry_test(subject, "translation")


def exchange_test(subject: Subject) -> tuple[PropertyTest, ...]:
    """Return what exchanges of like atoms change."""
    if "exchange" not in subject.symmetry:
        return (PropertyTest("exchange", reason="not declared"),)
    orders = _orders(subject)
    if not orders:
        return (PropertyTest("exchange", reason="no two atoms of one element in one role"),)
    energies, forces = subject.here
    moved = [subject.predict(subject.frames[:, order]) for order in orders]
    return (
        energy_test(subject, "exchange", [e - energies for e, _ in moved]),
        force_test(subject, "exchange", [f - forces[:, order] for (_, f), order in zip(moved, orders, strict=True)]),
    )


def _orders(subject: Subject) -> list[NDArray[np.intp]]:
    """Orders of the atoms that exchange like ones: those that generate all, and a product of them at random."""
    orders = subject.exchanges()
    if len(orders) > 1:
        product = np.arange(len(subject.numbers))
        for choice in subject.generator.integers(len(orders), size=4 * len(orders)):
            product = product[orders[choice]]
        orders.append(product)
    return orders[: _MOVES - 1] + orders[-1:] if len(orders) > _MOVES else orders


def gradient_test(subject: Subject) -> tuple[PropertyTest, ...]:
    """Return how far forces are from five-point central differences of the energy along random directions."""
    _, forces = subject.here
    step_size = subject.tolerances.step
    deviations = []
    for _ in range(_DIRECTIONS):
        along = subject.generator.normal(size=subject.frames.shape)
        along /= np.sqrt(np.sum(along**2, axis=(1, 2), keepdims=True))
        near, far = (
            subject.predict(subject.frames + step * along)[0] - subject.predict(subject.frames - step * along)[0]
            for step in (step_size, 2 * step_size)
        )
        slope = (8.0 * near - far) / (12.0 * step_size)
        deviations.append(slope + np.sum(forces * along, axis=(1, 2)))
    rounding = 10 * np.finfo(np.float64).eps * subject.energy_scale / step_size
    tolerance = subject.tolerances.difference * subject.force_scale + rounding
    return (tested("forces = -gradient", "eV/Å", deviations, tolerance),)


def net_force_test(subject: Subject) -> tuple[PropertyTest, ...]:
    """Return the sum of the forces, zero where translation is a symmetry."""
    if "translation" not in subject.symmetry:
        return (PropertyTest("net force", reason="translation is not declared"),)
    total = np.sum(subject.here[1], axis=1)
    return (tested("net force", "eV/Å", [total], subject.tolerances.force * subject.force_scale),)


def net_torque_test(subject: Subject) -> tuple[PropertyTest, ...]:
    """Return the sum of the torques, zero where rotation is a symmetry."""
    if "rotation" not in subject.symmetry:
        return (PropertyTest("net torque", reason="rotation is not declared"),)
    arms = subject.frames - subject.frames.mean(axis=1, keepdims=True)
    total = np.sum(np.cross(arms, subject.here[1]), axis=1)
    return (tested("net torque", "eV", [total], subject.tolerances.force * subject.force_scale * scale_of(arms)),)


SYMMETRY_TESTS = (rotation_test, inversion_test, translation_test, exchange_test)
"""The declared symmetries."""


def energy_test(subject: Subject, name: str, deviations: list[Floats]) -> PropertyTest:
    """Return the test of energies that must be equal."""
    return tested(f"{name}: energy", "eV", deviations, subject.tolerances.energy * subject.energy_scale)


def force_test(subject: Subject, name: str, deviations: list[Floats]) -> PropertyTest:
    """Return the test of forces that must be equal."""
    return tested(f"{name}: forces", "eV/Å", deviations, subject.tolerances.force * subject.force_scale)


def tested(name: str, unit: str, deviations: list[Floats], tolerance: float) -> PropertyTest:
    """Return the test of a property whose deviations were found, arrays of any shape, in its unit."""
    worst = float(np.max([np.max(np.abs(deviation)) for deviation in deviations]))
    return PropertyTest(name, unit, worst, float(tolerance))


def scale_of(values: Floats) -> float:
    """Return the largest finite number, at least 1."""
    finite = np.abs(values[np.isfinite(values)])
    return float(max(1.0, finite.max(initial=0.0)))


def random_rotation(generator: np.random.Generator) -> Floats:
    """Return the matrix of a random rotation, (3, 3)."""
    matrix, triangle = np.linalg.qr(generator.normal(size=(3, 3)))
    matrix = matrix * np.sign(np.diag(triangle))
    turned: Floats = matrix * np.linalg.det(matrix)  # the sign of a 3 x 3 matrix is the sign of its determinant
    return turned
