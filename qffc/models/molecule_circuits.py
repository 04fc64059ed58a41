"""The circuits of a molecule: what goes into them, and the features of atoms that come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.declarations import AtomicReadout, has_features
from qffc.ir.diagnostics import InternalError
from qffc.ir.evaluate import length
from qffc.ir.short_repr import counted, short_repr
from qffc.models.circuits.instances import Instances
from qffc.models.edges import Edges
from qffc.models.rows.row_arrays import add_rows, take_rows
from qffc.models.rows.row_evaluator import RowEvaluator
from qffc.models.rows.shared_values import SharingPlan, plan_sharing
from qffc.models.rows.species_rows import times_weights
from qffc.models.rows.value_rows import ValueRows, rows_of
from qffc.models.validity.limits import SEEN, Pairs, Validity, has_limits, seen, validity_of
from qffc.passes.lower_jax.native_layers import Index
from qffc.passes.lower_jax.program import JaxProgram
from qffc.passes.lower_jax.slot_tables import Shape

Arrays = Mapping[str, jax.Array]

FEATURE_SHIFT = "constant.feature_shift"
FEATURE_SCALE = "constant.feature_scale"
ATOM_ENERGY = "constant.atom_energy"
ENERGY_SCALE = "constant.energy_scale"
CONSTANT_PREFIX = "constant."
"""Arrays whose names start with this are fixed by the data before training, not trained."""


@dataclass(frozen=True, repr=False)
class MoleculeCircuits:
    """The circuits of a molecule, at many geometries.

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
        """Circuits per geometry: instances times channels, in every round."""
        return len(self.instances) * self.lowered.program.channels * self.lowered.program.round_count

    def shape(self, positions: jax.Array) -> Shape:
        return positions.shape[0], len(self.instances), self.lowered.program.channels

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
        weight = self.readout_values(arrays, moments, positions, number)
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

    def normalized_features(self, arrays: Arrays, moments: jax.Array, positions: jax.Array, number: int) -> jax.Array:
        """The features of the atoms after a round, (batch, atoms, features), shifted and scaled."""
        species, width = self.instances.atom_species, self.lowered.program.feature_count
        # The numbers of all rounds stand side by side.
        own = slice(number * width, (number + 1) * width)
        shift, scale = arrays[FEATURE_SHIFT][species, own], arrays[FEATURE_SCALE][species, own]
        return (self.features(arrays, moments, positions, number) - shift[None]) / scale[None]

    def of_atoms(self, vectors: jax.Array) -> jax.Array:
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

    def validity(self, arrays: Arrays, positions: jax.Array) -> Validity | None:
        """Return how far the energies of atoms can be trusted; None where the model does not know."""
        if not has_limits(arrays):
            return None
        product = partial(times_weights, native=True) if self.native else None
        return validity_of(self.lowered.program, arrays, self.instances.atom_species, self._pairs(positions), product)

    def grades(self, arrays: Arrays, positions: jax.Array) -> jax.Array:
        """Return the extrapolation grades of the atoms, (batch, atoms); 0 where the model does not know."""
        limits = self.validity(arrays, positions)
        return self.no_grades(positions) if limits is None else limits.grade

    def no_grades(self, positions: jax.Array) -> jax.Array:
        """Return zeros for the atoms, (batch, atoms)."""
        return jnp.zeros((len(positions), len(self.instances.atom_species)), positions.dtype)

    def _pairs(self, positions: jax.Array) -> Pairs:
        centres, others = self.instances.edges[:, 0], self.instances.edges[:, 1]
        vectors = take_rows(positions, others) - take_rows(positions, centres)
        atoms = self.instances.atoms_at(others)
        return Pairs(centres, atoms, self.instances.edges_present, vectors, length(vectors, jnp))

    def edges(self, arrays: Arrays, positions: jax.Array) -> Edges | None:
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

    def known_neighbours(self, arrays: Arrays) -> Callable[[Index, Index, jax.Array], jax.Array] | None:
        """Return what neighbours count in sums by whether they are at distances that were seen; None where all do."""
        if not has_limits(arrays) or self.lowered.program.gathered is None:
            return None
        return lambda centre, other, distances: seen(arrays[SEEN], centre, other, distances)

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

    def readout_values(self, arrays: Arrays, moments: jax.Array, positions: jax.Array, number: int = 0) -> jax.Array:
        """The weight of an atomic readout, or the energy of each circuit: (batch, circuits, channels).

        It is 0 for a circuit that does not count.
        """
        known_neighbours = self.known_neighbours(arrays)
        evaluate = RowEvaluator(
            self.plan,
            self.value_rows,
            arrays,
            positions,
            moments,
            known=known_neighbours,
            round=number,
            native=self.native,
            owners=self.instances.owners,
        )
        values = jnp.broadcast_to(evaluate(self.plan.readout), moments.shape[:-1])
        known = self._known(arrays, positions)
        values = values if known is None else values * known[..., None]
        if self.instances.present is None:
            return values
        return values * jnp.asarray(self.instances.present, values.dtype)[None, :, None]

    @property
    def native(self) -> bool:
        """Whether layers are native functions."""
        return self.lowered.kernel.native_layers

    @cached_property
    def plan(self) -> SharingPlan:
        return plan_sharing(self.lowered.split)

    @cached_property
    def value_rows(self) -> ValueRows:
        return rows_of(self.plan, self.instances) if self.rows is None else self.rows


def _counts_up(numbers: jax.Array | NDArray[np.int32]) -> bool:
    """Whether numbers that are known when JAX traces are 0, 1, 2 and so on."""
    return isinstance(numbers, np.ndarray) and np.array_equal(numbers, np.arange(len(numbers)))
