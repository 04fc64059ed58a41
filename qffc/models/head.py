"""The classical head: atomic energies from features, one small neural network per species of the atom.

So energies are summed as by Behler and Parrinello (Behler-Parrinello networks), but the features come from circuits.
Atoms may exchange messages after its first layer: message passing, as in the continuous-filter convolutions of SchNet
(Schuett et al., arXiv:1706.08566): an atom then sees what its neighbours' circuits measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.declarations import AtomicReadout, Basis
from qffc.ir.diagnostics import InternalError
from qffc.ir.evaluate import radial_basis
from qffc.ir.program import Program
from qffc.models.rows.species_rows import order_of, summed, taken, times_weights

_ACTIVATIONS = {"silu": jax.nn.silu, "tanh": jnp.tanh}
PREFIX = "head."
"""Names of the head's arrays start with this; no parameter of a program can."""


@dataclass(frozen=True, eq=False)
class Edges:
    """Pairs of atoms that exchange messages, both ways.

    Args:
        centres: (edges,) the atom that receives.
        others: (edges,) the atom that sends.
        distances: (batch, edges), Angstrom.
        weights: (batch or 1, edges) what a message is multiplied with, 0 where the edge only fills up an array; None
            when all count in full.
    """

    centres: jax.Array | NDArray[np.int32]
    others: jax.Array | NDArray[np.int32]
    distances: jax.Array
    weights: jax.Array | None = None

    def at(self, order: NDArray[np.intp]) -> Edges:
        """Return the edges in another order."""
        weights = None if self.weights is None else self.weights[:, order]
        return Edges(self.centres[order], self.others[order], self.distances[:, order], weights)


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
    order = order_of(species)
    value = jnp.swapaxes(features, 0, 1)  # atoms first
    if order is not None:
        value, species = taken(value, order), species[order]
        edges = None if edges is None else _renumbered(edges, order)
    last = len(readout.hidden)
    for layer in range(last + 1):
        weight, bias = parameters[f"{PREFIX}weight{layer}"], parameters[f"{PREFIX}bias{layer}"]
        value = times_weights(value, weight, species) + _shifts(bias, species)
        if layer < last:
            value = _ACTIVATIONS[readout.activation](value)
        if layer == 0 and readout.messages is not None:
            value = _exchange_messages(readout, parameters, value, species, edges)
    energies = value[..., 0].T
    return energies if order is None else energies[:, np.argsort(order)]


def _exchange_messages(
    readout: AtomicReadout,
    parameters: Mapping[str, jax.Array],
    value: jax.Array,
    species: NDArray[np.int32],
    edges: Edges | None,
) -> jax.Array:
    """The features of atoms (atoms, batch, width) after all rounds."""
    if edges is None or readout.messages is None:
        raise InternalError("messages without edges between atoms")
    count = len(parameters[f"{PREFIX}bias0"])
    kinds = species[edges.centres] * count + species[edges.others]
    order = order_of(kinds)
    if order is not None:
        kinds, edges = kinds[order], edges.at(order)
    filters = _filters(readout.messages.basis, edges)
    for number in range(readout.messages.rounds):
        tables = parameters[f"{PREFIX}filter{number}"]
        by_kind = jnp.swapaxes(tables.reshape(count * count, *tables.shape[2:]), 1, 2)
        sent = times_weights(value, parameters[f"{PREFIX}sent{number}"], species)
        messages = times_weights(filters, by_kind, kinds) * taken(sent, edges.others)
        received = summed(messages, edges.centres, len(value))
        both = jnp.concatenate([value, received], axis=-1)
        update = times_weights(both, parameters[f"{PREFIX}update{number}"], species)
        value = value + _ACTIVATIONS[readout.activation](
            update + _shifts(parameters[f"{PREFIX}shift{number}"], species)
        )
    return value


def _renumbered(edges: Edges, order: NDArray[np.intp]) -> Edges:
    """The same edges for atoms in another order."""
    places = np.argsort(order).astype(np.int32)
    return replace(edges, centres=places[edges.centres], others=places[edges.others])


def _filters(basis: Basis, edges: Edges) -> jax.Array:
    """The radial functions of every edge, (edges, batch, basis)."""
    values: jax.Array = jax.vmap(jax.vmap(lambda distance: radial_basis(distance, basis, jnp)))(edges.distances.T)
    if edges.weights is None:
        return values
    return values * jnp.asarray(edges.weights, values.dtype).T[:, :, None]


def _shifts(bias: jax.Array, species: NDArray[np.int32]) -> jax.Array:
    """The biases of atoms, (atoms, 1, width)."""
    return taken(bias, species)[:, None]
