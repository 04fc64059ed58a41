"""Tables of slots of every kind for a program, with random numbers."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_jax.slot_tables import SlotTables

ROWS = 5


@dataclass(frozen=True, eq=False)
class TableCase:
    split: Split
    tables: SlotTables
    shape: tuple[int, int, int]
    inputs: tuple[tuple[jax.Array, ...], tuple[np.ndarray, ...]]
    along: tuple[jax.Array, ...]
    weights: jax.Array
    weights_along: jax.Array


def table_case(split: Split, shape: tuple[int, int, int], seed: int, kind=np.float64) -> TableCase:
    """Slots dealt at random to tables by frame and channel, by frame, by channel, by neither, and of one row.

    The first table is read twice; some vectors are multiplied with a number of another table.
    """
    rng = np.random.default_rng(seed)
    frames, instances, channels = shape
    sizes = [(frames, ROWS, channels), (frames, ROWS, 1), (1, ROWS, channels), (1, ROWS, 1), (1, 1, 1)]
    reads = (0, *range(len(sizes)))
    widths = [int(rng.integers(3)) for _ in sizes]  # columns that nobody reads

    def place(size):
        read = int(rng.integers(len(reads)))
        widths[reads[read]] += size
        return read, widths[reads[read]] - size

    scalars = tuple(place(1) for _ in split.scalars)
    vectors = tuple((place(3), place(1) if rng.random() < 0.5 else None) for _ in split.vectors)
    widths = [max(1, width) for width in widths]
    tables = SlotTables(tuple(widths), reads, scalars, vectors)

    def numbers(*lengths):
        return jnp.asarray(rng.normal(size=lengths).astype(kind))

    values, along = (tuple(numbers(*size, width) for size, width in zip(sizes, widths, strict=True)) for _ in range(2))
    rows = tuple(rng.integers(sizes[table][1], size=instances).astype(np.int32) for table in reads)
    moments = (*shape, len(split.observables))
    return TableCase(split, tables, shape, (values, rows), along, numbers(*moments), numbers(*moments))
