"""The energy of atoms in a cell as a pure function for JAX of positions, species and cell, in the manner of JAX MD.

The list of neighbours is made anew at every call, by the host (``jax.pure_callback``), and goes into arrays whose sizes
are fixed when the function is made. What is differentiated is the energy at that list, which is exact: a neighbour that
comes or goes does so at the cutoff, where value, slope and curvature vanish.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from numpy.typing import ArrayLike as Numbers
from numpy.typing import NDArray

from qffc.data.cells import checked_cells
from qffc.data.images import images_within, whole_cell
from qffc.ir.diagnostics import QffcError, error
from qffc.ir.program import Program
from qffc.models.circuits.instances import Instances, circuits_of_neighbours, fill_instances, fill_places, species_of
from qffc.models.circuits.neighbours import reach_in_cells
from qffc.models.energy import MoleculeEnergy
from qffc.models.given.atoms_given import Elements, elements_of, positions_of
from qffc.models.molecule_circuits import ATOM_ENERGY
from qffc.models.rows.shared_values import SharingPlan, plan_sharing
from qffc.models.rows.value_rows import ValueRows, pad_rows, rows_of
from qffc.passes.lower_jax.program import JaxProgram

Floats = NDArray[np.float64]


class _Listed(NamedTuple):
    """Circuits of neighbours, how many cells further each place is, and 1 where they had room, else 0."""

    instances: Instances
    rows: ValueRows
    shifts: Floats
    fits: Floats


class Capacity(NamedTuple):
    """What the arrays of a function have room for.

    Args:
        atoms: how many there are.
        images: atoms in other cells that are neighbours.
        neighbours: pairs of an atom and a neighbour, each pair both ways.
        circuits: for each channel.
        rows: of the values that circuits share, for each kind of them.
    """

    atoms: int
    images: int
    neighbours: int
    circuits: int
    rows: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class CellEnergy:
    """A function of positions, species and cell; see :meth:`qffc.models.force_field.ForceField.cell_energy_fn`.

    Args:
        lowered: the program of a model.
        arrays: of the model, by name.
        numbers: (atoms,) atomic numbers, where a call gives no species.
        cell: (3, 3), where it gives no cell.
        pbc: (3,) along which vectors atoms repeat.
        capacity: what there is room for.
    """

    lowered: JaxProgram
    arrays: Mapping[str, Floats]
    numbers: NDArray[np.int64]
    cell: Floats
    pbc: NDArray[np.bool_]
    capacity: Capacity

    def __call__(
        self,
        positions: jax.Array,
        species: ArrayLike | None = None,
        cell: ArrayLike | None = None,
        *,
        parameters: Mapping[str, ArrayLike] | None = None,
    ) -> jax.Array:
        """Return the energy (), eV, in the precision of the positions; NaN where there is no room for the neighbours.

        Args:
            positions: (atoms, 3), Angstrom; in the cell or outside.
            species: (atoms,) atomic numbers.
            cell: (3, 3), vectors in rows, Angstrom.
            parameters: arrays by name that take the place of those of the model.

        Raises:
            QffcError: for positions of another shape.
        """
        positions = jnp.asarray(positions)
        if positions.shape != (self.capacity.atoms, 3) or not jnp.issubdtype(positions.dtype, jnp.floating):
            raise error(
                "positions of another molecule",
                found=f"{positions.shape}, {positions.dtype}",
                expected=f"({self.capacity.atoms}, 3), floating point: Angstrom",
                help="make another function for another number of atoms; jax.vmap takes many geometries",
            )
        kind = positions.dtype
        numbers = jnp.asarray(self.numbers if species is None else species, jnp.int32)
        vectors = jnp.asarray(self.cell if cell is None else cell, kind)
        given = jax.lax.stop_gradient((positions, numbers, vectors))
        shapes = jax.tree.map(
            lambda leaf: jax.ShapeDtypeStruct(leaf.shape, _kind(leaf, kind)),  # type: ignore[no-untyped-call]  # of JAX
            self._empty,
        )
        found = jax.pure_callback(self._list, shapes, *given, vmap_method="sequential")
        owners = found.instances.owners
        # Factors, so that derivatives are no numbers either.
        counted = jnp.where(found.fits > 0, jnp.ones((), kind), jnp.asarray(jnp.nan, kind))
        positions, vectors = counted * positions, counted * vectors
        places = positions[owners] + jnp.matmul(found.shifts, vectors, precision="highest")
        held = {**self.arrays, **(parameters or {})}
        molecule = MoleculeEnergy(self.lowered, found.instances, found.rows)
        energies = molecule.energies({name: jnp.asarray(value, kind) for name, value in held.items()}, places[None])
        return counted * energies[0]

    def fits(self, positions: ArrayLike, species: ArrayLike | None = None, cell: ArrayLike | None = None) -> bool:
        """Return whether there is room for the neighbours; of numbers, not under ``jit``."""
        numbers, vectors = self.numbers if species is None else species, self.cell if cell is None else cell
        needed = self._needed(np.asarray(positions), numbers, vectors, self.pbc)
        return _has_room(self.capacity, needed[1])

    @cached_property
    def _radius(self) -> float:
        return reach_in_cells(self.lowered.program)

    def _needed(
        self, positions: Floats, numbers: Any, cell: Any, pbc: NDArray[np.bool_]
    ) -> tuple[Instances, Capacity, Floats]:
        return _needed(self.lowered.program, self._plan, self._radius, positions, numbers, cell, pbc)

    @cached_property
    def _plan(self) -> SharingPlan:
        return plan_sharing(self.lowered.split)

    @cached_property
    def _empty(self) -> _Listed:
        """A list without neighbours, for the shapes, and where there is no room."""
        positions = 1e3 * np.arange(self.capacity.atoms, dtype=float)[:, None] * np.ones(3)
        far = self._needed(positions, self.numbers, np.eye(3), np.zeros(3, dtype=bool))
        return self._filled(far[0], far[2], 0.0)

    def _list(self, positions: jax.Array, numbers: jax.Array, cell: jax.Array) -> _Listed:
        kind = np.asarray(positions).dtype
        found = self._empty
        try:
            here = np.asarray(positions), np.asarray(numbers), np.asarray(cell)
            instances, needed, shifts = self._needed(*here, self.pbc)
            if _has_room(self.capacity, needed):
                found = self._filled(instances, shifts, 1.0)
        except QffcError:
            pass  # positions that are no numbers, a cell that is none, an element that is unknown: no energy
        listed: _Listed = jax.tree.map(lambda leaf: np.asarray(leaf, _kind(leaf, kind)), found)
        return listed

    def _filled(self, instances: Instances, shifts: Floats, fits: float) -> _Listed:
        room = self.capacity
        count = room.atoms + room.images
        rows = pad_rows(self._plan, rows_of(self._plan, instances), room.rows, room.circuits)
        filled = fill_instances(fill_places(instances, count), room.circuits, room.neighbours)
        placed = np.zeros((count, 3))
        placed[: len(shifts)] = shifts
        return _Listed(filled, rows, placed, np.array(fits))


def cell_energy(
    lowered: JaxProgram,
    arrays: Mapping[str, Floats],
    positions: Numbers,
    species: Elements,
    cell: Numbers | None,
    pbc: Numbers,
    room: float,
    reference: bool,
) -> CellEnergy:
    """Return the function, see :meth:`qffc.models.force_field.ForceField.cell_energy_fn`."""
    radius = reach_in_cells(lowered.program)
    if not room >= 1:
        raise error("room for less than there is", found=f"{room}", expected="1 or more", help="1.25 is usual")
    numbers, here = elements_of(species), positions_of(np.asarray(positions))
    boxes = checked_cells(cell, None if cell is None else pbc, 1)
    vectors, repeats = (np.eye(3), np.zeros(3, dtype=bool)) if boxes is None else (boxes[0][0], boxes[1][0])
    plan = plan_sharing(lowered.split)
    _, needed, _ = _needed(lowered.program, plan, radius, here, numbers, vectors, repeats)
    grown = [int(np.ceil(room * size)) + 1 for size in (needed.images, needed.neighbours, needed.circuits)]
    rows = tuple(size if size <= 1 else int(np.ceil(room * size)) + 1 for size in needed.rows)
    by_atom = lowered.program.gathered is not None
    capacity = Capacity(len(numbers), grown[0], grown[1], needed.circuits if by_atom else grown[2], rows)
    own = dict(arrays) if reference else {**arrays, ATOM_ENERGY: np.zeros_like(arrays[ATOM_ENERGY])}
    return CellEnergy(lowered, own, numbers, vectors, repeats, capacity)


def _needed(
    program: Program,
    plan: SharingPlan,
    radius: float,
    positions: Floats,
    numbers: ArrayLike,
    cell: ArrayLike,
    pbc: NDArray[np.bool_],
) -> tuple[Instances, Capacity, Floats]:
    """The circuits of neighbours, how large they are, and the shifts of places."""
    here = np.asarray(positions, dtype=np.float64)
    if not np.all(np.isfinite(here)):
        raise error(
            "position that is not finite", found="NaN or infinity", expected="numbers", help="look at the steps"
        )
    species = species_of(program, np.asarray(numbers))
    images = images_within(here, whole_cell(np.asarray(cell, np.float64), pbc), pbc, radius)
    instances = circuits_of_neighbours(program, species, images.centres, images.others, images.owners)
    rows = tuple(len(each) for each in rows_of(plan, instances).atoms)
    size = Capacity(len(here), len(images.owners) - len(here), len(instances.edges), len(instances), rows)
    return instances, size, images.shifts


def _has_room(capacity: Capacity, needed: Capacity) -> bool:
    own, wanted = (np.array([*each[:4], *each.rows]) for each in (capacity, needed))
    return bool(np.all(wanted <= own))


def _kind(leaf: Any, kind: Any) -> Any:
    """The type of an array of a list: indices stay, numbers are as the positions are."""
    found = np.asarray(leaf).dtype
    return kind if np.issubdtype(found, np.floating) else found
