"""A guess of how stiff a molecule is, from distances alone: springs between atoms, stiffer where they are bonded.

It turns forces into steps, in the place of a Hessian, which costs no shots. Spring constants fall exponentially with
the distance in units of the sum of the covalent radii, as in the model Hessian of Lindh (Chemical Physics Letters 241,
423 (1995)).
"""

from __future__ import annotations

import numpy as np
from ase.data import covalent_radii
from numpy.typing import NDArray

from qffc.ir.diagnostics import error

Floats = NDArray[np.float64]

_STIFFNESS = 45.0
"""Of a bond as long as its covalent radii, eV/Angstrom^2."""
_DECAY = 1.75
_COINCIDENT = 1e-6
"""Angstrom."""
_SOFT = 1e-8
"""Of the largest eigenvalue: what is softer is no direction of the molecule's shape."""


def spring_hessian(numbers: NDArray[np.integer], positions: Floats) -> Floats:
    """Return the Hessian of springs at rest, (3 atoms, 3 atoms), eV/Angstrom^2.

    Args:
        numbers: (atoms,) atomic numbers.
        positions: (atoms, 3), Angstrom.

    Raises:
        QffcError: when two atoms are at one place.

    Example:
        >>> water = np.array([[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.0, -0.76, -0.48]])
        >>> found = spring_hessian(np.array([8, 1, 1]), water)
        >>> int((np.linalg.eigvalsh(found) > 0.1).sum())
        3
    """
    count = len(numbers)
    hessian = np.zeros((count, 3, count, 3))
    radii = covalent_radii[np.asarray(numbers)]
    for a in range(count):
        for b in range(a):
            vector = positions[a] - positions[b]
            distance = float(np.linalg.norm(vector))
            if distance < _COINCIDENT:
                raise error(
                    "two atoms at one place",
                    found=f"atoms {b} and {a} at a distance of {distance:.1g} Angstrom",
                    expected="atoms apart",
                    help="correct the positions",
                )
            along = vector / distance
            stiff = _STIFFNESS * np.exp(-_DECAY * (distance / (radii[a] + radii[b]) - 1))
            block = stiff * np.outer(along, along)
            hessian[a, :, a] += block
            hessian[b, :, b] += block
            hessian[a, :, b] -= block
            hessian[b, :, a] -= block
    return hessian.reshape(3 * count, 3 * count)


def shape_inverse(hessian: Floats, positions: Floats) -> Floats:
    """Return the inverse of a Hessian in the directions that change the shape, zero along turns and translations.

    Args:
        hessian: (3 atoms, 3 atoms).
        positions: (atoms, 3), Angstrom.

    Raises:
        numpy.linalg.LinAlgError: when the shape is at no minimum: the Hessian is not positive.
    """
    shape = shape_directions(positions)
    inner = shape.T @ hessian @ shape
    if np.linalg.eigvalsh(inner).min() <= _SOFT * np.abs(inner).max():
        raise np.linalg.LinAlgError("a Hessian that is not positive")
    return np.asarray(shape @ np.linalg.inv(inner) @ shape.T)


def shape_directions(positions: Floats) -> Floats:
    """Return an orthonormal basis of the directions that change the shape, (3 atoms, directions).

    Args:
        positions: (atoms, 3), Angstrom.
    """
    count = len(positions)
    centred = positions - positions.mean(axis=0)
    rigid = [np.tile(axis, count) for axis in np.eye(3)]
    rigid += [np.cross(axis, centred).reshape(-1) for axis in np.eye(3)]
    left, sizes, _ = np.linalg.svd(np.array(rigid).T, full_matrices=True)
    return np.asarray(left[:, int((sizes > 1e-6 * sizes[0]).sum()) :])
