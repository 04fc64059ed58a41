"""The classical head: atomic energies from features, one small neural network per species of the atom.

Atoms may exchange messages after its first layer, as in continuous-filter convolutions (Schuett et al.,
arXiv:1706.08566): an atom then sees what its neighbours' circuits measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError
from qffc.ir.evaluate import radial_basis
from qffc.ir.program import AtomicReadout, Basis, Program

_ACTIVATIONS = {"silu": jax.nn.silu, "tanh": jnp.tanh}
PREFIX = "head."
"""Names of the head's arrays start with this; no parameter of a program can."""


@dataclass(frozen=True, eq=False)
class Edges:
    """Pairs of atoms that exchange messages, both ways.

    Args:
        centres: (edges,) the atom that receives.
        others: (edges,) the atom that sends.
        present: (edges,) 0 for edges that only fill up an array; None when all count.
        distances: (batch, edges), Angstrom.
    """

    centres: jax.Array | NDArray[np.int32]
    others: jax.Array | NDArray[np.int32]
    present: jax.Array | NDArray[np.float64] | None
    distances: jax.Array


def head_shapes(program: Program) -> dict[str, tuple[int, ...]]:
    """Return the arrays of the head by name: weights (species, in, out) and biases (species, out) of each layer.

    With messages, for each round: ``filter`` (species, species, width, basis), the radial functions by the species of
    the receiving and the sending atom; ``sent`` (species, width, width); and weights and biases of the layer that takes
    what was received, ``update`` and ``shift``.
    """
    readout = program.readout
    if not isinstance(readout, AtomicReadout):
        return {}
    widths = (program.feature_count, *readout.hidden, 1)
    species = len(program.species)
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, (before, after) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
        shapes[f"{PREFIX}weight{layer}"] = (species, before, after)
        shapes[f"{PREFIX}bias{layer}"] = (species, after)
    if readout.messages is not None:
        width = readout.hidden[0]
        for number in range(readout.messages.rounds):
            shapes[f"{PREFIX}filter{number}"] = (species, species, width, readout.messages.basis.size)
            shapes[f"{PREFIX}sent{number}"] = (species, width, width)
            shapes[f"{PREFIX}update{number}"] = (species, 2 * width, width)
            shapes[f"{PREFIX}shift{number}"] = (species, width)
    return shapes


def atomic_energies(
    readout: AtomicReadout,
    parameters: Mapping[str, jax.Array],
    features: jax.Array,
    species: NDArray[np.int32],
    edges: Edges | None = None,
) -> jax.Array:
    """Return the energy of each atom in the model's own unit.

    Args:
        readout: widths, activation and messages.
        parameters: the arrays of :func:`head_shapes`.
        features: (batch, atoms, features), normalized.
        species: (atoms,).
        edges: between which atoms messages go; needed by readouts with messages.

    Returns:
        (batch, atoms).
    """
    value = features
    last = len(readout.hidden)
    for layer in range(last + 1):
        weight, bias = parameters[f"{PREFIX}weight{layer}"], parameters[f"{PREFIX}bias{layer}"]
        value = _affine(value, weight, species) + bias[species][None]
        if layer < last:
            value = _ACTIVATIONS[readout.activation](value)
        if layer == 0 and readout.messages is not None:
            value = _exchange_messages(readout, parameters, value, species, edges)
    return value[..., 0]


def _exchange_messages(
    readout: AtomicReadout,
    parameters: Mapping[str, jax.Array],
    value: jax.Array,
    species: NDArray[np.int32],
    edges: Edges | None,
) -> jax.Array:
    if edges is None or readout.messages is None:
        raise InternalError("messages without edges between atoms")
    filters = _filters(readout.messages.basis, edges)
    for number in range(readout.messages.rounds):
        chosen = parameters[f"{PREFIX}filter{number}"][species[edges.centres], species[edges.others]]
        sent = _affine(value, parameters[f"{PREFIX}sent{number}"], species)
        messages = jnp.einsum("bek,ewk->bew", filters, chosen) * sent.at[:, edges.others].get(mode="promise_in_bounds")
        received = jnp.zeros_like(sent).at[:, edges.centres].add(messages, mode="promise_in_bounds")
        both = jnp.concatenate([value, received], axis=-1)
        update = _affine(both, parameters[f"{PREFIX}update{number}"], species)
        value = value + _ACTIVATIONS[readout.activation](update + parameters[f"{PREFIX}shift{number}"][species][None])
    return value


def _filters(basis: Basis, edges: Edges) -> jax.Array:
    """The radial functions of every edge, (batch, edges, basis)."""
    values: jax.Array = jax.vmap(jax.vmap(lambda distance: radial_basis(distance, basis, jnp)))(edges.distances)
    if edges.present is None:
        return values
    return values * jnp.asarray(edges.present, values.dtype)[None, :, None]


def _affine(value: jax.Array, weight: jax.Array, species: NDArray[np.int32]) -> jax.Array:
    return jnp.einsum("bni,nio->bno", value, weight[species])
