"""Messages between atoms: numbers and vectors that neighbours send, weighted by learned functions of the distance.

Numbers go as in continuous-filter convolutions (SchNet, Schuett et al., arXiv:1706.08566).
Vectors go as in equivariant message passing (PaiNN, Schuett et al., arXiv:2102.03150), with the part along the
direction of the neighbour apart.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from qffc.ir.declarations import Basis
from qffc.models.edges import Edges
from qffc.models.rows.species_rows import order_of, summed, taken, times_weights
from qffc.passes.lower_jax.edge_vectors import edge_vectors
from qffc.passes.lower_jax.native_layers import Index
from qffc.passes.lower_jax.native_messages import MOST_BASIS, Heard, messages


class Ends(NamedTuple):
    """Between which atoms messages go.

    Args:
        receivers: (edges,) atoms.
        senders: (edges,) atoms.
        kinds: (edges,) the pair of their species: that of the receiver times the number of species, and the other.
    """

    receivers: Index
    senders: Index
    kinds: Index


class Ways(NamedTuple):
    """What messages go by.

    Args:
        basis: (edges, batch, basis), radial functions of each edge.
        directions: (edges, batch, 3), unit vectors from the atom that receives.
    """

    basis: jax.Array
    directions: jax.Array


def ends_of(species: Index, edges: Edges, count: int) -> Ends:
    """Return between which atoms messages go.

    Args:
        species: (atoms,).
        edges: pairs of atoms.
        count: how many species there are.
    """
    return Ends(edges.centres, edges.others, species[edges.centres] * count + species[edges.others])


def ways_of(edges: Edges, basis: Basis) -> Ways:
    """Return what messages between pairs of atoms go by."""
    return Ways(edges.filters(basis), jnp.swapaxes(edges.directions, 0, 1))


def by_kinds(*tables: jax.Array) -> jax.Array:
    """Learned functions (species, species, functions, basis) of several kinds as (kinds, basis, all functions)."""
    together = jnp.concatenate(tables, axis=2) if len(tables) > 1 else tables[0]
    return jnp.swapaxes(together.reshape(-1, *together.shape[2:]), 1, 2)


def received(
    ways: Ways, ends: Ends, tables: jax.Array, heard: jax.Array, sent: jax.Array, *, native: bool
) -> tuple[jax.Array, jax.Array]:
    """Return what atoms receive: vectors (atoms, batch, 3, vectors) and numbers (atoms, batch, numbers).

    Args:
        ways: basis and directions of the edges.
        ends: between which atoms.
        tables: of :func:`by_kinds`: for vectors as they are, along the direction, for what numbers tell, for numbers.
        heard: (atoms, batch, 4, vectors): three components of vectors, then what numbers tell.
        sent: (atoms, batch, numbers).
        native: whether by the native function, which must be there.
    """
    count = heard.shape[-1]
    if native and ways.basis.shape[-1] <= MOST_BASIS:
        return messages(Heard(*ways, heard, sent, tables), *ends)
    if native:
        ends = Ends(*map(jnp.asarray, ends))
    elif (order := order_of(ends.kinds)) is not None:
        # Sorted by gathering once: products sort rows by products of matrices, which are many here.
        ways, ends = Ways(*(each[order] for each in ways)), Ends(*(each[order] for each in ends))
    filters = times_weights(ways.basis, tables, ends.kinds, native=native)
    numbers = summed(filters[..., 3 * count :] * taken(sent, ends.senders), ends.receivers, len(sent))
    if not count:
        return jnp.zeros((*heard.shape[:2], 3, 0), heard.dtype), numbers
    vectors = edge_vectors(filters[..., : 3 * count], ways.directions, taken(heard, ends.senders))
    return summed(vectors, ends.receivers, len(heard)), numbers
