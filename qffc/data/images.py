"""Periodic boundary conditions: which neighbours atoms in a cell have, images in other cells included.

A place is where an atom or an image of it stands. The first places are those of the atoms themselves, then come the
images that are a neighbour of an atom, so that a neighbour is a place: an atom may be its own neighbour, and another
one may be a neighbour several times. Energies are functions of the places; forces and the virial follow from the
gradient by these, whatever the energy is made of. Images are ghost atoms in other words, without circuits of their own,
and all within the cutoff count, where the minimum image convention has one of each atom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qffc.ir.diagnostics import error

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

OPEN = (False, False, False)
"""No boundary is periodic."""

_LEAST_VOLUME = 1e-3
"""Of a cell, as a share of the product of the lengths of its vectors."""


@dataclass(frozen=True, eq=False)
class Images:
    """The neighbours of atoms in a cell, as they were when they were listed.

    Args:
        positions: (atoms, 3) where the atoms were, Angstrom.
        cell: (3, 3) its vectors in rows, Angstrom; a vector along which nothing repeats stands at right angles.
        owners: (places,) the atom that stands there, or of which an image does.
        shifts: (places, 3) how many cells further.
        centres: (edges,) atoms.
        others: (edges,) places that are neighbours of them.
    """

    positions: Floats
    cell: Floats
    owners: Ints
    shifts: Floats
    centres: Ints
    others: Ints

    def places(self, positions: Floats, cell: Floats) -> Floats:
        """Return where all places are (places, 3), of atoms (atoms, 3) in a cell (3, 3), Angstrom."""
        return positions[self.owners] + self.shifts @ cell

    def filled(self, positions: Floats, cell: Floats, count: int) -> Floats:
        """Return the same with as many rows (count, 3), those that only fill up where the first atom is."""
        places = np.repeat(positions[:1], count, axis=0)
        places[: len(self.owners)] = self.places(positions, cell)
        return places

    def hold(self, positions: Floats, cell: Floats, listed: float, needed: float) -> bool:
        """Return whether the list still has all neighbours nearer than ``needed``.

        What is not listed was further away than ``listed``. A change of the cell shortens a distance at most by the
        least stretch of it; what atoms move against the cell, all of them together apart, comes on top.
        """
        there, least = self.positions, 1.0
        if not np.array_equal(cell, self.cell):
            change = np.linalg.solve(self.cell, cell)
            there, least = there @ change, float(np.linalg.svd(change, compute_uv=False)[-1])
        moved = positions - there
        moved -= moved.mean(axis=0)
        most = float(np.sqrt(np.max(np.sum(moved * moved, axis=1))))
        return least * listed - 2.0 * most >= needed

    def folded(self, gradient: Floats) -> Floats:
        """Return the sums (atoms, 3) of what falls on the places (places, 3) of each atom."""
        atoms = len(self.positions)
        return np.stack([np.bincount(self.owners, column, minlength=atoms) for column in gradient.T], axis=1)


def images_within(positions: Floats, cell: Floats, periodic: ArrayLike, radius: float) -> Images:
    """Return the neighbours of atoms that are nearer than ``radius``, images in all cells included.

    Args:
        positions: (atoms, 3), Angstrom; they may stand outside the cell.
        cell: (3, 3), of :func:`whole_cell`.
        periodic: (3,) along which of its vectors atoms repeat.
        radius: Angstrom; larger than the cell if need be.

    Example:
        >>> alone = images_within(np.zeros((1, 3)), 2.0 * np.eye(3), (True, True, False), 2.5)
        >>> alone.owners.tolist(), len(alone.centres)
        ([0, 0, 0, 0, 0], 4)
    """
    from vesin import NeighborList  # type: ignore[import-untyped]  # it has no types

    found = NeighborList(cutoff=radius, full_list=True)
    # Its indices are unsigned: as such, what is subtracted from them wraps around.
    first, second, shifts = found.compute(positions, cell, np.asarray(periodic, dtype=bool), "ijS", copy=True)
    centres, atoms = np.asarray(first).astype(np.intp), np.asarray(second).astype(np.intp)
    elsewhere = np.any(shifts != 0, axis=1)
    rows, which = np.unique(np.column_stack([shifts, atoms])[elsewhere], axis=0, return_inverse=True)
    others = atoms.copy()
    others[elsewhere] = len(positions) + which.reshape(-1)
    return Images(
        positions.copy(),
        cell.copy(),
        np.concatenate([np.arange(len(positions)), rows[:, 3].astype(np.intp)]),
        np.concatenate([np.zeros_like(positions), rows[:, :3].astype(np.float64)]),
        centres,
        others,
    )


def whole_cell(cell: ArrayLike | None, periodic: ArrayLike) -> Floats:
    """Return the vectors of a cell (3, 3), Angstrom; those along which nothing repeats may be missing, as in ASE.

    Args:
        cell: (3, 3), its vectors in rows, Angstrom.
        periodic: (3,) along which of them atoms repeat.

    Raises:
        QffcError: when a vector that is needed is missing or not finite, or all of them lie in one plane.

    Example:
        >>> whole_cell([[4, 0, 0], [0, 5, 0], [0, 0, 0]], (True, True, False)).diagonal().tolist()
        [4.0, 5.0, 1.0]
    """
    from ase.geometry import complete_cell

    given = np.zeros((3, 3)) if cell is None else np.asarray(cell, dtype=np.float64)
    lengths = np.linalg.norm(given, axis=1) if given.shape == (3, 3) else np.zeros(3)
    if not np.all(np.isfinite(given)) or not np.all(lengths[np.asarray(periodic, dtype=bool)] > 0):
        raise _no_cell("no finite vector along a periodic boundary", given)
    whole: Floats = np.asarray(complete_cell(given), dtype=np.float64)  # type: ignore[no-untyped-call]  # of ASE
    if abs(np.linalg.det(whole)) < _LEAST_VOLUME * float(np.prod(np.linalg.norm(whole, axis=1))):
        raise _no_cell("vectors in one plane, or nearly so", given)
    return whole


def _no_cell(found: str, cell: Floats) -> Exception:
    return error(
        "cell that is none",
        found=f"{found}: {' '.join(str(cell.tolist()).split())}",
        expected="three vectors (3, 3), Angstrom, that span a volume; zeros only where nothing repeats",
        help="set atoms.cell, or atoms.pbc = False for a molecule in a vacuum",
    )
