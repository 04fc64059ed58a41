"""The classical head: atomic energies from features, one small neural network per species of the atom.

So energies are summed as by Behler and Parrinello (Behler-Parrinello networks), but the features come from circuits.
Atoms may exchange messages after its first layer: message passing, as in the continuous-filter convolutions of SchNet
(Schuett et al., arXiv:1706.08566): an atom then sees what its neighbours' circuits measured.
"""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp

from qffc.ir.declarations import AtomicReadout
from qffc.ir.diagnostics import InternalError
from qffc.ir.program import Program
from qffc.models.edges import Edges
from qffc.models.messages import by_kinds, ends_of, received, ways_of
from qffc.models.rounds import ACTIVATIONS, PREFIX, Carried, numbers_after, round_shapes, shifts
from qffc.models.rows.species_rows import times_weights
from qffc.passes.lower_jax.native_layers import Index


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
    species: Index,
    edges: Edges | None = None,
    carried: Carried | None = None,
    *,
    native: bool = False,
) -> jax.Array:
    """Return the energy of each atom in the model's own unit.

    Args:
        readout: widths, activation, messages and rounds.
        parameters: the arrays of :func:`head_shapes`.
        features: (batch, atoms, features), normalized; of the last round.
        species: (atoms,).
        edges: between which atoms messages go; needed by readouts with messages.
        carried: what the atoms carry into the last round.
        native: whether layers are native functions.

    Returns:
        (batch, atoms).
    """
    value = last_hidden(readout, parameters, features, species, edges, carried, native=native)
    last = len(readout.hidden)
    weight, bias = parameters[f"{PREFIX}weight{last}"], parameters[f"{PREFIX}bias{last}"]
    value = times_weights(value, weight, species, native=native) + shifts(bias, species)
    return value[..., 0].T


def last_hidden(
    readout: AtomicReadout,
    parameters: Mapping[str, jax.Array],
    features: jax.Array,
    species: Index,
    edges: Edges | None = None,
    carried: Carried | None = None,
    *,
    native: bool = False,
) -> jax.Array:
    """Return what goes into the last layer, of which the energies are linear functions.

    The arguments are those of :func:`atomic_energies`.

    Returns:
        (atoms, batch, width of the last hidden layer).
    """
    if readout.rounds is None:
        value = jnp.swapaxes(features, 0, 1)  # atoms first
    else:
        last_round = readout.rounds.count - 1
        hidden = numbers_after(readout, parameters, last_round, features, species, carried, native=native)
        value = jnp.swapaxes(hidden, 0, 1)
    for layer in range(0 if readout.rounds is None else 1, len(readout.hidden)):
        weight, bias = parameters[f"{PREFIX}weight{layer}"], parameters[f"{PREFIX}bias{layer}"]
        value = ACTIVATIONS[readout.activation](
            times_weights(value, weight, species, native=native) + shifts(bias, species)
        )
        if layer == 0 and readout.messages is not None:
            value = _exchange_messages(readout, parameters, value, species, edges, native)
    return value


def _exchange_messages(
    readout: AtomicReadout,
    parameters: Mapping[str, jax.Array],
    value: jax.Array,
    species: Index,
    edges: Edges | None,
    native: bool,
) -> jax.Array:
    """The features of atoms (atoms, batch, width) after all rounds."""
    if edges is None or readout.messages is None:
        raise InternalError("messages without edges between atoms")
    ends = ends_of(species, edges, len(parameters[f"{PREFIX}bias0"]))
    ways = ways_of(edges, readout.messages.basis)
    silent = jnp.zeros((*value.shape[:2], 4, 0), value.dtype)
    for number in range(readout.messages.rounds):
        sent = times_weights(value, parameters[f"{PREFIX}sent{number}"], species, native=native)
        tables = by_kinds(parameters[f"{PREFIX}filter{number}"])
        _, numbers = received(ways, ends, tables, silent, sent, native=native)
        both = jnp.concatenate([value, numbers], axis=-1)
        update = times_weights(both, parameters[f"{PREFIX}update{number}"], species, native=native)
        value = value + ACTIVATIONS[readout.activation](update + shifts(parameters[f"{PREFIX}shift{number}"], species))
    return value
