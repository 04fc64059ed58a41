"""Environments of atoms as numbers that no rotation, mirror image or exchange of like neighbours changes.

For each species of neighbours, a few radial functions times the harmonics of degree 0, 1 and 2 are summed over the
neighbours, and the sums multiplied: the power spectrum of Bartok, Kondor and Csanyi (Phys. Rev. B 87, 184115, 2013) in
a small basis, known as SOAP. That a sum over pairs of neighbours is a product of sums is the density trick of the
atomic cluster expansion (ACE). They are made of positions alone, without circuits, so that shots cannot blur them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

RADIAL = 6
"""Radial functions of each species of neighbours."""

_DEGREES = (slice(0, 1), slice(1, 4), slice(4, 10))
"""Where the harmonics of degree 0, 1 and 2 are among the ten."""


def environment_width(species: int) -> int:
    """Return how many numbers an environment is, with this many species of neighbours.

    Example:
        >>> environment_width(2)
        168
    """
    densities = species * RADIAL
    return densities + 2 * (densities * (densities + 1) // 2)


def environments(
    vectors: Any, distances: Any, weights: Any, places: Any, shape: tuple[int, int], reach: float, xp: Any
) -> Any:
    """Return the environments of atoms.

    Args:
        vectors: (batch, edges, 3), from an atom to a neighbour, Angstrom.
        distances: (batch, edges), their lengths.
        weights: (batch, edges), 0 for a neighbour that does not count; must vanish at ``reach``.
        places: (edges,), the number of the atom times the number of species, plus the species of the neighbour.
        shape: how many atoms and how many species.
        reach: Angstrom, of the radial functions.
        xp: ``numpy`` or ``jax.numpy``.

    Returns:
        (batch, atoms, :func:`environment_width`).

    Example:
        >>> arrow = np.array([[[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]])
        >>> both = environments(arrow, np.ones((1, 2)), np.ones((1, 2)), np.array([0, 1]), (2, 1), 5.0, np)
        >>> both.shape, bool(np.allclose(both[0, 0], both[0, 1]))
        ((1, 2, 48), True)
    """
    atoms, species = shape
    safe = xp.where(distances < 1e-6, 1e-6, distances)[..., None]
    orders = xp.asarray(np.arange(1, RADIAL + 1) * (np.pi / reach), dtype=safe.dtype)[None, None]
    radial = weights[..., None] * xp.sin(orders * safe) / safe
    rows = radial[..., :, None] * _harmonics(vectors / safe, xp)[..., None, :]
    sums = summed_at(rows, places, atoms * species, xp)  # (batch, atoms x species, radial, 10)
    densities = sums.reshape(len(vectors), atoms, species * RADIAL, 10)
    upper = np.triu_indices(species * RADIAL)
    found = [densities[..., 0]]
    for degree in _DEGREES[1:]:
        part = densities[..., degree]
        found.append(xp.matmul(part, xp.swapaxes(part, -1, -2))[..., upper[0], upper[1]])
    return xp.concatenate(found, axis=-1)


def _harmonics(units: Any, xp: Any) -> Any:
    """1, the unit vector, and its square without trace: (..., 10), so that products of each degree are invariant."""
    x, y, z = units[..., 0], units[..., 1], units[..., 2]
    third, twice = 1.0 / 3.0, float(np.sqrt(2.0))
    square = [x * x - third, y * y - third, z * z - third, twice * x * y, twice * y * z, twice * z * x]
    return xp.stack([xp.ones_like(x), x, y, z, *square], axis=-1)


def fading(x: Any, xp: Any) -> Any:
    """Return 1 up to 0, 0 from 1 on, smooth to the second derivative between.

    Example:
        >>> fading(np.array([-1.0, 0.5, 2.0]), np).tolist()
        [1.0, 0.5, 0.0]
    """
    x = xp.clip(x, 0.0, 1.0)
    return 1.0 - x * x * x * (10.0 - 15.0 * x + 6.0 * x * x)


def summed_at(rows: Any, places: Any, count: int, xp: Any) -> Any:
    """Return the sums of rows (batch, edges, ...) by their place, an index (edges,): (batch, count, ...)."""
    if isinstance(places, np.ndarray):
        # For one molecule a product with ones is faster than a scatter, on a CPU.
        ones: NDArray[np.floating] = (np.arange(count)[:, None] == places[None]).astype(rows.dtype)
        flat = xp.matmul(ones[None], rows.reshape(*rows.shape[:2], -1))
        return flat.reshape(rows.shape[0], count, *rows.shape[2:])
    zeros = xp.zeros((rows.shape[0], count, *rows.shape[2:]), rows.dtype)
    return zeros.at[:, places].add(rows, mode="promise_in_bounds")
