"""Predictions without any network, to compare a model with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qffc.data.dataset import Dataset
from qffc.data.surroundings import refuse_cells
from qffc.ir.diagnostics import error

_MOST_COEFFICIENTS = 3000
_FRAMES_AT_ONCE = 64
_SMALLEST_SINGULAR_VALUE = 1e-6


class Baseline(Protocol):
    """What can predict energies and forces of the molecule it was fitted to."""

    def predict(self, positions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return energies (n,) in eV and forces (n, N, 3) in eV/Angstrom of positions (n, N, 3) in Angstrom."""
        ...


@dataclass(frozen=True)
class ConstantBaseline:
    """The same energy for every frame, and no forces.

    Args:
        atoms: number of atoms N.
        energy: the energy, eV.

    Example:
        >>> ConstantBaseline(atoms=2, energy=-31.7).predict(np.zeros((3, 2, 3)))[0]
        array([-31.7, -31.7, -31.7])
    """

    atoms: int
    energy: float

    def predict(self, positions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the energy n times, and zero forces.

        Args:
            positions: shape (n, N, 3), Angstrom.

        Returns:
            Energies (n,), eV, and forces (n, N, 3), eV/Angstrom.

        Raises:
            QffcError: the shape is not (n, N, 3).

        Example:
            >>> ConstantBaseline(atoms=2, energy=-31.7).predict(np.zeros((3, 2, 3)))[1].shape
            (3, 2, 3)
        """
        _check_positions(positions, self.atoms)
        return np.full(len(positions), self.energy), np.zeros(positions.shape)


@dataclass(frozen=True, eq=False)
class HarmonicBaseline:
    """A quadratic form in the distances of all P = N (N - 1) / 2 pairs of atoms.

    E = c + sum_p g_p d_p + 1/2 sum_pq h_pq d_p d_q with d_p = r_p - r0_p. Pairs are ordered (0, 1), (0, 2) ...
    (1, 2) .... Invariant under translation, rotation and reflection; not symmetrized over like atoms, so exchange
    symmetry holds only as far as the training frames show it.

    Args:
        atoms: number of atoms N.
        centre: r0, shape (P,), Angstrom.
        constant: c, eV.
        linear: g, shape (P,), eV/Angstrom.
        quadratic: h, shape (P, P), symmetric, eV/Angstrom^2.

    Example:
        >>> spring = HarmonicBaseline(2, np.array([0.74]), -31.7, np.zeros(1), np.array([[36.0]]))
        >>> energies, forces = spring.predict(np.array([[[0.0, 0.0, 0.0], [0.0, 0.0, 0.84]]]))
        >>> energies.round(6), forces[0, 1].round(6)
        (array([-31.52]), array([ 0. ,  0. , -3.6]))
    """

    atoms: int
    centre: NDArray[np.float64] = field(repr=False)
    constant: float
    linear: NDArray[np.float64] = field(repr=False)
    quadratic: NDArray[np.float64] = field(repr=False)

    def predict(self, positions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return energies and their exact negative gradients.

        Args:
            positions: shape (n, N, 3), Angstrom. The direction between two atoms at the same place counts as zero.

        Returns:
            Energies (n,), eV, and forces (n, N, 3), eV/Angstrom.

        Raises:
            QffcError: the shape is not (n, N, 3).

        Example:
            >>> from qffc.data import harmonic_baseline, load_embedded
            >>> water = load_embedded("water")
            >>> energies, forces = harmonic_baseline(water).predict(water.positions[:2])
            >>> energies.shape, forces.shape
            ((2,), (2, 3, 3))
        """
        _check_positions(positions, self.atoms)
        distances, directions = _pairs(positions)
        stretch = distances - self.centre
        slope = self.linear + stretch @ self.quadratic
        energies = self.constant + 0.5 * np.sum(stretch * (self.linear + slope), axis=1)
        first, second = np.triu_indices(self.atoms, k=1)
        pushes = slope[:, :, None] * directions
        forces = np.zeros(positions.shape)
        for pair, (a, b) in enumerate(zip(first, second, strict=True)):
            forces[:, a] += pushes[:, pair]
            forces[:, b] -= pushes[:, pair]
        return energies, forces


def constant_baseline(train: Dataset) -> ConstantBaseline:
    """Return the baseline that always predicts the mean energy of the training frames and zero forces.

    Args:
        train: the training frames.

    Returns:
        The baseline.

    Example:
        >>> from qffc.data import constant_baseline, load_embedded
        >>> round(constant_baseline(load_embedded("water")).energy, 3)
        -2075.405
    """
    return ConstantBaseline(atoms=len(train.numbers), energy=float(train.energies.mean()))


def harmonic_baseline(train: Dataset, couplings: bool = True) -> HarmonicBaseline:
    """Fit a quadratic form in the interatomic distances to energies and forces together.

    The centre is the mean of each distance. Linear least squares: energies are divided by their standard deviation,
    forces by their root mean square, and the two sets count alike in total. With more coefficients than the data
    determine (N > 4, or few frames) the solution of least norm in standardised distances is taken.

    Args:
        train: the training frames.
        couplings: with the products of different distances; without them, one spring per pair of atoms. The number of
            coefficients grows as N^4 / 8 with couplings and as N^2 without.

    Returns:
        The baseline.

    Raises:
        QffcError: the fit would have more than 3,000 coefficients.

    Example:
        >>> from qffc.data import harmonic_baseline, load_embedded
        >>> water = load_embedded("water")
        >>> energies, _ = harmonic_baseline(water).predict(water.positions)
        >>> bool(abs(energies - water.energies).mean() < 0.01)
        True
    """
    atoms = len(train.numbers)
    pairs = atoms * (atoms - 1) // 2
    rows, columns = np.triu_indices(pairs) if couplings else (np.arange(pairs), np.arange(pairs))
    coefficients = 1 + pairs + len(rows)
    if coefficients > _MOST_COEFFICIENTS:
        raise error(
            "molecule too large for the harmonic baseline",
            where="harmonic_baseline",
            found=f"{atoms} atoms, {coefficients} coefficients",
            expected=f"at most {_MOST_COEFFICIENTS} coefficients",
            help="leave the couplings out (couplings=False)" if couplings else "use the constant baseline",
        )
    refuse_cells(train, "springs between pairs of atoms", "take the constant baseline")
    distances, _ = _pairs(train.positions)
    centre = distances.mean(axis=0)
    spread = _positive(distances.std(axis=0))
    shift = float(train.energies.mean())
    normal = np.zeros((coefficients, coefficients))
    right = np.zeros(coefficients)
    for design, target in _equations(train, centre, spread, (rows, columns)):
        normal += design.T @ design
        right += design.T @ target
    solution = np.linalg.lstsq(normal, right, rcond=_SMALLEST_SINGULAR_VALUE)[0]
    half = np.zeros((pairs, pairs))
    half[rows, columns] = solution[1 + pairs :] / (spread[rows] * spread[columns])
    return HarmonicBaseline(
        atoms=atoms,
        centre=centre,
        constant=shift + float(solution[0]),
        linear=solution[1 : 1 + pairs] / spread,
        quadratic=half + half.T,
    )


def _equations(
    train: Dataset,
    centre: NDArray[np.float64],
    spread: NDArray[np.float64],
    products: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield weighted blocks of the design matrix, columns 1, d_p, d_p d_q, and of the values to fit."""
    rows, columns = products
    atoms, pairs = len(train.numbers), len(centre)
    shift = train.energies.mean()
    energy_weight = 1.0 / _positive(train.energies.std()[None])[0]
    force_weight = 1.0 / (_positive(np.sqrt(np.mean(train.forces**2))[None])[0] * np.sqrt(3 * atoms))
    first, second = np.triu_indices(atoms, k=1)
    for start in range(0, len(train), _FRAMES_AT_ONCE):
        block = slice(start, start + _FRAMES_AT_ONCE)
        distances, directions = _pairs(train.positions[block])
        stretch = (distances - centre) / spread
        one = np.ones((len(stretch), 1))
        energy_rows = np.concatenate([one, stretch, stretch[:, rows] * stretch[:, columns]], axis=1)
        push = np.zeros((len(stretch), atoms, 3, pairs))
        push[:, first, :, np.arange(pairs)] = np.moveaxis(directions / spread[:, None], 1, 0)
        push[:, second, :, np.arange(pairs)] = np.moveaxis(-directions / spread[:, None], 1, 0)
        flat = push.reshape(len(stretch), 3 * atoms, pairs)
        bent = flat[:, :, rows] * stretch[:, None, columns] + flat[:, :, columns] * stretch[:, None, rows]
        force_rows = np.concatenate([np.zeros((*flat.shape[:2], 1)), flat, bent], axis=2)
        yield energy_rows * energy_weight, (train.energies[block] - shift) * energy_weight
        yield (
            force_rows.reshape(-1, energy_rows.shape[1]) * force_weight,
            train.forces[block].reshape(-1) * force_weight,
        )


def _pairs(positions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return distances (n, P) and unit vectors from the first to the second atom (n, P, 3) of all pairs."""
    first, second = np.triu_indices(positions.shape[1], k=1)
    vectors = positions[:, second] - positions[:, first]
    distances = np.linalg.norm(vectors, axis=-1)
    return distances, vectors / _positive(distances)[..., None]


def _positive(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values with 1 in place of 0, to divide by."""
    return np.where(values > 0, values, 1.0)


def _check_positions(positions: NDArray[np.float64], atoms: int) -> None:
    if positions.ndim == 3 and positions.shape[1:] == (atoms, 3):
        return
    raise error(
        "wrong shape",
        where="positions",
        found=f"shape {positions.shape}",
        expected=f"shape (n, N, 3) = (n, {atoms}, 3)",
        help="predict for the molecule that the baseline was fitted to; a single frame is positions[None]",
    )
