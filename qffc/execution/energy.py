"""Energies of a trained model from circuits: estimates with standard errors, beside the exact values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.execution.backend import price_of
from qffc.execution.estimate import estimate_moments
from qffc.ir.diagnostics import error
from qffc.models.energy import MoleculeEnergy
from qffc.models.force_field import ForceField
from qffc.passes.split_program import Split
from qffc.passes.target import Target

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class EnergyEstimate:
    """The energy of one geometry from shots.

    Args:
        energy: estimated, eV.
        standard_error: of the estimate, eV, from the spread of the shots.
        exact: what the same circuits give without shot noise, eV.
        circuits: circuits that were run, measurement settings counted.
        shots: of each circuit.
        price: in HQC, what the device charges for these circuits.
    """

    energy: float
    standard_error: float
    exact: float
    circuits: int
    shots: int
    price: float


@dataclass(frozen=True)
class Quote:
    """What a run takes, known before anything runs.

    Args:
        circuits: circuits for each geometry, measurement settings counted.
        shots: of each circuit.
        prices: in HQC, of each geometry.
    """

    circuits: int
    shots: int
    prices: tuple[float, ...]

    @property
    def price(self) -> float:
        """The price of all geometries in HQC."""
        return sum(self.prices)


class Sampler(Protocol):
    """What gives moments for slots, such as an emulator."""

    def __call__(self, split: Split, slots: Floats, target: Target, *, shots: int, seed: int) -> tuple[Floats, Floats]:
        """Return means (circuits, observables) and covariances of the means (circuits, observables, observables)."""
        ...


def emulate(split: Split, slots: Floats, target: Target, *, shots: int, seed: int) -> tuple[Floats, Floats]:
    """Return moments from the local emulator of the target; a :class:`Sampler`."""
    estimate = estimate_moments(split, slots, target, shots=shots, seed=seed)
    return estimate.means, estimate.covariances


def quote_energies(
    model: ForceField, numbers: NDArray[np.integer], positions: NDArray[np.floating], target: Target, *, shots: int
) -> Quote:
    """Return what :func:`estimate_energies` would take with the same arguments; nothing is run."""
    return _quote(model, _slots(*_prepare(model, numbers, positions)), target, shots)


def estimate_energies(
    model: ForceField,
    numbers: NDArray[np.integer],
    positions: NDArray[np.floating],
    target: Target,
    *,
    shots: int,
    seed: int,
    sampler: Sampler = emulate,
) -> tuple[EnergyEstimate, ...]:
    """Estimate energies of geometries of one molecule from circuits on a target.

    Angles and readout are the functions that the model was trained with; the target takes the place of the kernel.
    The standard error is that of the delta method: the covariance of the moments of each circuit, carried through the
    gradient of the readout. It is exact for readouts that are linear in the moments; others have in addition a bias
    that falls as one over the shots.

    Args:
        model: a trained model.
        numbers: (atoms,) atomic numbers.
        positions: (frames, atoms, 3), Angstrom.
        target: a target with native gates and an emulator.
        shots: of each measurement setting of each circuit.
        seed: what reproduces the shots.
        sampler: takes the place of the emulator.

    Raises:
        QffcError: when the molecule does not fit the model, or the target cannot run the circuits.
    """
    molecule, arrays, frames = _prepare(model, numbers, positions)
    slots = _slots(molecule, arrays, frames)
    quote = _quote(model, slots, target, shots)
    flat = slots.reshape(-1, slots.shape[-1])
    means, covariances = sampler(model.lowered.split, flat, target, shots=shots, seed=seed)
    moments = jnp.asarray(means.reshape(*slots.shape[:-1], -1))

    def total(m: jax.Array) -> tuple[jax.Array, jax.Array]:
        energies = molecule.finish(arrays, m, frames)
        return jnp.sum(energies), energies  # frames do not mix, so the gradient of the sum is that of each

    gradient, energies = jax.jit(jax.grad(total, has_aux=True))(moments)
    slopes = np.asarray(gradient).reshape(means.shape)
    variances = np.einsum("ci,cij,cj->c", slopes, covariances, slopes).reshape(len(frames), -1).sum(axis=1)
    exact = jax.jit(lambda r: molecule.energies(arrays, r))(frames)
    return tuple(
        EnergyEstimate(float(energy), float(np.sqrt(max(variance, 0.0))), float(truth), quote.circuits, shots, price)
        for energy, variance, truth, price in zip(energies, variances, exact, quote.prices, strict=True)
    )


def _prepare(
    model: ForceField, numbers: NDArray[np.integer], positions: NDArray[np.floating]
) -> tuple[MoleculeEnergy, dict[str, jax.Array], jax.Array]:
    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]  # of JAX
    frames = np.asarray(positions, dtype=np.float64)
    if frames.ndim != 3 or frames.shape[1:] != (len(numbers), 3) or not len(frames):
        raise error(
            "positions of another shape",
            found=f"{frames.shape}",
            expected=f"(frames, {len(numbers)}, 3), Angstrom, at least one frame",
            help="give a batch of frames with all atoms",
        )
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    return model.molecule(numbers), arrays, jnp.asarray(frames)


def _slots(molecule: MoleculeEnergy, arrays: dict[str, jax.Array], frames: jax.Array) -> Floats:
    slots = jax.jit(lambda r: molecule.slots(arrays, r))(frames)
    # Two compilations may differ in the last bit of an angle, which may reorder the measurements of a circuit and so
    # draw other shots from the same seed; no device resolves a picoradian.
    return np.round(np.asarray(slots), 12)


def _quote(model: ForceField, slots: Floats, target: Target, shots: int) -> Quote:
    from qffc.passes.lower_pytket import PytketKernel  # pytket is heavy

    kernel = PytketKernel(model.lowered.split, target)
    settings = kernel.measurements.settings
    prices = []
    for frame in slots.reshape(len(slots), -1, slots.shape[-1]):
        circuits = [kernel.bind_measured(row, setting) for row in frame for setting in settings]
        prices.append(price_of(circuits, target, shots))
    return Quote(int(np.prod(slots.shape[1:-1])) * len(settings), shots, tuple(prices))
