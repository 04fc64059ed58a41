"""What atoms carry from one round of circuits to the next: numbers and vectors, by classical layers and messages.

Numbers go to neighbours weighted by learned radial functions (continuous-filter convolutions, Schuett et al.,
arXiv:1706.08566), and vectors as in equivariant message passing (PaiNN, Schuett et al., arXiv:2102.03150), with the
part along the direction of the neighbour apart. ``ir/FORMAT.md`` has the formulas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.declarations import AtomicReadout, Rounds
from qffc.ir.diagnostics import InternalError
from qffc.ir.program import Program
from qffc.models.edges import Edges, Index
from qffc.models.rows.species_rows import order_of, summed, taken, times_weights

ACTIVATIONS = {"silu": jax.nn.silu, "tanh": jnp.tanh}
PREFIX = "head."
"""Names of the head's arrays start with this; no parameter of a program can."""

_FILTERS = ("same", "along", "out", "filter")
"""The radial functions of a round, in the order in which they stand side by side."""

Arrays = Mapping[str, jax.Array]


class Ways(NamedTuple):
    """What the messages of all rounds go by; the edges are sorted by the species of both atoms.

    Args:
        filters: (edges, batch, functions), the learned radial functions of all rounds.
        directions: (edges, batch, 3), unit vectors from the atom that receives.
    """

    filters: jax.Array
    directions: jax.Array


class Carried(NamedTuple):
    """What atoms carry into a round, and what messages go by.

    Args:
        numbers: (batch, atoms, numbers).
        vectors: (batch, atoms, vectors, 3).
        ways: of all rounds.
    """

    numbers: jax.Array
    vectors: jax.Array
    ways: Ways


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


def ways_of(readout: AtomicReadout, parameters: Arrays, species: NDArray[np.int32], edges: Edges) -> Ways:
    """Return what messages go by: all radial functions of a distance at once, in one product for each two species."""
    if readout.rounds is None:
        raise InternalError("messages of a readout without rounds")
    names = [f"{PREFIX}{name}{number}" for number in range(1, readout.rounds.count) for name in _FILTERS]
    tables = jnp.concatenate([parameters[name] for name in names], axis=2)
    edges, kinds = _by_kind(edges, species, len(tables))
    by_kind = jnp.swapaxes(tables.reshape(-1, *tables.shape[2:]), 1, 2)
    filters = times_weights(edges.filters(readout.rounds.basis), by_kind, kinds)
    return Ways(filters, jnp.swapaxes(edges.directions, 0, 1))


def ends_of(species: NDArray[np.int32], edges: Edges, count: int) -> tuple[Index, Index]:
    """Return the atoms that receive and those that send, (edges,) each, in the order of :func:`ways_of`.

    Args:
        species: (atoms,).
        edges: between which atoms messages go.
        count: how many species there are.
    """
    edges, _ = _by_kind(edges, species, count)
    return edges.centres, edges.others


def numbers_after(
    readout: AtomicReadout,
    parameters: Arrays,
    number: int,
    features: jax.Array,
    species: NDArray[np.int32],
    ends: tuple[Index, Index],
    carried: Carried | None,
) -> jax.Array:
    """Return the numbers that atoms have after a round, (batch, atoms, numbers).

    Args:
        readout: with rounds.
        parameters: arrays by name.
        number: of the round, from 0.
        features: (batch, atoms, features), normalized.
        species: (atoms,).
        ends: the atoms of :func:`ends_of`.
        carried: into the round; None into the first one.
    """
    act = ACTIVATIONS[readout.activation]
    order = order_of(species)
    rows = [jnp.swapaxes(features, 0, 1)]
    weight, bias = ("weight0", "bias0") if carried is None else (f"update{number}", f"shift{number}")
    if carried is not None:
        before = jnp.swapaxes(carried.numbers, 0, 1)
        sent = _by_species(before, parameters[f"{PREFIX}sent{number}"], species)
        weights = _filters_of(readout, carried.ways, number)[-1]
        rows += [before, summed(weights * taken(sent, ends[1]), ends[0], len(before))]
    value, kinds = jnp.concatenate(rows, axis=-1), species
    if order is not None:
        value, kinds = taken(value, order), species[order]
    value = act(times_weights(value, parameters[PREFIX + weight], kinds) + shifts(parameters[PREFIX + bias], kinds))
    if order is not None:
        value = taken(value, np.argsort(order))
    return jnp.swapaxes(value if carried is None else value + before, 0, 1)


def vectors_after(
    readout: AtomicReadout,
    parameters: Arrays,
    number: int,
    turning: jax.Array,
    numbers: jax.Array,
    species: NDArray[np.int32],
    ends: tuple[Index, Index],
    ways: Ways,
) -> jax.Array:
    """Return the vectors that atoms carry from a round into the next one, (batch, atoms, vectors, 3).

    Args:
        readout: with rounds.
        parameters: arrays by name.
        number: of the next round, from 1.
        turning: (batch, atoms, vectors of the circuits, 3).
        numbers: that the atoms carry into it too, (batch, atoms, numbers).
        species: (atoms,).
        ends: the atoms of :func:`ends_of`.
        ways: what messages go by.
    """
    batch, atoms, count, _ = turning.shape
    value = jnp.transpose(turning, (1, 0, 3, 2)).reshape(atoms, batch * 3, count)
    own = _by_species(value, parameters[f"{PREFIX}mix{number}"], species).reshape(atoms, batch, 3, -1)
    told = _by_species(jnp.swapaxes(numbers, 0, 1), parameters[f"{PREFIX}told{number}"], species)
    same, along, out, _ = (each[:, :, None] for each in _filters_of(readout, ways, number))
    heard = taken(jnp.concatenate([own, told[:, :, None]], axis=2), ends[1])
    vectors, numbers_heard = heard[:, :, :3], heard[:, :, 3:]
    direction = ways.directions[..., None]
    inner = jnp.sum(direction * vectors, axis=2, keepdims=True)
    found = own + summed(same * vectors + (along * inner + out * numbers_heard) * direction, ends[0], atoms)
    return jnp.transpose(found, (1, 0, 3, 2))


def shifts(bias: jax.Array, species: NDArray[np.int32]) -> jax.Array:
    """Return the biases of atoms, (atoms, 1, width)."""
    return taken(bias, species)[:, None]


def _filters_of(readout: AtomicReadout, ways: Ways, number: int) -> list[jax.Array]:
    """The filters of a round from the second one, by their names."""
    if readout.rounds is None:
        raise InternalError("messages of a readout without rounds")
    vectors, width = readout.rounds.vectors, readout.hidden[0]
    start = (number - 1) * (3 * vectors + width)
    return jnp.split(
        ways.filters[..., start : start + 3 * vectors + width], [vectors, 2 * vectors, 3 * vectors], axis=-1
    )


def _by_species(value: jax.Array, weights: jax.Array, species: NDArray[np.int32]) -> jax.Array:
    """Rows (atoms, batch, in) of atoms in any order times the matrices of their species."""
    order = order_of(species)
    if order is None:
        return times_weights(value, weights, species)
    return taken(times_weights(taken(value, order), weights, species[order]), np.argsort(order))


def _by_kind(edges: Edges, species: NDArray[np.int32], count: int) -> tuple[Edges, NDArray[np.int32]]:
    """Edges sorted by the species of both atoms, and which of these pairs each has."""
    kinds = species[edges.centres] * count + species[edges.others]
    order = order_of(kinds)
    return (edges, kinds) if order is None else (edges.at(order), kinds[order])
