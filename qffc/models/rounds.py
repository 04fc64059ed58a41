"""What atoms carry from one round of circuits to the next: numbers and vectors, by classical layers and messages.

``ir/FORMAT.md`` has the formulas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp

from qffc.ir.declarations import AtomicReadout, Rounds
from qffc.ir.diagnostics import InternalError
from qffc.ir.program import Program
from qffc.models.messages import Ends, Ways, by_kinds, received
from qffc.models.rows.species_rows import taken, times_weights
from qffc.passes.lower_jax.native_layers import Index

ACTIVATIONS = {"silu": jax.nn.silu, "tanh": jnp.tanh}
PREFIX = "head."
"""Names of the head's arrays start with this; no parameter of a program can."""

_FILTERS = ("same", "along", "out", "filter")
"""The radial functions of a round, in the order in which they stand side by side."""

Arrays = Mapping[str, jax.Array]


class Carried(NamedTuple):
    """What atoms carry into a round.

    Args:
        numbers: (batch, atoms, numbers).
        vectors: (batch, atoms, vectors, 3).
        received: (batch, atoms, numbers), what neighbours sent of theirs.
    """

    numbers: jax.Array
    vectors: jax.Array
    received: jax.Array


def round_shapes(program: Program, readout: AtomicReadout, rounds: Rounds) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the arrays by name, for each round k from the second one, which is 1.

    ``mix{k}`` (species, vectors of the circuits, vectors) makes the vectors that go into it. ``same{k}``, ``along{k}``
    and ``out{k}`` (species, species, vectors, basis) are the radial functions of their messages, by the species of the
    receiving and the sending atom, and ``told{k}`` (species, numbers, vectors) makes what numbers add to them.
    ``filter{k}`` (species, species, numbers, basis) and ``sent{k}`` (species, numbers, numbers) are those of the
    messages of numbers; ``update{k}`` and ``shift{k}`` the layer after the round.
    """
    species, width, size = len(program.species), readout.hidden[0], rounds.basis.size
    shapes: dict[str, tuple[int, ...]] = {}
    for number in range(1, rounds.count):
        shapes[f"{PREFIX}mix{number}"] = (species, len(program.turning) * program.channels, rounds.vectors)
        shapes[f"{PREFIX}same{number}"] = (species, species, rounds.vectors, size)
        shapes[f"{PREFIX}along{number}"] = (species, species, rounds.vectors, size)
        shapes[f"{PREFIX}out{number}"] = (species, species, rounds.vectors, size)
        shapes[f"{PREFIX}told{number}"] = (species, width, rounds.vectors)
        shapes[f"{PREFIX}filter{number}"] = (species, species, width, size)
        shapes[f"{PREFIX}sent{number}"] = (species, width, width)
        shapes[f"{PREFIX}update{number}"] = (species, program.feature_count + 2 * width, width)
        shapes[f"{PREFIX}shift{number}"] = (species, width)
    return shapes


def numbers_after(
    readout: AtomicReadout,
    parameters: Arrays,
    number: int,
    features: jax.Array,
    species: Index,
    carried: Carried | None,
    *,
    native: bool,
) -> jax.Array:
    """Return the numbers that atoms have after a round, (batch, atoms, numbers).

    Args:
        readout: with rounds.
        parameters: arrays by name.
        number: of the round, from 0.
        features: (batch, atoms, features), normalized.
        species: (atoms,).
        carried: into the round; None into the first one.
        native: whether layers are native functions.
    """
    act = ACTIVATIONS[readout.activation]
    weight, bias = ("weight0", "bias0") if carried is None else (f"update{number}", f"shift{number}")
    rows = [features] if carried is None else [features, carried.numbers, carried.received]
    value = jnp.swapaxes(jnp.concatenate(rows, axis=-1), 0, 1)
    product = times_weights(value, parameters[PREFIX + weight], species, native=native)
    value = jnp.swapaxes(act(product + shifts(parameters[PREFIX + bias], species)), 0, 1)
    return value if carried is None else value + carried.numbers


def carried_into(
    readout: AtomicReadout,
    parameters: Arrays,
    number: int,
    turning: jax.Array | None,
    numbers: jax.Array,
    species: Index,
    ways: Ways,
    ends: Ends,
    *,
    native: bool,
) -> Carried:
    """Return what atoms carry into a round.

    Args:
        readout: with rounds.
        parameters: arrays by name.
        number: of the round, from 1.
        turning: (batch, atoms, vectors of the circuits, 3), of the round before; None where nothing turns.
        numbers: that the atoms have after the round before, (batch, atoms, numbers).
        species: (atoms,).
        ways: what messages go by.
        ends: between which atoms.
        native: whether layers are native functions.
    """
    if readout.rounds is None:
        raise InternalError("what is carried without rounds")
    rows = jnp.swapaxes(numbers, 0, 1)
    atoms, batch, _ = rows.shape
    weights = {name: parameters[f"{PREFIX}{name}{number}"] for name in ("sent", "told", "mix", *_FILTERS)}
    sent = times_weights(rows, weights["sent"], species, native=native)
    if turning is None:
        silent = jnp.zeros((atoms, batch, 4, 0), rows.dtype)
        _, found = received(ways, ends, by_kinds(weights["filter"]), silent, sent, native=native)
        nothing = jnp.zeros((batch, atoms, readout.rounds.vectors, 3), rows.dtype)
        return Carried(numbers, nothing, jnp.swapaxes(found, 0, 1))
    value = jnp.transpose(turning, (1, 0, 3, 2)).reshape(atoms, batch * 3, -1)
    own = times_weights(value, weights["mix"], species, native=native).reshape(atoms, batch, 3, -1)
    told = times_weights(rows, weights["told"], species, native=native)
    heard = jnp.concatenate([own, told[:, :, None]], axis=2)
    tables = by_kinds(*(weights[name] for name in _FILTERS))
    vectors, found = received(ways, ends, tables, heard, sent, native=native)
    return Carried(numbers, jnp.transpose(own + vectors, (1, 0, 3, 2)), jnp.swapaxes(found, 0, 1))


def shifts(bias: jax.Array, species: Index) -> jax.Array:
    """Return the biases of atoms, (atoms, 1, width)."""
    return taken(bias, species)[:, None]
