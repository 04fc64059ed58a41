"""What shot noise adds to the mean of forces: as of energies, see :mod:`qffc.execution.noise_bias`.

Forces are products of moments of shifted circuits and of slopes that the moments themselves decide, so noise of both
adds to their mean, and noise of the moments alone what curved slopes make of it. Moments of exact states and their
covariances say how much, before anything is measured.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.execution.noise_bias import mirrored_draws, need_exact_states
from qffc.execution.tangent import Derivatives, Geometry, Tangent
from qffc.ir.diagnostics import error
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_jax.double_precision import in_double_precision

Floats = NDArray[np.float64]


def need_one_round(split: Split) -> None:
    """Refuse what the bias of forces is not known for.

    Raises:
        QffcError: for several rounds of circuits, or too many qubits for exact states.
    """
    rounds = split.program.round_count
    if rounds > 1:
        raise error(
            "bias of forces through rounds of circuits",
            found=f"{rounds} rounds in '{split.program.name}'",
            expected="one round: noise of a round also turns the circuits of the next",
            help="leave the bias in the forces, it falls as one over the shots; of energies it can be taken off",
        )
    need_exact_states(split)


@in_double_precision
def force_bias(tangent: Tangent, place: Geometry, moments: Floats, covariances: Floats) -> Derivatives:
    """Return what shot noise adds to energy, forces and gradients in the mean, of one geometry and one round.

    Args:
        tangent: the energy around moments.
        place: the geometry.
        moments: (circuits, 1 + shifts, observables), exact.
        covariances: (circuits x (1 + shifts), observables, observables).
    """

    def found(shift: Floats) -> Derivatives:
        return tangent.derivatives(place, jnp.asarray(moments + shift.reshape(moments.shape)))

    middle = found(np.zeros_like(moments))
    sums = [np.zeros(()), np.zeros(middle.forces.shape)]
    gradient = {name: np.zeros(values.shape) for name, values in middle.gradient.items()}
    draws = 0
    for shift in mirrored_draws(covariances):
        both = [found(shift), found(-shift)]
        draws += 1
        sums[0] += sum(float(each.energy) for each in both) / 2 - float(middle.energy)
        sums[1] += sum(np.asarray(each.forces) for each in both) / 2 - np.asarray(middle.forces)
        for name, total in gradient.items():
            total += sum(np.asarray(each.gradient[name]) for each in both) / 2 - np.asarray(middle.gradient[name])
    parts = {name: jnp.asarray(total / draws) for name, total in gradient.items()}
    return Derivatives(jnp.asarray(sums[0] / draws), jnp.asarray(sums[1] / draws), parts)
