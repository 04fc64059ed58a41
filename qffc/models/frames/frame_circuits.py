"""The circuits of frames: all of a molecule, or those of near neighbours where the rest do not count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.data.images import Images, images_within, whole_cell
from qffc.ir.program import Program
from qffc.models.circuits.instances import Instances, circuits_of_neighbours, instances_of, species_of
from qffc.models.circuits.neighbours import neighbour_counts, neighbours_within, reach, reach_in_cells
from qffc.models.rows.shared_values import SharingPlan, plan_sharing
from qffc.models.rows.value_rows import ValueRows, rows_of
from qffc.passes.lower_jax.program import JaxProgram

Floats = NDArray[np.float64]

LISTS_PAY = 0.75
"""Lists of near neighbours are used where they hold at most this share of all circuits.

A circuit of a list takes more time than one of many frames that all have the same circuits: lists are made, their rows
are added up one by one, and arrays are filled up.
"""


@dataclass(frozen=True, eq=False)
class FrameCircuits:
    """The circuits of one frame.

    Args:
        instances: which atoms take which sites.
        rows: where values are computed.
        images: of a frame in a cell.
    """

    instances: Instances
    rows: ValueRows
    images: Images | None = None

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """The numbers of frames, atoms, images of them, edges and circuits, and of rows of each domain."""
        edges, atoms = len(self.instances.edges), len(self.instances.atom_species)
        rows = (len(atoms) for atoms in self.rows.atoms)
        return (1, atoms, self.instances.places - atoms, edges, len(self.instances), *rows)

    def placed(self, positions: Floats) -> Floats:
        """Return where atoms (atoms, 3) and images of them are (places, 3), Angstrom.

        Frames in cells are moved about their middle, so that few digits go into where they are.
        """
        if self.images is None:
            return positions
        return self.images.places(positions - positions.mean(axis=0), self.images.cell)


class CircuitLists:
    """Finds the circuits of frames of any molecules that a program fits.

    Args:
        lowered: the program as JAX functions.
        near: whether to list near neighbours only, where the program has a cutoff; see
            :func:`qffc.models.circuits.neighbours.reach`.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.lower_jax.program import lower_jax
        >>> lists = CircuitLists(lower_jax(load("pair", cutoff=3.0)))
        >>> far = np.array([[0.0, 0, 0], [1.0, 0, 0], [0, 1.0, 0], [3.5, 0, 0]])
        >>> lists.of(np.array([8, 1, 1, 1]), far).sizes[:5]
        (1, 4, 0, 8, 5)
    """

    def __init__(self, lowered: JaxProgram, near: bool = True) -> None:
        self.program: Program = lowered.program
        self.plan: SharingPlan = plan_sharing(lowered.split)
        self.radius = reach(lowered.program) if near else None
        self._whole: dict[bytes, FrameCircuits] = {}

    def of(
        self,
        numbers: NDArray[np.integer],
        positions: Floats,
        cell: Floats | None = None,
        pbc: NDArray[np.bool_] | None = None,
    ) -> FrameCircuits:
        """Return the circuits of a frame.

        Args:
            numbers: (atoms,) atomic numbers.
            positions: (atoms, 3), Angstrom.
            cell: (3, 3), its vectors in rows, Angstrom; of a frame in a cell.
            pbc: (3,) along which of them atoms repeat.

        Raises:
            QffcError: when the molecule does not fit the program, or the program has no frames in cells.
        """
        if cell is not None and pbc is not None and pbc.any():
            species = species_of(self.program, numbers)
            images = images_within(positions, whole_cell(cell, pbc), pbc, self._radius_in_cells)
            edges = images.centres, images.others, images.owners
            return self._circuits(circuits_of_neighbours(self.program, species, *edges), images)
        key = np.asarray(numbers, np.int64).tobytes()
        if self.radius is None:
            # Frames of one molecule share what is the same for all.
            if key not in self._whole:
                self._whole[key] = self._circuits(instances_of(self.program, numbers))
            return self._whole[key]
        species = species_of(self.program, numbers)
        return self._circuits(circuits_of_neighbours(self.program, species, *neighbours_within(positions, self.radius)))

    @cached_property
    def _radius_in_cells(self) -> float:
        return reach_in_cells(self.program)

    def of_data(self, data: Dataset) -> list[FrameCircuits]:
        """Return the circuits of each frame of a dataset."""
        return [self.of(data.numbers, *geometry) for geometry in geometries_of(data)]

    def _circuits(self, instances: Instances, images: Images | None = None) -> FrameCircuits:
        return FrameCircuits(instances, rows_of(self.plan, instances), images)


def geometries_of(data: Dataset) -> Iterator[tuple[Floats, Floats | None, NDArray[np.bool_] | None]]:
    """Yield positions, cell and boundaries of each frame; None in a vacuum."""
    for frame, positions in enumerate(data.positions):
        boxes = (None, None) if data.cells is None or data.pbc is None else (data.cells[frame], data.pbc[frame])
        yield positions, *boxes


def lists_pay(program: Program, sets: Sequence[NDArray[np.floating]]) -> bool:
    """Return whether lists of near neighbours save enough: at most ``LISTS_PAY`` of circuits, or of summands, are left.

    Args:
        program: any program; without a cutoff lists never pay.
        sets: positions (frames, atoms, 3), Angstrom, of one or more molecules.

    Example:
        >>> from qffc.library import load
        >>> wide, narrow = np.eye(3)[None], 4.0 * np.eye(3)[None]
        >>> lists_pay(load("pair", cutoff=5.0), [wide]), lists_pay(load("pair", cutoff=5.0), [narrow])
        (False, True)
    """
    radius = reach(program)
    if radius is None:
        return False
    near = everything = 0.0
    for positions in sets:
        counts = neighbour_counts(positions, radius)
        frames, atoms = positions.shape[:2]
        if program.gathered is not None:
            near += float(np.sum(counts))
            everything += frames * atoms * (atoms - 1)
        else:
            near += float(np.sum(counts * (counts - 1)))
            everything += frames * atoms * (atoms - 1) * (atoms - 2)
    return near <= LISTS_PAY * everything
