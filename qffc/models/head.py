"""The classical head: atomic energies from features, one small neural network per species of the atom."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.program import AtomicReadout, Program

_ACTIVATIONS = {"silu": jax.nn.silu, "tanh": jnp.tanh}
PREFIX = "head."
"""Names of the head's arrays start with this; no parameter of a program can."""


def head_shapes(program: Program) -> dict[str, tuple[int, ...]]:
    """Return the arrays of the head by name: weights (species, in, out) and biases (species, out) of each layer."""
    readout = program.readout
    if not isinstance(readout, AtomicReadout):
        return {}
    widths = (program.feature_count, *readout.hidden, 1)
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, (before, after) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
        shapes[f"{PREFIX}weight{layer}"] = (len(program.species), before, after)
        shapes[f"{PREFIX}bias{layer}"] = (len(program.species), after)
    return shapes


def atomic_energies(
    readout: AtomicReadout, parameters: Mapping[str, jax.Array], features: jax.Array, species: NDArray[np.int32]
) -> jax.Array:
    """Return the energy of each atom in the model's own unit.

    Args:
        readout: widths and activation.
        parameters: the arrays of :func:`head_shapes`.
        features: (batch, atoms, features), normalized.
        species: (atoms,).

    Returns:
        (batch, atoms).
    """
    value = features
    last = len(readout.hidden)
    for layer in range(last + 1):
        weight = parameters[f"{PREFIX}weight{layer}"][species]
        bias = parameters[f"{PREFIX}bias{layer}"][species]
        value = jnp.einsum("bni,nio->bno", value, weight) + bias[None]
        if layer < last:
            value = _ACTIVATIONS[readout.activation](value)
    return value[..., 0]
