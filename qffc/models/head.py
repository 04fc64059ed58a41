"""The classical head: atomic energies from features, one small neural network per species of the atom.

So energies are summed as by Behler and Parrinello (Behler-Parrinello networks), but the features come from circuits.
Atoms may exchange messages after its first layer: message passing, as in the continuous-filter convolutions of SchNet
(Schuett et al., arXiv:1706.08566): an atom then sees what its neighbours' circuits measured.
"""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.declarations import AtomicReadout
from qffc.ir.diagnostics import InternalError
from qffc.ir.program import Program
from qffc.models.edges import Edges
from qffc.models.rounds import ACTIVATIONS, PREFIX, Carried, ends_of, numbers_after, round_shapes, shifts
from qffc.models.rows.species_rows import order_of, summed, taken, times_weights


def head_shapes(program: Program) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the arrays of the head: of each layer weights (species, in, out) and biases (species, out).

    With messages, for each round: ``filter`` (species, species, width, basis), the radial functions by the species of
    the receiving and the sending atom; ``sent`` (species, width, width); and weights and biases of the layer that takes
    what was received, ``update`` and ``shift``. With rounds of circuits there is what ``rounds.py`` has.
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
    return shapes | (round_shapes(program, readout, readout.rounds) if readout.rounds is not None else {})


def atomic_energies(
    readout: AtomicReadout,
    parameters: Mapping[str, jax.Array],
    features: jax.Array,
    species: NDArray[np.int32],
    edges: Edges | None = None,
    carried: Carried | None = None,
) -> jax.Array:
    """Return the energy of each atom in the model's own unit.

    Args:
        readout: widths, activation, messages and rounds.
        parameters: the arrays of :func:`head_shapes`.
        features: (batch, atoms, features), normalized; of the last round.
        species: (atoms,).
        edges: between which atoms messages go; needed by readouts with messages or rounds.
        carried: what the atoms carry into the last round.

    Returns:
        (batch, atoms).
    """
    order = order_of(species)
    if readout.rounds is not None:
        if edges is None:
            raise InternalError("messages without edges between atoms")
        ends = ends_of(species, edges, len(parameters[f"{PREFIX}bias0"]))
        hidden = numbers_after(readout, parameters, readout.rounds.count - 1, features, species, ends, carried)
        value = jnp.swapaxes(hidden, 0, 1)
    else:
        value = jnp.swapaxes(features, 0, 1)  # atoms first
    if order is not None:
        value, species = taken(value, order), species[order]
        edges = None if edges is None else edges.renumbered(order)
    last = len(readout.hidden)
    for layer in range(0 if readout.rounds is None else 1, last + 1):
        weight, bias = parameters[f"{PREFIX}weight{layer}"], parameters[f"{PREFIX}bias{layer}"]
        value = times_weights(value, weight, species) + shifts(bias, species)
        if layer < last:
            value = ACTIVATIONS[readout.activation](value)
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
    filters = edges.filters(readout.messages.basis)
    for number in range(readout.messages.rounds):
        tables = parameters[f"{PREFIX}filter{number}"]
        by_kind = jnp.swapaxes(tables.reshape(count * count, *tables.shape[2:]), 1, 2)
        sent = times_weights(value, parameters[f"{PREFIX}sent{number}"], species)
        messages = times_weights(filters, by_kind, kinds) * taken(sent, edges.others)
        received = summed(messages, edges.centres, len(value))
        both = jnp.concatenate([value, received], axis=-1)
        update = times_weights(both, parameters[f"{PREFIX}update{number}"], species)
        value = value + ACTIVATIONS[readout.activation](update + shifts(parameters[f"{PREFIX}shift{number}"], species))
    return value
