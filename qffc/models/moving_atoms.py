"""Energies and forces of atoms that move: circuits for neighbours only, at a cost linear in the number of atoms.

The list of near neighbours has a skin, as a Verlet list (neighbour list) has. In a cell with periodic boundaries images
of atoms are neighbours, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import jax
import numpy as np
from numpy.typing import ArrayLike, NDArray

from qffc.data.images import OPEN, Images, images_within, whole_cell
from qffc.ir.declarations import AtomicReadout
from qffc.ir.diagnostics import error
from qffc.ir.given_values import real_of
from qffc.ir.plain_numbers import bits_of
from qffc.models.circuits.instances import circuits_of_neighbours, fill_instances, fill_places, species_of
from qffc.models.circuits.neighbours import neighbours_within, reach, reach_in_cells
from qffc.models.force_field import ForceField
from qffc.models.frames.array_sizes import sizes_of_lists
from qffc.models.given.atoms_given import Elements, elements_of, positions_of
from qffc.models.given.finite import check_positions
from qffc.models.given.forked import refuse_forked
from qffc.models.molecule_circuits import ATOM_ENERGY
from qffc.models.rows.shared_values import SharingPlan, plan_sharing
from qffc.models.rows.value_rows import pad_rows, rows_of
from qffc.models.uncertainty.apart import deviations_of, listed_apart
from qffc.passes.lower_jax.double_precision import double_precision, in_double_precision

_LISTED = ("_rows", "_instances")
"""What JAX holds of the list of neighbours."""


@dataclass(frozen=True)
class NeighbourCounts:
    """What the last list of neighbours holds.

    Args:
        neighbours: pairs of an atom and a neighbour, each pair both ways.
        circuits: that are simulated for each channel, those that only fill up arrays included.
        filled: the share of them that only fill up arrays.
        builds: lists made so far.
        sizes: different sizes of arrays so far; JAX compiles for each.
    """

    neighbours: int
    circuits: int
    filled: float
    builds: int
    sizes: int


class MovingAtoms:
    """Predicts energies and forces of one set of atoms, step by step.

    Circuits are listed for neighbours within the cutoff and a skin; the list is made anew when an atom has moved by
    more than half the skin. What is left out would add exactly nothing. Programs without a cutoff in their weight have
    no such list: see :func:`qffc.models.circuits.neighbours.reach`.

    Args:
        model: the force field; its program must have a reach.
        numbers: (atoms,) atomic numbers.
        skin: Angstrom.
        precision: bits of the numbers inside, 64 or 32: half the time, and forces to about 1e-5 eV/Angstrom.
        periodic: along which vectors of a cell the atoms repeat; the cell goes along with the positions. It may be
            smaller than the cutoff, and needs an energy that is a sum over atoms.

    Raises:
        QffcError: when the program has no reach, the atoms do not fit it, or the precision is another one.

    Example:
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> water = np.array([[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
        >>> atoms = MovingAtoms(untrained(load("pair"), seed=1), np.array([8, 1, 1]))
        >>> energy, forces = atoms.predict(water)
        >>> atoms.counts.neighbours, forces.shape
        (6, (3, 3))
    """

    def __init__(
        self,
        model: ForceField,
        numbers: Elements,
        skin: float = 0.5,
        precision: int | str = 64,
        periodic: ArrayLike = OPEN,
    ) -> None:
        distance = reach(model.program)
        if distance is None:
            raise error(
                "program without a cutoff",
                found=f"'{model.program.name}', where every atom counts",
                expected="scope pair, and a weight of the readout that is a product of cutoffs of both distances; or "
                "sums over neighbours, each of products with a cutoff of the distance",
                help="use ForceField.predict, which lists all circuits",
            )
        self._skin, bits = skin_and_precision(skin, precision)
        self.numbers = elements_of(numbers)
        self.numbers.setflags(write=False)
        self._kind = np.dtype(f"float{bits}")
        self._model = model
        self._reach, self._radius = distance, distance + self._skin
        self.periodic = tuple(map(bool, np.broadcast_to(np.asarray(periodic), 3)))
        self._by_atom = isinstance(model.program.readout, AtomicReadout)
        if any(self.periodic):
            reach_in_cells(model.program)
        self._species = species_of(model.program, self.numbers)
        self._references = model.arrays[ATOM_ENERGY][self._species]
        self._listed: NDArray[np.float64] | None = None
        self._images: Images | None = None
        self._step: Callable[[NDArray[np.floating]], NDArray[np.floating]] | None = None
        self._here: NDArray[np.float64] | None = None
        self.grades = np.zeros(len(self.numbers))
        """The extrapolation grades of the atoms (atoms,) at the last step; 0 where the model does not know."""
        self.energies: NDArray[np.float64] | None = None
        """The energies of the atoms (atoms,) at the last step, eV; None where that of the whole is no sum of such."""
        self.virial: NDArray[np.float64] | None = None
        """The derivative of the energy by strain (3, 3) at the last step, eV; None without periodic boundaries."""
        self._largest: tuple[int, ...] = ()
        self._shapes: set[tuple[int, ...]] = set()
        self._builds = 0

    @property
    def grade(self) -> float:
        """The largest extrapolation grade of an atom at the last step; 0 where the model does not know."""
        return float(self.grades.max())

    @property
    def skin(self) -> float:
        """How much further neighbours are listed than they count, Angstrom."""
        return self._skin

    @property
    def listed(self) -> NDArray[np.float64] | None:
        """Positions (atoms, 3) where the list of neighbours was made, Angstrom; None before the first."""
        return self._listed

    @property
    def sizes(self) -> tuple[int, ...]:
        """How long the arrays of the list are, which grow only: sums over longer ones may differ in the last digit."""
        return self._largest

    @in_double_precision
    def list_at(self, positions: NDArray[np.float64], sizes: tuple[int, ...]) -> None:
        """Make the list as it was made before, for the same numbers to the last digit.

        Args:
            positions: what ``listed`` was, (atoms, 3), Angstrom.
            sizes: what ``sizes`` was.
        """
        self._largest = sizes
        here = positions_of(positions)
        self._list(here, *neighbours_within(here, self._radius))

    def __getstate__(self) -> dict[str, object]:
        """The list goes along as arrays of NumPy, since a fresh JAX reads its own in 32 bits."""
        state = {name: value for name, value in self.__dict__.items() if name != "_plan"} | {"_step": None}
        return state | {name: jax.device_get(state[name]) for name in _LISTED if name in state}

    def __setstate__(self, state: dict[str, object]) -> None:
        with double_precision():
            listed = {name: jax.device_put(state[name]) for name in _LISTED if name in state}
        self.__dict__.update(state | listed)
        self.numbers.setflags(write=False)

    @in_double_precision
    def predict(
        self, positions: NDArray[np.floating], cell: ArrayLike | None = None
    ) -> tuple[float, NDArray[np.float64]]:
        """Return the energy (eV) and the forces (atoms, 3) in eV/Angstrom.

        Args:
            positions: (atoms, 3), Angstrom; in a cell or outside.
            cell: (3, 3), its vectors in rows, Angstrom; needed where boundaries are periodic.

        Raises:
            QffcError: when the positions have another shape, one is not finite, or the cell is none.
        """
        here = positions_of(positions)
        if here.shape != (len(self.numbers), 3):
            raise error(
                "positions of another shape",
                found=f"{here.shape}",
                expected=f"({len(self.numbers)}, 3), Angstrom",
                help="give one row for each of the atomic numbers",
            )
        check_positions(here)
        refuse_forked()
        places = self._in_cell(here, cell) if any(self.periodic) else self._placed(here)
        # About their middle, so that few digits go into where the atoms are together.
        self._here = (places - np.add.reduce(here) / len(here))[None]
        placed = self._here.astype(self._kind)
        if self._step is None:
            self._step = self._model.listed(self._instances, self._rows, placed)
        found = self._step(placed).astype(np.float64)
        atoms, behind = len(here), len(found) - 3 * len(places)
        self.grades, energies, forces = found[:atoms], found[atoms:behind], found[behind:].reshape(-1, 3)
        energy = float(self._references.sum() + energies.sum())
        self.energies = self._references + energies if self._by_atom else None
        if self._images is None:
            return energy, forces
        pull = -(forces.T @ placed[0])
        self.virial = 0.5 * (pull + pull.T)
        return energy, self._images.folded(forces[: len(self._images.owners)])

    @in_double_precision
    def deviations(self) -> tuple[float, NDArray[np.float64]]:
        """Return how uncertain the last step is, in 64 bits; see :meth:`qffc.models.force_field.ForceField.deviations`.

        Returns:
            Standard deviations of the energy, eV, and of the forces on atoms (atoms,), eV/Angstrom.

        Raises:
            QffcError: when the model does not know it, or there was no step.
        """
        if self._here is None:
            raise error(
                "deviations before a step",
                found="no positions so far",
                expected="positions",
                help="call predict with positions first",
            )
        model, listed = self._model, (self._instances, self._rows, self._here)
        energies, forces = listed_apart(model.lowered, model.arrays, *listed, model._run)
        if self._images is not None:
            count = len(self._images.owners)
            forces = np.stack([self._images.folded(head[:count]) for head in forces[0]])[None]
        found, of_atoms = deviations_of(model.arrays, energies, forces)
        return float(found[0]), of_atoms[0]

    def _placed(self, here: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where the atoms are, with a list of neighbours that holds there."""
        if self._listed is None or not _moved(here, self._listed) <= (0.5 * self._skin) ** 2:
            self._list(here, *neighbours_within(here, self._radius))
        return here

    def _in_cell(self, here: NDArray[np.float64], given: ArrayLike | None) -> NDArray[np.float64]:
        """The same with images (places, 3), as many more as fill up arrays."""
        cell = whole_cell(given, self.periodic)
        images = self._images
        if images is None or not images.hold(here, cell, self._radius, self._reach):
            images = self._images = images_within(here, cell, self.periodic, self._radius)
            self._list(here, images.centres, images.others, images.owners)
        return images.filled(here, cell, self._places)

    @cached_property
    def _plan(self) -> SharingPlan:
        return plan_sharing(self._model.lowered.split)

    def _list(
        self,
        positions: NDArray[np.float64],
        centres: NDArray[np.intp],
        others: NDArray[np.intp],
        owners: NDArray[np.intp] | None = None,
    ) -> None:
        instances = circuits_of_neighbours(self._model.program, self._species, centres, others, owners)
        rows = rows_of(self._plan, instances)
        needed = (instances.places, len(instances.edges), len(instances), *(len(atoms) for atoms in rows.atoms))
        sizes_now = sizes_of_lists(needed, len(self.numbers), len(centres) if owners is None else None)
        self._largest = tuple(map(max, sizes_now, self._largest or needed))
        self._places, edges, circuits, *sizes = self._largest
        instances = fill_places(instances, self._places)
        # Handed to JAX once for each list, not at every step.
        self._rows, self._instances = jax.device_put(
            (pad_rows(self._plan, rows, tuple(sizes), circuits), fill_instances(instances, circuits, edges))
        )
        self._listed, self._step = positions, None
        self._shapes.add(self._largest)
        self._builds += 1
        self.counts = NeighbourCounts(
            len(centres), circuits, 1 - instances.counted / circuits, self._builds, len(self._shapes)
        )


def skin_and_precision(skin: float, precision: int | str) -> tuple[float, int]:
    """Return a skin (Angstrom) and a precision (bits) that :class:`MovingAtoms` takes.

    Raises:
        QffcError: for others.

    Example:
        >>> skin_and_precision(1, "32")
        (1.0, 32)
    """
    distance = real_of("skin", skin)
    if not distance >= 0:
        raise error("negative skin", found=f"{skin}", expected="0 or more, Angstrom", help="0.3 to 1 is usual")
    return distance, bits_of(precision)


def _moved(here: NDArray[np.float64], listed: NDArray[np.float64]) -> float:
    """The largest square of how far an atom is from where the list was made, Angstrom^2."""
    way = here - listed
    way *= way
    return float(way.sum(axis=1).max())
