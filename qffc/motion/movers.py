"""What moves replicas many steps at a time: the native loop where a model has one, else NumPy and the model's calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import QffcError, error
from qffc.models.circuits.instances import species_of
from qffc.models.circuits.neighbours import reach
from qffc.models.ensemble import Ensemble
from qffc.models.force_field import ForceField
from qffc.models.moving_atoms import MovingAtoms
from qffc.models.validity.limits import has_limits
from qffc.motion.replicas import Replicas
from qffc.motion.settings import DynamicsSettings, Limits
from qffc.motion.steps import after_forces, before_forces, coefficients
from qffc.passes.lower_jax.native_dynamics import Course, NativeDynamics, Place

Floats = NDArray[np.float64]

_GROUP_ATOMS = 40
"""Of replicas that one thread computes as one molecule: more would save nothing."""


class Block(NamedTuple):
    """What steps have seen, (replicas, steps); what comes behind ``done`` of a replica says nothing.

    Args:
        temperatures: kelvin.
        grades: largest extrapolation grade of an atom.
        deviations: largest deviation of the force on an atom, eV/Angstrom.
        done: (replicas,) steps that each has gone: fewer than asked for where a limit was passed.
    """

    temperatures: Floats
    grades: Floats
    deviations: Floats
    done: NDArray[np.int64]


class Mover(Protocol):
    """Moves replicas by the forces of a model."""

    def start(self, moving: Replicas) -> None:
        """Compute energies and forces where the replicas are, in place."""

    def move(self, moving: Replicas, steps: int, noise: Floats | None, limits: Limits) -> Block:
        """Go steps, in place, up to the first one where a replica passes a limit."""

    @property
    def memory(self) -> Mapping[str, NDArray[np.generic]]:
        """What later steps depend on beside the replicas: where lists of neighbours were made."""

    def remember(self, memory: Mapping[str, NDArray[np.generic]]) -> None:
        """Take this up, before :meth:`start`."""


def mover_of(
    model: ForceField | Ensemble,
    numbers: NDArray[np.integer],
    moving: Replicas,
    settings: DynamicsSettings,
    *,
    deviations: bool = False,
) -> Mover:
    """Return what moves these replicas fastest.

    Args:
        model: a model or an ensemble.
        numbers: (atoms,) atomic numbers.
        moving: the replicas.
        settings: precision, skin, thermostat.
        deviations: whether those of one model are wanted, which the native loop does not know; of an ensemble they are
            there anyway.
    """
    if isinstance(model, ForceField) and not deviations:
        species = species_of(model.program, numbers)
        group = group_of(settings.replicas, len(numbers))
        kind = np.dtype(f"float{settings.precision}")
        if model.whole is not None:
            native = model.whole.dynamics(
                model.arrays, species, moving.masses, group=group, skin=settings.skin, kind=kind
            )
            return NativeMover(native, model.reference_energy(species), moving, settings)
    return PlainMover(model, numbers, moving, settings, deviations=deviations)


def group_of(replicas: int, atoms: int) -> int:
    """Return how many replicas are computed as one molecule; at least two groups, for there are two cores or more.

    It depends on nothing else, for sums over a group have its own rounding errors.

    Example:
        >>> group_of(1, 9), group_of(2, 9), group_of(8, 9), group_of(8, 100)
        (1, 1, 4, 1)
    """
    return max(1, min((replicas + 1) // 2, _GROUP_ATOMS // atoms))


class NativeMover:
    """Moves by the native loop.

    Args:
        native: the loop.
        reference: energy of the free atoms, eV, which the loop leaves out.
        moving: the replicas.
        settings: of the steps.
    """

    def __init__(self, native: NativeDynamics, reference: float, moving: Replicas, settings: DynamicsSettings) -> None:
        self._native, self._reference = native, reference
        self._own = coefficients(settings, moving.freedoms)
        self._listed = np.full_like(moving.positions, np.nan)
        self._lists = np.zeros(len(moving.positions), np.int64)

    @property
    def memory(self) -> Mapping[str, NDArray[np.generic]]:
        """Where lists of neighbours were made, Angstrom."""
        return {"listed": self._listed.copy()}

    def remember(self, memory: Mapping[str, NDArray[np.generic]]) -> None:
        """Make lists where they were made."""
        if "listed" in memory:  # not where steps with deviations were gone before
            self._listed[...] = memory["listed"]

    def start(self, moving: Replicas) -> None:
        """Compute energies and forces, in place."""
        course, code = self._native.steps(self._place(moving), 0)
        self._take(moving, course, code)

    def move(self, moving: Replicas, steps: int, noise: Floats | None, limits: Limits) -> Block:
        """Go steps, in place."""
        own = self._own
        course, code = self._native.steps(
            self._place(moving),
            steps,
            thermostat=own.thermostat,
            step=own.step,
            kept=own.kept,
            spread=own.spread,
            thermal=own.thermal,
            freedoms=own.freedoms,
            noise=noise,
            most=np.inf if limits.grade is None else limits.grade,
        )
        self._take(moving, course, code)
        warm = moving.temperatures / moving.kinetic
        return Block(course.kinetic * warm[:, None], course.grades, np.zeros_like(course.grades), course.done)

    def _place(self, moving: Replicas) -> Place:
        return Place(moving.positions, moving.velocities, moving.forces, self._listed, moving.heat, self._lists)

    def _take(self, moving: Replicas, course: Course, code: int) -> None:
        if code == 2:
            raise flown_apart()
        if code:
            raise MemoryError("native dynamics")
        last = np.maximum(course.done - 1, 0)[:, None]
        moving.energies[:] = self._reference + np.take_along_axis(course.energies, last, 1)[:, 0]
        moving.grades[:] = np.take_along_axis(course.grades, last, 1)[:, 0]


class PlainMover:
    """Moves by the calls of any model, or of the models of an ensemble.

    Args:
        model: a model or an ensemble.
        numbers: (atoms,) atomic numbers.
        moving: the replicas.
        settings: of the steps.
        deviations: whether those of one model are wanted, which must know them.
    """

    def __init__(
        self,
        model: ForceField | Ensemble,
        numbers: NDArray[np.integer],
        moving: Replicas,
        settings: DynamicsSettings,
        *,
        deviations: bool = False,
    ) -> None:
        members = model.members if isinstance(model, Ensemble) else (model,)
        self._own = coefficients(settings, moving.freedoms)
        self._unsure = deviations and len(members) == 1
        self._voices = [
            [_voice(member, numbers, settings.skin, settings.precision) for member in members] for _ in moving.positions
        ]

    @property
    def memory(self) -> Mapping[str, NDArray[np.generic]]:
        """Where lists of neighbours were made, Angstrom, and how long their arrays are."""
        found: dict[str, NDArray[np.generic]] = {}
        for replica, voices in enumerate(self._voices):
            for member, voice in enumerate(voices):
                if voice.atoms is not None and voice.atoms.listed is not None:
                    found[f"listed {replica} {member}"] = voice.atoms.listed
                    found[f"sizes {replica} {member}"] = np.array(voice.atoms.sizes, np.int64)
        return found

    def remember(self, memory: Mapping[str, NDArray[np.generic]]) -> None:
        """Make lists where they were made."""
        for replica, voices in enumerate(self._voices):
            for member, voice in enumerate(voices):
                key = f"{replica} {member}"
                if voice.atoms is not None and f"listed {key}" in memory:
                    sizes = tuple(int(each) for each in memory[f"sizes {key}"])
                    voice.atoms.list_at(memory[f"listed {key}"].astype(np.float64), sizes)

    def start(self, moving: Replicas) -> None:
        """Compute energies and forces, in place."""
        for replica, voices in enumerate(self._voices):
            said = [voice.say(moving.positions[replica]) for voice in voices]
            energies, forces = np.array([each[0] for each in said]), np.array([each[1] for each in said])
            moving.energies[replica] = energies.mean()
            moving.forces[replica] = mean = forces.mean(axis=0)
            moving.grades[replica] = max(each[2] for each in said)
            if len(said) > 1:
                squared = np.sum((forces - mean) ** 2, axis=(0, 2)) / (len(said) - 1)
                moving.deviations[replica] = np.sqrt(squared.max())
            elif self._unsure:
                moving.deviations[replica] = voices[0].deviation(moving.positions[replica])

    def move(self, moving: Replicas, steps: int, noise: Floats | None, limits: Limits) -> Block:
        """Go steps, in place."""
        found = np.zeros((3, len(moving.positions), steps))
        done = 0
        for step in range(steps):
            before_forces(moving, self._own, None if noise is None else noise[:, step])
            try:
                self.start(moving)
            except QffcError:
                if np.all(np.isfinite(moving.positions)):
                    raise
                raise flown_apart() from None
            after_forces(moving, self._own)
            found[:, :, step] = moving.temperatures, moving.grades, moving.deviations
            done = step + 1
            if passed(limits, moving.grades, moving.deviations).any():
                break
        return Block(found[0], found[1], found[2], np.full(len(moving.positions), done))


def passed(limits: Limits, grades: Floats, deviations: Floats) -> NDArray[np.bool_]:
    """Return which replicas have passed a limit."""
    by_grade = np.zeros(grades.shape, bool) if limits.grade is None else grades > limits.grade
    return by_grade if limits.deviation is None else by_grade | (deviations > limits.deviation)


def flown_apart() -> QffcError:
    """Return the refusal of a molecule that has no finite energy any more, to be raised."""
    return error(
        "molecule that flew apart",
        found="positions, energies or forces that are not finite",
        expected="a step short enough for the fastest atoms",
        help="take a shorter --step (0.5 fs suits molecules with hydrogen), a lower temperature, or a relaxed geometry",
    )


@dataclass(frozen=True, eq=False)
class _Voice:
    """One model and one replica; the atoms are None where every atom counts, whatever its distance."""

    model: ForceField
    numbers: NDArray[np.integer]
    atoms: MovingAtoms | None

    def say(self, positions: Floats) -> tuple[float, Floats, float]:
        """Energy, forces and the largest grade."""
        if self.atoms is not None:
            return *self.atoms.predict(positions), self.atoms.grade
        energies, forces = self.model.predict(self.numbers, positions[None])
        known = has_limits(self.model.arrays)
        grade = self.model.extrapolation_grade(self.numbers, positions[None]).max() if known else 0.0
        return float(energies[0]), forces[0], float(grade)

    def deviation(self, positions: Floats) -> float:
        """The largest deviation of a force, eV/Angstrom, where this was asked last."""
        if self.atoms is not None:
            return float(self.atoms.deviations()[1].max())
        return float(self.model.deviations(self.numbers, positions[None])[1].max())


def _voice(model: ForceField, numbers: NDArray[np.integer], skin: float, precision: int) -> _Voice:
    near = reach(model.program) is not None
    return _Voice(model, numbers, MovingAtoms(model, numbers, skin, precision) if near else None)
