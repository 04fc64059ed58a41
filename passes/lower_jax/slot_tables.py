"""Where circuits read their slots: in rows of tables that many circuits share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.passes.circuit.split_program import Split

Tables = tuple[jax.Array, ...]
Rows = tuple[jax.Array | NDArray[np.int32], ...]
Inputs = tuple[Tables, Rows]
"""Tables (frames or 1, rows, channels or 1, columns), and for each read the row of each instance (instances,)."""

Cotangents = tuple[Tables, None]
"""Gradients or directions of :data:`Inputs`: those of the tables alone."""

Shape = tuple[int, int, int]
"""Frames, instances and channels of circuits."""

Place = tuple[int, int]
"""The number of a read, and a column of its table."""


@dataclass(frozen=True)
class SlotTables:
    """The slots of a program as columns of tables.

    A circuit reads one row of a table, or several: those of neighbour a and of neighbour b.

    Args:
        widths: the columns of each table.
        reads: the table of each read.
        scalars: the place of each scalar slot.
        vectors: for each vector slot the place of its x, followed by y and z, and the place of a number that the vector
            is multiplied with, or None.
    """

    widths: tuple[int, ...]
    reads: tuple[int, ...]
    scalars: tuple[Place, ...]
    vectors: tuple[tuple[Place, Place | None], ...]

    @property
    def width(self) -> int:
        """The numbers that a circuit reads."""
        return sum(self.widths[table] for table in self.reads)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where the numbers of each read begin among those of a circuit."""
        sizes = [self.widths[table] for table in self.reads]
        return tuple(int(start) for start in np.cumsum([0, *sizes])[:-1])

    def number(self, place: Place) -> int:
        """Return the number of a place among those that a circuit reads."""
        return self.starts[place[0]] + place[1]

    def slots(self, inputs: Inputs, shape: Shape) -> jax.Array:
        """Return the slots of all circuits, written out.

        Args:
            inputs: tables and rows.
            shape: frames, instances, channels.

        Returns:
            (frames, instances, channels, slots), radians.
        """
        tables, rows = inputs
        if not self.reads:
            return jnp.zeros((*shape, 0))
        found = [
            jnp.broadcast_to(tables[table].at[:, index].get(mode="promise_in_bounds"), (*shape, self.widths[table]))
            for table, index in zip(self.reads, rows, strict=True)
        ]
        numbers = jnp.concatenate(found, axis=-1)
        parts = [numbers[..., np.array([self.number(place) for place in self.scalars], dtype=int)]]
        for place, length in self.vectors:
            vector = numbers[..., self.number(place) : self.number(place) + 3]
            parts.append(vector if length is None else numbers[..., self.number(length), None] * vector)
        return jnp.concatenate(parts, axis=-1)


def own_rows(split: Split) -> SlotTables:
    """Return the one table in which every circuit has a row of its own: the flat slots of the split."""
    vectors = range(len(split.vectors))
    return SlotTables(
        widths=(split.slot_count,),
        reads=(0,),
        scalars=tuple((0, slot) for slot in range(len(split.scalars))),
        vectors=tuple(((0, split.vector_offset(slot)), None) for slot in vectors),
    )
