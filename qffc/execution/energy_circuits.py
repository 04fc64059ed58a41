"""The circuits of all rounds that the energies of geometries need, and what these make of their moments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.short_repr import counted, short_repr
from qffc.models.beyond_data import warn_beyond_data
from qffc.models.energy import MoleculeEnergy
from qffc.models.force_field import ForceField
from qffc.models.given.atoms_given import frames_of
from qffc.models.rounds import Carried
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_jax.double_precision import in_double_precision

Floats = NDArray[np.float64]
_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Functions:
    """What is compiled once for all geometries of a molecule.

    Args:
        molecule: the energy function.
        arrays: parameters and constants of the model.
    """

    molecule: MoleculeEnergy
    arrays: dict[str, jax.Array]

    @cached_property
    def slots(self) -> Callable[[jax.Array, Carried | None, int], jax.Array]:
        """Of frames, what is carried and the number of the round."""
        return jax.jit(partial(self.molecule.slots, self.arrays), static_argnums=2)

    @cached_property
    def carry(self) -> Callable[[jax.Array, jax.Array, Carried | None, int], Carried]:
        """Of moments, frames, what is carried and the number of the round."""
        return jax.jit(partial(self.molecule.carry, self.arrays), static_argnums=3)

    @cached_property
    def moments(self) -> Callable[[jax.Array], jax.Array]:
        """Of slots (circuits, slots)."""
        return jax.jit(self.molecule.lowered.moments)

    @cached_property
    def energies(self) -> Callable[[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]:
        """Of moments (frames, rounds, instances, channels, observables) and frames: energies and their slopes."""
        molecule, arrays, rounds = self.molecule, self.arrays, self.molecule.lowered.program.round_count

        def total(moments: jax.Array, frames: jax.Array) -> tuple[jax.Array, jax.Array]:
            seen = moments[:, 0]
            carried: Carried | None = None
            for number in range(1, rounds):
                carried = molecule.carry(arrays, seen, frames, carried, number - 1)
                exact = molecule.moments(molecule.slots(arrays, frames, carried, number))
                seen = moments[:, number] + (exact - jax.lax.stop_gradient(exact))
            energies = molecule.finish(arrays, seen, frames, carried)
            return jnp.sum(energies), energies  # frames do not mix, so the gradient of the sum is that of each

        def both(moments: jax.Array, frames: jax.Array) -> tuple[jax.Array, jax.Array]:
            slopes, energies = jax.grad(total, has_aux=True)(moments, frames)
            return energies, slopes

        return jax.jit(both)

    @cached_property
    def shifted(self) -> Callable[[jax.Array, jax.Array, jax.Array], jax.Array]:
        """Energies of moments as above, shifts of their shape, and frames; later circuits answer to what is shifted."""
        molecule, arrays = self.molecule, self.arrays

        def energies(moments: jax.Array, shifts: jax.Array, frames: jax.Array) -> jax.Array:
            plain, seen = moments[:, 0], moments[:, 0] + shifts[:, 0]
            before: Carried | None = None
            after: Carried | None = None
            for number in range(1, molecule.lowered.program.round_count):
                before = molecule.carry(arrays, plain, frames, before, number - 1)
                after = molecule.carry(arrays, seen, frames, after, number - 1)
                old, new = (molecule.moments(molecule.slots(arrays, frames, each, number)) for each in (before, after))
                plain = moments[:, number]
                seen = plain + shifts[:, number] + (new - old)
            return molecule.finish(arrays, seen, frames, after)

        return jax.jit(energies)


@dataclass(frozen=True, eq=False)
class Job:
    """Geometries of one molecule, and the circuits that their energies need.

    The circuits of a geometry are those of the first round, then those of the next one, and so on. What is measured in
    a round turns the circuits of those after it, so their slots are known when it is over; before, they are known
    without shot noise.

    Args:
        molecule: the energy function.
        arrays: parameters and constants of the model.
        frames: (frames, atoms, 3), Angstrom.
        functions: that are compiled already; see :meth:`moved`.
    """

    molecule: MoleculeEnergy
    arrays: dict[str, jax.Array]
    frames: jax.Array
    functions: Functions | None = None

    def __repr__(self) -> str:
        return short_repr(self, counted(len(self.frames), "geometry", "geometries"), repr(self.molecule))

    @property
    def split(self) -> Split:
        """The program of each circuit."""
        return self.molecule.lowered.split

    @property
    def rounds(self) -> int:
        """How many rounds of circuits there are."""
        return self.molecule.lowered.program.round_count

    @property
    def circuits(self) -> int:
        """Circuits of each geometry, of all rounds, settings apart."""
        return self.molecule.circuits

    @property
    def counted(self) -> NDArray[np.bool_]:
        """(circuits,) False for the circuit that stands in where no atoms fit the sites."""
        present = self.molecule.instances.present
        one = np.full(len(self.molecule.instances), True) if present is None else np.asarray(present) > 0
        return np.tile(np.repeat(one, self.molecule.lowered.program.channels), self.rounds)

    def together(self, parts: Sequence[NDArray[_Scalar]]) -> NDArray[_Scalar]:
        """Return what each round has for its circuits, (frames x circuits of a round, ...), for all of them.

        There may be the same number of others beside each circuit: (frames x circuits x copies, ...).
        """
        frames, rest = len(self.frames), parts[0].shape[1:]
        each = [part.reshape(frames, len(part) // frames, *rest) for part in parts]
        return np.concatenate(each, axis=1).reshape(sum(len(part) for part in parts), *rest)

    def of_round(self, table: NDArray[_Scalar], number: int) -> NDArray[_Scalar]:
        """Return what a table (frames x circuits, ...) has for the circuits of a round, counted from 0."""
        frames, each, rest = len(self.frames), len(table) // (len(self.frames) * self.rounds), table.shape[1:]
        return table.reshape(frames, self.rounds, each, *rest)[:, number].reshape(frames * each, *rest)

    @in_double_precision
    def slots_after(self, seen: Sequence[Floats]) -> Floats:
        """Return the slots of the next round, (frames x circuits of a round, slots), radians.

        Args:
            seen: the moments of each round before, (frames x circuits of a round, observables).
        """
        carried: Carried | None = None
        for number, moments in enumerate(seen):
            shaped = jnp.asarray(moments.reshape(*self.molecule.shape(self.frames), -1))
            carried = self._functions.carry(shaped, self.frames, carried, number)
        slots = self._functions.slots(self.frames, carried, len(seen))
        # Two compilations may differ in the last bit of an angle, which may reorder the measurements of a circuit and
        # so draw other shots from the same seed; no device resolves a picoradian.
        return np.round(np.asarray(slots), 12).reshape(-1, slots.shape[-1])

    @property
    def flat_slots(self) -> Floats:
        """(frames x circuits, slots), radians, without shot noise."""
        return self._exact[0]

    @property
    def exact_moments(self) -> Floats:
        """(frames x circuits, observables), without shot noise."""
        return self._exact[1]

    @cached_property
    @in_double_precision
    def _exact(self) -> tuple[Floats, Floats]:
        slots: list[Floats] = []
        seen: list[Floats] = []
        for _ in range(self.rounds):
            slots.append(self.slots_after(seen))
            seen.append(np.asarray(self._functions.moments(jnp.asarray(slots[-1]))))
        return self.together(slots), self.together(seen)

    @in_double_precision
    def energies_and_slopes(self, moments: Floats) -> tuple[Floats, Floats]:
        """Return energies (frames,), eV, and their derivatives by the moments, shaped as the moments.

        The derivative by the moments of a round goes through the later rounds, too: what was seen there would have been
        another, by as much as without shot noise.

        Args:
            moments: (frames x circuits, observables).
        """
        frames, *shape = self.molecule.shape(self.frames)
        energies, slopes = self._functions.energies(
            jnp.asarray(moments.reshape(frames, self.rounds, *shape, -1)), self.frames
        )
        return np.asarray(energies), np.asarray(slopes).reshape(moments.shape)

    @in_double_precision
    def shifted_energies(self, moments: Floats, shifts: Floats) -> Floats:
        """Return energies (frames,), eV, of moments that are shifted.

        What a circuit of a later round would have given is what was seen there, the shift, and as much more as it has
        more without shot noise.

        Args:
            moments: (frames x circuits, observables).
            shifts: likewise.
        """
        frames, *shape = self.molecule.shape(self.frames)
        whole = (frames, self.rounds, *shape, -1)
        seen, by = jnp.asarray(moments.reshape(whole)), jnp.asarray(shifts.reshape(whole))
        return np.asarray(self._functions.shifted(seen, by, self.frames))

    def matters(self, slopes: Floats) -> NDArray[np.bool_]:
        """Return (frames x circuits,), whether the energy depends on the moments of a circuit at all.

        A circuit with an atom beyond the cutoff has weight zero. One zero slope can be an accident, so the slopes at
        other moments must vanish as well.
        """
        elsewhere = np.random.default_rng(0).uniform(-1, 1, size=slopes.shape)
        return np.asarray((slopes != 0).any(axis=1) | (self.energies_and_slopes(elsewhere)[1] != 0).any(axis=1))

    @in_double_precision
    def moved(self, frames: NDArray[np.floating]) -> Job:
        """Return the circuits of other geometries (frames, atoms, 3), by functions that are compiled already.

        They are compiled for a number of geometries.
        """
        return Job(self.molecule, self.arrays, jnp.asarray(np.asarray(frames, dtype=np.float64)), self._functions)

    @cached_property
    def _functions(self) -> Functions:
        return self.functions or Functions(self.molecule, self.arrays)


@in_double_precision
def prepare(model: ForceField, numbers: NDArray[np.integer], positions: NDArray[np.floating]) -> Job:
    """Return the circuits of geometries (frames, atoms, 3) in Angstrom.

    Raises:
        QffcError: when the molecule does not fit the model, the positions have another shape, or one is not finite.

    Warns:
        QffcWarning: when a geometry is beyond the training data: its energy is worth no shots.
    """
    numbers, given = frames_of(numbers, positions)
    warn_beyond_data(model, numbers, given)
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    return Job(model.molecule(numbers), arrays, jnp.asarray(given))
