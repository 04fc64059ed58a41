"""The one energy function of a model; forces are minus its gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp

from qffc.ir.declarations import AtomicReadout
from qffc.ir.diagnostics import InternalError
from qffc.models.beside import Beside
from qffc.models.head import atomic_energies, last_hidden
from qffc.models.messages import Ways, ends_of, ways_of
from qffc.models.molecule_circuits import (
    ATOM_ENERGY,
    ENERGY_SCALE,
    Arrays,
    MoleculeCircuits,
)
from qffc.models.rounds import Carried, carried_into, numbers_after
from qffc.models.rows.row_evaluator import RowEvaluator
from qffc.models.rows.slot_tables import slot_tables
from qffc.models.validity.limits import limited
from qffc.passes.lower_jax.shapes import need_frames
from qffc.passes.lower_jax.slot_tables import Rows, SlotTables, Tables

Found = TypeVar("Found")
_Finish = Callable[[Arrays, jax.Array, jax.Array, "Carried | None"], Found]
"""Of arrays, moments, positions and what is carried into the last round."""


class _Round(NamedTuple):
    """What goes into the circuits of a round: tables of slots, and the vectors (batch, atoms, vectors, 3) that turn."""

    tables: SlotTables
    values: Tables
    rows: Rows
    vectors: jax.Array | None


@dataclass(frozen=True, repr=False)
class MoleculeEnergy(MoleculeCircuits):
    """Energies of many geometries of one molecule.

    The chain is ``slots -> moments -> carry`` for each round but the last, and ``slots -> moments -> finish`` for that;
    a device takes the place of the kernel in the middle.

    The arguments are those of :class:`qffc.models.molecule_circuits.MoleculeCircuits`.
    """

    def slots(self, arrays: Arrays, positions: jax.Array, carried: Carried | None = None, number: int = 0) -> jax.Array:
        """Return the slots of all circuits of a round.

        Args:
            arrays: parameters by name.
            positions: (batch, atoms, 3), Angstrom.
            carried: into the round, by :meth:`carry`; None into the first one.
            number: of the round, from 0.

        Returns:
            (batch, instances, channels, slots), radians.
        """
        now = self._round(arrays, positions, carried, number)
        return now.tables.slots((now.values, now.rows), self.shape(positions))

    def moments(self, slots: jax.Array) -> jax.Array:
        """Return the exact moments of slots (..., slots), as (..., observables)."""
        flat = self.lowered.moments(slots.reshape(-1, slots.shape[-1]))
        return flat.reshape(*slots.shape[:-1], flat.shape[-1])

    def carry(
        self, arrays: Arrays, moments: jax.Array, positions: jax.Array, carried: Carried | None, number: int
    ) -> Carried:
        """Return what atoms carry from a round, which is not the last one, into the next.

        Args:
            arrays: parameters and constants by name.
            moments: (batch, instances, channels, observables), of the round.
            positions: (batch, atoms, 3), Angstrom.
            carried: into the round; None into the first one.
            number: of the round, from 0.
        """
        vectors = self._round(arrays, positions, carried, number).vectors
        return self._carry(arrays, moments, positions, vectors, carried, self._ways(arrays, positions), number)

    def finish(
        self, arrays: Arrays, moments: jax.Array, positions: jax.Array, carried: Carried | None = None
    ) -> jax.Array:
        """Return the energies from the moments.

        Args:
            arrays: parameters and constants by name.
            moments: (batch, instances, channels, observables), of the last round.
            positions: (batch, atoms, 3), Angstrom.
            carried: into the last round, where there are several.

        Returns:
            (batch,), eV.
        """
        return self._finish(arrays, moments, positions, carried)[0]

    def _finish(
        self, arrays: Arrays, moments: jax.Array, positions: jax.Array, carried: Carried | None = None
    ) -> tuple[jax.Array, jax.Array]:
        names = self.lowered.program.observables
        need_frames("moments", moments, (len(self.instances), self.lowered.program.channels, len(names)))
        need_frames("positions", positions, (self.instances.places, 3))
        reference = jnp.sum(arrays[ATOM_ENERGY][self.instances.atom_species])
        limits = self.validity(arrays, positions)
        if limits is None:
            energies = reference + arrays[ENERGY_SCALE] * self._raw(arrays, moments, positions, carried)
            return energies, self.no_grades(positions)
        by_atom = isinstance(self.lowered.program.readout, AtomicReadout)
        own = (self._atomic if by_atom else self._raw)(arrays, moments, positions, carried)
        species, whole = self.instances.atom_species, partial(jnp.sum, axis=1)
        energies = limited(limits, arrays, species, arrays[ENERGY_SCALE] * own, whole, by_atom=by_atom)
        return reference + energies, limits.grade

    def energies(self, arrays: Arrays, positions: jax.Array) -> jax.Array:
        """Return the energies of geometries (batch, atoms, 3) in Angstrom: (batch,), eV."""
        return self._simulated(self.finish, arrays, positions)

    def energies_and_grades(self, arrays: Arrays, positions: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return the energies, and the extrapolation grades that they are made with, as :meth:`grades` has them."""
        return self._simulated(self._finish, arrays, positions)

    def parts_and_grades(self, arrays: Arrays, positions: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Return what the energies are sums of, without references, eV, and the grades (batch, atoms).

        These are the energies of atoms (batch, atoms) with an atomic readout, else those of molecules (batch, 1).
        """
        if isinstance(self.lowered.program.readout, AtomicReadout):
            return self._simulated(self._of_atoms, arrays, positions)
        energies, grades = self.energies_and_grades({**arrays, ATOM_ENERGY: 0.0 * arrays[ATOM_ENERGY]}, positions)
        return energies[:, None], grades

    def _of_atoms(
        self, arrays: Arrays, moments: jax.Array, positions: jax.Array, carried: Carried | None
    ) -> tuple[jax.Array, jax.Array]:
        own = arrays[ENERGY_SCALE] * self._atomic(arrays, moments, positions, carried)
        limits, species = self.validity(arrays, positions), self.instances.atom_species
        if limits is None:
            return own, self.no_grades(positions)
        return limited(limits, arrays, species, own, lambda each: each, by_atom=True), limits.grade

    def raw_energies(self, arrays: Arrays, positions: jax.Array, beside: Beside | None = None) -> jax.Array:
        """Return the energies as the readout gives them, without reference and scale: (batch,)."""
        return self._simulated(self._raw, arrays, positions, beside=beside)

    def last_hidden(self, arrays: Arrays, positions: jax.Array) -> jax.Array:
        """Return what the last layer of the network of the atoms takes, (atoms, batch, width)."""
        return self._simulated(partial(self._atomic, head=last_hidden), arrays, positions)

    def raw_energies_along(
        self, arrays: Arrays, positions: jax.Array, direction: jax.Array, beside: Beside | None = None
    ) -> tuple[jax.Array, jax.Array]:
        """Return :meth:`raw_energies` and their derivatives along a direction of the positions, both (batch,).

        Nudges of ``beside`` are directions of the moments.
        """
        return self._along(self._raw, arrays, positions, direction, beside)

    def features_after(self, arrays: Arrays, positions: jax.Array, number: int) -> jax.Array:
        """Return the features of atoms after a round, counted from 0: see :meth:`features`."""
        return self._simulated(
            lambda a, moments, r, _: self.features(a, moments, r, number), arrays, positions, number + 1
        )

    def _simulated(
        self,
        finish: _Finish[Found],
        arrays: Arrays,
        positions: jax.Array,
        rounds: int | None = None,
        beside: Beside | None = None,
    ) -> Found:
        """What a function makes of the exact moments of the last round; no slots are written where tables are read."""
        carried, last = None, self.lowered.program.round_count if rounds is None else rounds
        ways, lasting = self._ways(arrays, positions), self._lasting(arrays, positions)
        for number in range(last):
            now = self._round(arrays, positions, carried, number, lasting)
            moments = self.lowered.kernel.on_tables(now.tables, self.shape(positions)).moments((now.values, now.rows))
            if beside is not None:
                moments = beside.nudged(moments, now.tables, self.shape(positions), (now.values, now.rows))
            if number + 1 == last:
                return finish(arrays, moments, positions, carried)
            carried = self._carry(arrays, moments, positions, now.vectors, carried, ways, number)
        raise InternalError("no round of circuits")

    def _along(
        self,
        finish: _Finish[jax.Array],
        arrays: Arrays,
        positions: jax.Array,
        direction: jax.Array,
        beside: Beside | None = None,
    ) -> tuple[jax.Array, jax.Array]:
        """What a function makes of arrays, moments and positions, and its derivative along a direction.

        Kernels have a derivative along a direction of their own, so each round is differentiated part by part.
        """
        carried: Carried | None = None
        carried_along: Carried | None = None
        last = self.lowered.program.round_count - 1
        ways, ways_along = jax.jvp(lambda r: self._ways(arrays, r), (positions,), (direction,))
        lasting, lasting_along = jax.jvp(lambda r: self._lasting(arrays, r), (positions,), (direction,))
        for number in range(last + 1):
            now = self._round(arrays, positions, carried, number, lasting)

            def values(
                r: jax.Array, c: Carried | None, kept: Arrays, number: int = number
            ) -> tuple[tuple[jax.Array, ...], jax.Array | None]:
                found = self._round(arrays, r, c, number, kept)
                return found.values, found.vectors

            _, (along, turned) = jax.jvp(
                values, (positions, carried, lasting), (direction, carried_along, lasting_along)
            )
            functions = self.lowered.kernel.on_tables(now.tables, self.shape(positions))
            moments, moments_along = functions.moments_along((now.values, now.rows), (along, None))
            if beside is not None:
                shape, inputs = self.shape(positions), (now.values, now.rows)
                moments_along = beside.nudged(moments_along, now.tables, shape, inputs)
            if number == last:
                return jax.jvp(
                    lambda m, r, c: finish(arrays, m, r, c),
                    (moments, positions, carried),
                    (moments_along, direction, carried_along),
                )
            carried, carried_along = jax.jvp(
                lambda m, r, v, c, w, number=number: self._carry(arrays, m, r, v, c, w, number),
                (moments, positions, now.vectors, carried, ways),
                (moments_along, direction, turned, carried_along, ways_along),
            )
        raise InternalError("no round of circuits")

    def _lasting(self, arrays: Arrays, positions: jax.Array) -> Arrays:
        """What the slots of all rounds are made of; nothing where there is one round, which makes it by itself."""
        if self.lowered.program.round_count == 1:
            return {}
        evaluate = self._evaluator(arrays, positions, None, 0, None)
        slot_tables(evaluate, self.plan)
        return evaluate.found_lasting

    def _evaluator(
        self, arrays: Arrays, positions: jax.Array, carried: Carried | None, number: int, lasting: Arrays | None
    ) -> RowEvaluator:
        return RowEvaluator(
            self.plan,
            self.value_rows,
            arrays,
            positions,
            carried=carried,
            known=self.known_neighbours(arrays),
            round=number,
            native=self.native,
            lasting=lasting,
            owners=self.instances.owners,
        )

    def _round(
        self, arrays: Arrays, positions: jax.Array, carried: Carried | None, number: int, lasting: Arrays | None = None
    ) -> _Round:
        """What goes into the circuits of a round."""
        need_frames("positions", positions, (self.instances.places, 3))
        evaluate = self._evaluator(arrays, positions, carried, number, lasting)
        tables, (values, rows) = slot_tables(evaluate, self.plan)
        if number + 1 == self.lowered.program.round_count or not self.plan.vectors:
            return _Round(tables, values, rows, None)
        vectors = evaluate.side_by_side(self.plan.vectors)
        vectors = jnp.broadcast_to(vectors, (positions.shape[0], len(self.instances), *vectors.shape[2:]))
        return _Round(tables, values, rows, self.of_atoms(jnp.swapaxes(vectors, 2, 3)))

    def _carry(
        self,
        arrays: Arrays,
        moments: jax.Array,
        positions: jax.Array,
        vectors: jax.Array | None,
        carried: Carried | None,
        ways: Ways | None,
        number: int,
    ) -> Carried:
        """What atoms carry from a round into the next one."""
        readout, species = self.lowered.program.readout, self.instances.atom_species
        if not isinstance(readout, AtomicReadout) or readout.rounds is None or ways is None:
            raise InternalError("what is carried without rounds")
        features = self.normalized_features(arrays, moments, positions, number)
        numbers = numbers_after(readout, arrays, number, features, species, carried, native=self.native)
        edges = self.edges(arrays, positions)
        if edges is None:
            raise InternalError("messages without edges between atoms")
        ends = ends_of(species, edges, len(self.lowered.program.species))
        return carried_into(readout, arrays, number + 1, vectors, numbers, species, ways, ends, native=self.native)

    def _ways(self, arrays: Arrays, positions: jax.Array) -> Ways | None:
        """What messages between rounds go by; None without rounds."""
        readout, edges = self.lowered.program.readout, self.edges(arrays, positions)
        if not isinstance(readout, AtomicReadout) or readout.rounds is None or edges is None:
            return None
        return ways_of(edges, readout.rounds.basis)

    def contributions(self, arrays: Arrays, positions: jax.Array, beside: Beside | None = None) -> jax.Array:
        """Return what the raw energies are sums of.

        Args:
            arrays: parameters and constants by name.
            positions: (batch, atoms, 3), Angstrom.
            beside: what goes along with the circuits.

        Returns:
            (batch, atoms) with an atomic readout, else (batch, instances).
        """
        return self._simulated(self._parts, arrays, positions, beside=beside)

    def contributions_along(
        self, arrays: Arrays, positions: jax.Array, direction: jax.Array, beside: Beside | None = None
    ) -> tuple[jax.Array, jax.Array]:
        """Return :meth:`contributions` and their derivatives along a direction of positions, and of moments."""
        return self._along(self._parts, arrays, positions, direction, beside)

    def _parts(self, arrays: Arrays, moments: jax.Array, positions: jax.Array, carried: Carried | None) -> jax.Array:
        if isinstance(self.lowered.program.readout, AtomicReadout):
            return self._atomic(arrays, moments, positions, carried)
        return self.instances.share * jnp.sum(self.readout_values(arrays, moments, positions), axis=2)

    def _raw(
        self, arrays: Arrays, moments: jax.Array, positions: jax.Array, carried: Carried | None = None
    ) -> jax.Array:
        if not isinstance(self.lowered.program.readout, AtomicReadout):
            return self.instances.share * jnp.sum(self.readout_values(arrays, moments, positions), axis=(1, 2))
        return jnp.sum(self._atomic(arrays, moments, positions, carried), axis=1)

    def _atomic(
        self,
        arrays: Arrays,
        moments: jax.Array,
        positions: jax.Array,
        carried: Carried | None,
        head: Callable[..., jax.Array] = atomic_energies,
    ) -> jax.Array:
        """The raw energies of the atoms, (batch, atoms), or what else is made of the same as they are."""
        readout = self.lowered.program.readout
        if not isinstance(readout, AtomicReadout):
            raise InternalError("energies of atoms of a program without an atomic readout")
        features = self.normalized_features(arrays, moments, positions, self.lowered.program.round_count - 1)
        species = self.instances.atom_species
        edges = None if readout.messages is None else self.edges(arrays, positions)
        return head(readout, arrays, features, species, edges, carried, native=self.native)


def energies_and_forces(
    energies: Callable[[jax.Array], jax.Array], positions: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return energies (batch,) and forces (batch, atoms, 3), minus the gradient of the energies.

    Args:
        energies: (batch, atoms, 3) in Angstrom to (batch,).
        positions: (batch, atoms, 3), Angstrom.
    """

    def total(r: jax.Array) -> tuple[jax.Array, jax.Array]:
        values = energies(r)
        return jnp.sum(values), values

    gradient, values = jax.grad(total, has_aux=True)(positions)
    return values, -gradient
