"""What the forces of a dataset say of its energies: the work along the way from a frame to one near it.

In the inverse distances q = 1/r of all pairs of atoms, which no motion of the whole molecule changes, forces are minus
the slopes of the energy, f: F = B^T f with B = dq/dx, of which the smallest solution is taken. Where f is linear
between two frames i and j, E_i - E_j is the work (f_i + f_j) (q_j - q_i) / 2 exactly, whatever the reference of the
energies; so the sum around a triangle of frames is zero. That holds well between near frames, also where hydrogens
turn, and needs no fit: it can be asked of few frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

NEIGHBOURS = 5
"""So many frames near each are compared with it."""

_RIDGE = 1e-9
"""Of the mean of a diagonal: keeps B B^T regular for motions of the whole molecule, and for atoms in a line."""
_BLOCK_NUMBERS = 4_000_000
"""Numbers of B B^T that are held at once."""


@dataclass(frozen=True, eq=False)
class WorkOfForces:
    """Forces of frames as slopes in inverse distances.

    Args:
        inverse: 1/r of each pair of atoms, (n, P), 1/Angstrom.
        slopes: f, the force along each 1/r, (n, P), eV Angstrom.

    Example:
        >>> from qffc.data import load_embedded
        >>> water = load_embedded("water").subset(range(50))
        >>> work = work_of_forces(water.positions, water.forces)
        >>> first, second = near_pairs(work.inverse)
        >>> differences = water.energies[first] - water.energies[second]
        >>> bool(np.abs(differences - work.between(first, second)).mean() < 0.05 * np.abs(differences).mean())
        True
    """

    inverse: Floats
    slopes: Floats

    def between(self, first: Rows, second: Rows) -> Floats:
        """Return the work of the forces from some frames to others, eV, by the trapezoidal rule.

        Args:
            first: frames to start from, (m,).
            second: frames to end at, (m,).
        """
        ways = self.inverse[second] - self.inverse[first]
        return 0.5 * np.asarray(np.einsum("mp,mp->m", self.slopes[first] + self.slopes[second], ways))


def work_of_forces(positions: Floats, forces: Floats) -> WorkOfForces:
    """Return the slopes of frames.

    Args:
        positions: (n, N, 3), Angstrom, no two atoms at the same place.
        forces: (n, N, 3), eV/Angstrom.
    """
    atoms = positions.shape[1]
    first, second = np.triu_indices(atoms, k=1)
    size = max(1, _BLOCK_NUMBERS // (9 * atoms * atoms))
    blocks = [
        _slopes(positions[start : start + size], forces[start : start + size], first, second)
        for start in range(0, len(positions), size)
    ]
    inverse, slopes = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    return WorkOfForces(inverse, slopes)


def near_pairs(inverse: Floats) -> tuple[Rows, Rows]:
    """Return every frame with each of those nearest to it, as two arrays of frames; a row of neighbours after another.

    Args:
        inverse: (n, P), what is near is near in these.

    Example:
        >>> near_pairs(np.array([[0.0], [1.0], [3.0]]))
        (array([0, 0, 1, 1, 2, 2]), array([1, 2, 0, 2, 1, 0]))
    """
    count = min(NEIGHBOURS, len(inverse) - 1)
    squares = np.sum(inverse**2, axis=1)
    distances = squares[:, None] + squares - 2 * inverse @ inverse.T
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :count]
    return np.repeat(np.arange(len(inverse)), count), nearest.ravel()


def _slopes(positions: Floats, forces: Floats, first: Rows, second: Rows) -> tuple[Floats, Floats]:
    frames, atoms = positions.shape[:2]
    vectors = positions[:, second] - positions[:, first]
    distances = np.linalg.norm(vectors, axis=-1)
    rises = -vectors / distances[..., None] ** 3  # of 1/r, when the second atom moves
    products = rises[..., :, None] * rises[..., None, :]
    matrix = np.zeros((frames, atoms, atoms, 3, 3))
    matrix[:, first, second] = -products
    matrix[:, second, first] = -products
    every = np.arange(atoms)
    matrix[:, every, every] = -matrix.sum(axis=2)
    square = matrix.swapaxes(2, 3).reshape(frames, 3 * atoms, 3 * atoms)
    diagonal = np.arange(3 * atoms)
    mean = square[:, diagonal, diagonal].mean(axis=1)
    square[:, diagonal, diagonal] += np.where(mean > 0, _RIDGE * mean, 1.0)[:, None]
    solved = np.linalg.solve(square, forces.reshape(frames, 3 * atoms, 1)).reshape(forces.shape)
    return 1 / distances, np.einsum("npc,npc->np", rises, solved[:, second] - solved[:, first])
