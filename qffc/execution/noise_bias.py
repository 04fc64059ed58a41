"""What shot noise adds to the mean of an energy: energies are curved in the moments, and noise goes both ways.

With unbiased moments of covariance C an energy E(m) has the mean E + tr(H C) / 2 + ..., with H its second derivatives
by the moments. Both are known of exact states, as the variances are by which shots are planned. So the bias is computed
before anything is measured, and taking it off adds no noise, as it would with the H and C of noisy moments: of a model
with a hundred shots a circuit they are so noisy themselves that energies get worse.

The mean is taken along the principal axes of C with random signs, which leave nothing but the trace (Hutchinson,
Communications in Statistics 18, 1059 (1989)), and each draw stands beside its mirror image, so that there is no first
order. Noise of a device changes H and C a little, and this with them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qffc.execution.energy_circuits import Job
from qffc.execution.quote import planned_covariances
from qffc.ir.diagnostics import error
from qffc.passes.circuit.split_program import Split
from qffc.passes.measurement.kernel_states import DENSE_QUBITS
from qffc.passes.measurement.settings import MeasurementPlan

Floats = NDArray[np.float64]

_DRAWS = 50
"""Pairs of draws. What they miss of the bias comes from second derivatives by two directions of noise, which are random
in sign: it is of the order of the bias over the root of their number."""


def planned_bias(
    job: Job, plan: MeasurementPlan, shots: NDArray[np.int64], shared: NDArray[np.intp] | None = None
) -> Floats:
    """Return what shot noise adds to energies in the mean, (frames,), eV, by exact states.

    Args:
        job: geometries and their circuits.
        plan: the settings.
        shots: (frames x circuits, settings).
        shared: as for :func:`noise_bias`.

    Raises:
        QffcError: when the circuits are too large for exact states.
    """
    need_exact_states(job.split)
    return noise_bias(job, planned_covariances(job.split, job.flat_slots, plan, shots), shared)


def need_exact_states(split: Split) -> None:
    """Refuse circuits that are too large for exact states, by which a bias is known.

    Raises:
        QffcError: names the circuits.
    """
    if split.qubit_count > DENSE_QUBITS:
        raise error(
            "bias of circuits without exact states",
            found=f"{split.qubit_count} qubits in '{split.program.name}'",
            expected=f"at most {DENSE_QUBITS}",
            help="leave the bias in the energies: it falls as one over the shots",
        )


def noise_bias(job: Job, covariances: Floats, shared: NDArray[np.intp] | None = None) -> Floats:
    """Return what noise of the exact moments adds to energies in the mean, (frames,), eV.

    Args:
        job: geometries and their circuits.
        covariances: (frames x circuits, observables, observables).
        shared: (frames x circuits,), the circuit whose shots are those of each; each has its own by default.
    """
    means = job.exact_moments
    middle = job.shifted_energies(means, np.zeros_like(means))
    total = np.zeros(len(middle))
    for own in mirrored_draws(covariances):
        shift = own if shared is None else own[shared]
        total += (job.shifted_energies(means, shift) + job.shifted_energies(means, -shift)) / 2 - middle
    return np.asarray(total / _DRAWS)


def mirrored_draws(covariances: Floats) -> Iterator[Floats]:
    """Yield noise of moments, (circuits, observables), with these covariances; each also stands for its mirror image.

    Args:
        covariances: (circuits, observables, observables).
    """
    roots, random = _roots(covariances), np.random.default_rng(0)
    for _ in range(_DRAWS):
        yield np.einsum("cab,cb->ca", roots, random.choice([-1.0, 1.0], size=roots.shape[:2]))


def _roots(covariances: Floats) -> Floats:
    """Matrices whose product with normal numbers has these covariances; what rounding makes negative counts as none."""
    values, vectors = np.linalg.eigh(covariances)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :])
