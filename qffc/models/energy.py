"""The one energy function of a model; forces are minus its gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.declarations import AtomicReadout, has_features
from qffc.ir.diagnostics import InternalError, error
from qffc.ir.evaluate import length
from qffc.ir.short_repr import counted, short_repr
from qffc.models.circuits.instances import Instances
from qffc.models.edges import Edges
from qffc.models.head import atomic_energies
from qffc.models.rounds import numbers_after, vectors_after
from qffc.models.rows.row_arrays import add_rows, take_rows
from qffc.models.rows.row_evaluator import Carried, RowEvaluator
from qffc.models.rows.shared_values import SharingPlan, plan_sharing
from qffc.models.rows.slot_tables import slot_tables
from qffc.models.rows.value_rows import ValueRows, rows_of
from qffc.models.validity.limits import SEEN, Pairs, Validity, has_limits, limited, seen, validity_of
from qffc.passes.lower_jax.program import JaxProgram
from qffc.passes.lower_jax.shapes import need_frames
from qffc.passes.lower_jax.slot_tables import Rows, Shape, SlotTables, Tables

Arrays = Mapping[str, jax.Array]

FEATURE_SHIFT = "constant.feature_shift"
FEATURE_SCALE = "constant.feature_scale"
ATOM_ENERGY = "constant.atom_energy"
ENERGY_SCALE = "constant.energy_scale"
CONSTANT_PREFIX = "constant."
"""Arrays whose names start with this are fixed by the data before training, not trained."""


_Finish = Callable[[Arrays, jax.Array, jax.Array, "Carried | None"], jax.Array]
"""Of arrays, moments, positions and what is carried into the last round."""


class _Round(NamedTuple):
    """What goes into the circuits of a round: tables of slots, and the vectors (batch, atoms, vectors, 3) that turn."""

    tables: SlotTables
    values: Tables
    rows: Rows
    vectors: jax.Array | None


@dataclass(frozen=True)
class MoleculeEnergy:
    """Energies of many geometries of one molecule.

    The chain is ``slots -> moments -> finish``; a device takes the place of the kernel in the middle.

    Args:
        lowered: the program as JAX functions.
        instances: the circuits of the molecule.
        rows: where shared values are computed; made from the instances when left out, which then must hold numbers,
            not traced arrays.
    """

    lowered: JaxProgram
    instances: Instances
    rows: ValueRows | None = None

    def __repr__(self) -> str:
        atoms = counted(len(self.instances.atom_species), "atom")
        return short_repr(self, f"of '{self.lowered.program.name}'", atoms, counted(self.circuits, "circuit"))

    @property
    def circuits(self) -> int:
        """Circuits per geometry: instances times channels."""
        return len(self.instances) * self.lowered.program.channels

    def slots(self, arrays: Arrays, positions: jax.Array) -> jax.Array:
        """Return the slots of all circuits of a program of one round.

        Args:
            arrays: parameters by name.
            positions: (batch, atoms, 3), Angstrom.

        Returns:
            (batch, instances, channels, slots), radians.
        """
        self._need_one_round()
        round_ = self._round(arrays, positions, None, 0)
        return round_.tables.slots((round_.values, round_.rows), self._shape(positions))

    def moments(self, slots: jax.Array) -> jax.Array:
        """Return the exact moments of slots (..., slots), as (..., observables)."""
        flat = self.lowered.moments(slots.reshape(-1, slots.shape[-1]))
        return flat.reshape(*slots.shape[:-1], flat.shape[-1])

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
        names = self.lowered.program.observables
        need_frames("moments", moments, (len(self.instances), self.lowered.program.channels, len(names)))
        need_frames("positions", positions, (len(self.instances.atom_species), 3))
        reference = jnp.sum(arrays[ATOM_ENERGY][self.instances.atom_species])
        limits = self.validity(arrays, positions)
        if limits is None:
            return reference + arrays[ENERGY_SCALE] * self._raw(arrays, moments, positions, carried)
        by_atom = isinstance(self.lowered.program.readout, AtomicReadout)
        own = (self._atomic if by_atom else self._raw)(arrays, moments, positions, carried)
        species, whole = self.instances.atom_species, partial(jnp.sum, axis=1)
        return reference + limited(limits, arrays, species, arrays[ENERGY_SCALE] * own, whole, by_atom=by_atom)

    def energies(self, arrays: Arrays, positions: jax.Array) -> jax.Array:
        """Return the energies of geometries (batch, atoms, 3) in Angstrom: (batch,), eV."""
        return self._simulated(self.finish, arrays, positions)

    def raw_energies(self, arrays: Arrays, positions: jax.Array) -> jax.Array:
        """Return the energies as the readout gives them, without reference and scale: (batch,)."""
        return self._simulated(self._raw, arrays, positions)

    def raw_energies_along(
        self, arrays: Arrays, positions: jax.Array, direction: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Return :meth:`raw_energies` and their derivatives along a direction of the positions, both (batch,)."""
        return self._along(self._raw, arrays, positions, direction)

    def features_after(self, arrays: Arrays, positions: jax.Array, number: int) -> jax.Array:
        """Return the features of atoms after a round, counted from 0: see :meth:`features`."""
        return self._simulated(
            lambda a, moments, r, _: self.features(a, moments, r, number), arrays, positions, number + 1
        )

    def _simulated(self, finish: _Finish, arrays: Arrays, positions: jax.Array, rounds: int | None = None) -> jax.Array:
        """What a function makes of the exact moments of the last round; no slots are written where tables are read."""
        carried, last = None, self.lowered.program.round_count if rounds is None else rounds
        for number in range(last):
            now = self._round(arrays, positions, carried, number)
            moments = self.lowered.kernel.on_tables(now.tables, self._shape(positions)).moments((now.values, now.rows))
            if number + 1 == last:
                return finish(arrays, moments, positions, carried)
            carried = self._carry(arrays, moments, positions, now.vectors, carried, number)
        raise InternalError("no round of circuits")

    def _along(
        self, finish: _Finish, arrays: Arrays, positions: jax.Array, direction: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """What a function makes of arrays, moments and positions, and its derivative along a direction.

        Kernels have a derivative along a direction of their own, so each round is differentiated part by part.
        """
        carried: Carried | None = None
        carried_along: Carried | None = None
        last = self.lowered.program.round_count - 1
        for number in range(last + 1):
            now = self._round(arrays, positions, carried, number)

            def values(
                r: jax.Array, c: Carried | None, number: int = number
            ) -> tuple[tuple[jax.Array, ...], jax.Array | None]:
                found = self._round(arrays, r, c, number)
                return found.values, found.vectors

            _, (along, turned) = jax.jvp(values, (positions, carried), (direction, carried_along))
            functions = self.lowered.kernel.on_tables(now.tables, self._shape(positions))
            moments, moments_along = functions.moments_along((now.values, now.rows), (along, None))
            if number == last:
                return jax.jvp(
                    lambda m, r, c: finish(arrays, m, r, c),
                    (moments, positions, carried),
                    (moments_along, direction, carried_along),
                )
            carried, carried_along = jax.jvp(
                lambda m, r, v, c, number=number: self._carry(arrays, m, r, v, c, number),
                (moments, positions, now.vectors, carried),
                (moments_along, direction, turned, carried_along),
            )
        raise InternalError("no round of circuits")

    def _shape(self, positions: jax.Array) -> Shape:
        return positions.shape[0], len(self.instances), self.lowered.program.channels

    def _round(self, arrays: Arrays, positions: jax.Array, carried: Carried | None, number: int) -> _Round:
        """What goes into the circuits of a round."""
        need_frames("positions", positions, (len(self.instances.atom_species), 3))
        evaluate = RowEvaluator(self._plan, self._rows, arrays, positions, carried=carried, round=number)
        tables, (values, rows) = slot_tables(evaluate, self._plan)
        if number + 1 == self.lowered.program.round_count or not self._plan.vectors:
            return _Round(tables, values, rows, None)
        vectors = evaluate.side_by_side(self._plan.vectors)
        return _Round(tables, values, rows, self._of_atoms(jnp.swapaxes(vectors, 2, 3)))

    def _of_atoms(self, vectors: jax.Array) -> jax.Array:
        """Vectors (batch, circuits, vectors, channels, 3) of circuits as those of their centres.

        Circuits that see the mirror image have the same vectors with the other sign: they are left out.
        """
        batch, circuits, count, channels, _ = vectors.shape
        rows = jnp.broadcast_to(vectors, (batch, circuits, count, self.lowered.program.channels, 3))
        rows = rows.reshape(batch, circuits, -1, 3)
        if self.instances.share != 1.0:
            rows = rows * jnp.asarray(self.instances.mirror > 0, rows.dtype)[None, :, None, None]
        if self.instances.present is not None:
            rows = rows * jnp.asarray(self.instances.present, rows.dtype)[None, :, None, None]
        return self._by_owner(rows, len(self.instances.atom_species))

    def _carry(
        self,
        arrays: Arrays,
        moments: jax.Array,
        positions: jax.Array,
        vectors: jax.Array | None,
        carried: Carried | None,
        number: int,
    ) -> Carried:
        """What atoms carry from a round into the next one."""
        readout, species = self.lowered.program.readout, self.instances.atom_species
        if not isinstance(readout, AtomicReadout) or readout.rounds is None:
            raise InternalError("what is carried without rounds")
        edges = self._edges(arrays, positions)
        features = self._normalized(arrays, moments, positions, number)
        numbers = numbers_after(readout, arrays, number, features, species, edges, carried)
        if vectors is None:
            return Carried(numbers, jnp.zeros((*numbers.shape[:2], readout.rounds.vectors, 3), numbers.dtype))
        return Carried(numbers, vectors_after(readout, arrays, number + 1, vectors, numbers, species, edges))

    def _need_one_round(self) -> None:
        if self.lowered.program.round_count > 1:
            raise error(
                "several rounds of circuits",
                found=f"{self.lowered.program.round_count} rounds in '{self.lowered.program.name}'",
                expected="a program of one round: the slots of a round depend on the moments of those before",
                help="simulate it, or train a program without 'rounds' to run on a device",
            )

    def contributions(self, arrays: Arrays, positions: jax.Array) -> jax.Array:
        """Return what the raw energies are sums of.

        Args:
            arrays: parameters and constants by name.
            positions: (batch, atoms, 3), Angstrom.

        Returns:
            (batch, atoms) with an atomic readout, else (batch, instances).
        """
        return self._simulated(self._parts, arrays, positions)

    def contributions_along(
        self, arrays: Arrays, positions: jax.Array, direction: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Return :meth:`contributions` and their derivatives along a direction of the positions."""
        return self._along(self._parts, arrays, positions, direction)

    def _parts(self, arrays: Arrays, moments: jax.Array, positions: jax.Array, carried: Carried | None) -> jax.Array:
        if isinstance(self.lowered.program.readout, AtomicReadout):
            return self._atomic(arrays, moments, positions, carried)
        return self.instances.share * jnp.sum(self._readout(arrays, moments, positions), axis=2)

    def features(self, arrays: Arrays, moments: jax.Array, positions: jax.Array, number: int = 0) -> jax.Array:
        """Return the features of atoms before normalization, (batch, atoms, groups x channels x observables).

        Args:
            arrays: parameters and constants by name.
            moments: (batch, instances, channels, observables).
            positions: (batch, atoms, 3), Angstrom.
            number: the round of the moments, from 0.
        """
        readout = self.lowered.program.readout
        if not isinstance(readout, AtomicReadout):
            raise InternalError("features of a program without an atomic readout")
        weight = self._readout(arrays, moments, positions, number)
        if self.instances.share != 1.0:
            weight = weight * self.instances.share
        weighted = weight[..., None]
        if has_features(readout):
            names = [name for name, _ in self.lowered.program.observables]
            places = [names.index(name) for name in readout.features]
            # Nearly always all of them in order, which takes no gathering.
            weighted = weighted * (moments if places == [*range(len(names))] else moments[..., np.array(places)])
        rows = weighted.reshape(*weighted.shape[:2], -1)
        groups, atoms = len(self.lowered.program.feature_groups), len(self.instances.atom_species)
        sums = self._by_owner(rows, atoms * groups)
        return sums.reshape(rows.shape[0], atoms, groups * rows.shape[2])

    def _by_owner(self, rows: jax.Array, count: int) -> jax.Array:
        """Rows (batch, circuits, ...) added up where they belong."""
        centre = [site.role for site in self.lowered.program.sites].index("centre")
        if len(rows[0]) == count and _counts_up(self.instances.atoms[:, centre]):
            return rows  # one circuit for each atom
        return add_rows(rows, self._owners(), count)

    def _owners(self) -> jax.Array:
        """For each circuit the place among atoms x groups where its features are summed."""
        program = self.lowered.program
        sites = {
            role: [k for k, site in enumerate(program.sites) if site.role == role] for role in ("centre", "neighbour")
        }
        group_of = np.zeros((len(program.species),) * len(sites["neighbour"]), dtype=np.int32)
        if program.feature_groups != ((),):
            for choice in np.ndindex(*group_of.shape):
                group = tuple(sorted(choice))
                # A circuit that does not count may hold what no site takes; it adds 0 wherever that is.
                group_of[choice] = program.feature_groups.index(group) if group in program.feature_groups else 0
        species = tuple(self.instances.species[:, site] for site in sites["neighbour"])
        centres = jnp.asarray(self.instances.atoms[:, sites["centre"][0]])
        return centres * len(program.feature_groups) + jnp.asarray(group_of)[species]

    def _raw(
        self, arrays: Arrays, moments: jax.Array, positions: jax.Array, carried: Carried | None = None
    ) -> jax.Array:
        if not isinstance(self.lowered.program.readout, AtomicReadout):
            return self.instances.share * jnp.sum(self._readout(arrays, moments, positions), axis=(1, 2))
        return jnp.sum(self._atomic(arrays, moments, positions, carried), axis=1)

    def _normalized(self, arrays: Arrays, moments: jax.Array, positions: jax.Array, number: int) -> jax.Array:
        """The features of the atoms after a round, (batch, atoms, features), shifted and scaled."""
        species, width = self.instances.atom_species, self.lowered.program.feature_count
        # The numbers of all rounds stand side by side.
        own = slice(number * width, (number + 1) * width)
        shift, scale = arrays[FEATURE_SHIFT][species, own], arrays[FEATURE_SCALE][species, own]
        return (self.features(arrays, moments, positions, number) - shift[None]) / scale[None]

    def _atomic(self, arrays: Arrays, moments: jax.Array, positions: jax.Array, carried: Carried | None) -> jax.Array:
        """The raw energies of the atoms, (batch, atoms)."""
        readout = self.lowered.program.readout
        if not isinstance(readout, AtomicReadout):
            raise InternalError("energies of atoms of a program without an atomic readout")
        features = self._normalized(arrays, moments, positions, self.lowered.program.round_count - 1)
        species, edges = self.instances.atom_species, self._edges(arrays, positions)
        return atomic_energies(readout, arrays, features, species, edges, carried)

    def validity(self, arrays: Arrays, positions: jax.Array) -> Validity | None:
        """Return how far the energies of atoms can be trusted; None where the model does not know."""
        if not has_limits(arrays):
            return None
        return validity_of(self.lowered.program, arrays, self.instances.atom_species, self._pairs(positions))

    def grades(self, arrays: Arrays, positions: jax.Array) -> jax.Array:
        """Return the extrapolation grades of the atoms, (batch, atoms); 0 where the model does not know."""
        limits = self.validity(arrays, positions)
        return jnp.zeros(positions.shape[:2], positions.dtype) if limits is None else limits.grade

    def _pairs(self, positions: jax.Array) -> Pairs:
        centres, others = self.instances.edges[:, 0], self.instances.edges[:, 1]
        vectors = take_rows(positions, others) - take_rows(positions, centres)
        return Pairs(centres, others, self.instances.edges_present, vectors, length(vectors, jnp))

    def _edges(self, arrays: Arrays, positions: jax.Array) -> Edges | None:
        """The pairs of atoms that exchange messages."""
        readout = self.lowered.program.readout
        if not isinstance(readout, AtomicReadout) or (readout.messages is None and readout.rounds is None):
            return None
        pairs = self._pairs(positions)
        weights = None if pairs.present is None else jnp.asarray(pairs.present, positions.dtype)[None]
        if has_limits(arrays):
            species = self.instances.atom_species
            known = seen(arrays[SEEN], species[pairs.centres], species[pairs.others], pairs.distances)
            weights = known if weights is None else known * weights
        far = jnp.where(pairs.distances > 0, pairs.distances, 1.0)
        return Edges(pairs.centres, pairs.others, pairs.distances, pairs.vectors / far[..., None], weights)

    def _known(self, arrays: Arrays, positions: jax.Array) -> jax.Array | None:
        """The weight of circuits (batch, instances) by whether their neighbours are at distances that were seen."""
        program = self.lowered.program
        if not has_limits(arrays) or program.scope != "pair":
            return None
        atoms, species = self.instances.atoms, self.instances.species
        centre, *others = sorted(range(3), key=lambda site: program.sites[site].role != "centre")
        middle = take_rows(positions, atoms[:, centre])
        known = []
        for site in others:
            distances = length(take_rows(positions, atoms[:, site]) - middle, jnp)
            known.append(seen(arrays[SEEN], species[:, centre], species[:, site], distances))
        both: jax.Array = known[0] * known[1]
        return both

    def _readout(self, arrays: Arrays, moments: jax.Array, positions: jax.Array, number: int = 0) -> jax.Array:
        """The weight of an atomic readout, or the energy of each circuit: (batch, circuits, channels).

        It is 0 for a circuit that does not count.
        """
        evaluate = RowEvaluator(self._plan, self._rows, arrays, positions, moments, round=number)
        values = jnp.broadcast_to(evaluate(self._plan.readout), moments.shape[:-1])
        known = self._known(arrays, positions)
        values = values if known is None else values * known[..., None]
        if self.instances.present is None:
            return values
        return values * jnp.asarray(self.instances.present, values.dtype)[None, :, None]

    @cached_property
    def _plan(self) -> SharingPlan:
        return plan_sharing(self.lowered.split)

    @cached_property
    def _rows(self) -> ValueRows:
        return rows_of(self._plan, self.instances) if self.rows is None else self.rows


def _counts_up(numbers: jax.Array | NDArray[np.int32]) -> bool:
    """Whether numbers that are known when JAX traces are 0, 1, 2 and so on."""
    return isinstance(numbers, np.ndarray) and np.array_equal(numbers, np.arange(len(numbers)))


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
