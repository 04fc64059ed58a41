"""The slots of all circuits, put together from the rows that hold them.

By far the largest arrays of a model, so the way there and the way back are written by hand: left to JAX, the gradient
pads every piece of the array to its full size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import chain

import jax
import jax.numpy as jnp

from qffc.models.row_evaluator import RowEvaluator, add_rows, take_rows
from qffc.models.shared_values import SharingPlan, Sites
from qffc.models.value_rows import Index

Blocks = tuple[jax.Array, ...]
Reads = tuple[Index, ...]
Uses = tuple[Index | None, ...]


@dataclass(frozen=True)
class _Run:
    """Neighbouring slots that a circuit reads in one row: columns ``start`` to ``stop`` of a block."""

    read: int
    start: int
    stop: int


@jax.tree_util.register_static
@dataclass(frozen=True)
class _Rows:
    """The number of rows of each block: no numbers for JAX to trace."""

    counts: tuple[int, ...]


@dataclass(frozen=True)
class SlotLayout:
    """Where slots are read.

    Args:
        keys: for each block, the values whose columns it holds, in order.
        widths: for each block, the number of its columns.
        reads: for each way in which circuits read a block: the number of the block, of its domain, and the sites.
        runs: the slots in order.
        domains: for each block, its domain, and whether all tuples of sites of the domain are read.
    """

    keys: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    reads: tuple[tuple[int, int, Sites], ...]
    runs: tuple[_Run, ...]
    domains: tuple[tuple[int, bool], ...]


def slot_layout(plan: SharingPlan) -> SlotLayout:
    """Return the layout of a plan: one block for each domain, neighbouring slots in runs."""
    blocks: dict[int, int] = {}
    keys: list[dict[str, int]] = []
    widths: list[int] = []
    reads: dict[tuple[int, int, Sites], int] = {}
    runs: list[_Run] = []
    for root, width in chain(((root, 1) for root in plan.scalars), ((root, 3) for root in plan.vectors)):
        domain = plan.domains.index(plan.nodes[root.key].domain)
        block = blocks.setdefault(domain, len(blocks))
        if block == len(keys):
            keys.append({})
            widths.append(0)
        if root.key not in keys[block]:
            keys[block][root.key] = widths[block]
            widths[block] += width
        read = reads.setdefault((block, domain, root.sites), len(reads))
        start = keys[block][root.key]
        if runs and (runs[-1].read, runs[-1].stop) == (read, start):
            runs[-1] = _Run(read, runs[-1].start, start + width)
        else:
            runs.append(_Run(read, start, start + width))
    domains = tuple(
        (domain, tuple(sites for where, _, sites in reads if where == block) == plan.domains[domain].tuples)
        for domain, block in blocks.items()
    )
    return SlotLayout(tuple(map(tuple, keys)), tuple(widths), tuple(reads), tuple(runs), domains)


def slot_array(evaluate: RowEvaluator, layout: SlotLayout, plan: SharingPlan, shape: tuple[int, int, int]) -> jax.Array:
    """Return the slots in the order of the split.

    Args:
        evaluate: of the geometries.
        layout: of the plan.
        plan: says what the slots are.
        shape: batch, circuits, channels.

    Returns:
        (batch, circuits, channels, slots), radians.
    """
    if not layout.runs:
        return jnp.zeros((*shape, 0), evaluate.dtype)
    blocks = tuple(_block(evaluate, plan, keys, shape) for keys in layout.keys)
    reads = tuple(evaluate.rows.reads[domain, sites] for _, domain, sites in layout.reads)
    uses = tuple(evaluate.rows.uses[domain] if whole else None for domain, whole in layout.domains)
    return _gather(layout, blocks, reads, uses)


def _block(evaluate: RowEvaluator, plan: SharingPlan, keys: tuple[str, ...], shape: tuple[int, int, int]) -> jax.Array:
    """Values side by side, (batch, rows, channels, columns)."""
    values = {key: evaluate.on_rows(key) for key in keys}
    parts = [value if plan.nodes[key].value.law.rank else value[..., None] for key, value in values.items()]
    lengths = (shape[0], max(part.shape[1] for part in parts), shape[2])
    return jnp.concatenate([jnp.broadcast_to(part, (*lengths, part.shape[-1])) for part in parts], axis=-1)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _gather(layout: SlotLayout, blocks: Blocks, reads: Reads, uses: Uses) -> jax.Array:
    """Blocks (batch, rows, channels, columns) to slots (batch, circuits, channels, slots)."""
    del uses
    found = [take_rows(blocks[block], index) for (block, *_), index in zip(layout.reads, reads, strict=True)]
    return jnp.concatenate([found[run.read][..., run.start : run.stop] for run in layout.runs], axis=-1)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _collect(layout: SlotLayout, rows: tuple[int, ...], slots: jax.Array, reads: Reads, uses: Uses) -> Blocks:
    """The transpose of :func:`_gather`: what circuits say about a row is summed."""
    sums: list[jax.Array] = []
    for block, width in enumerate(layout.widths):
        pieces, indices = [], []
        for number, (index, (where, *_)) in enumerate(zip(reads, layout.reads, strict=True)):
            if where == block:
                pieces.append(_columns(layout, number, width, slots))
                indices.append(jnp.asarray(index))
        whole = jnp.concatenate(pieces, axis=1)
        circuits = uses[block]
        if circuits is None:
            sums.append(add_rows(whole, jnp.concatenate(indices), rows[block]))
        else:
            found = [take_rows(whole, circuits[:, use]) for use in range(circuits.shape[1])]
            sums.append(sum(found[1:], found[0]))
    return tuple(sums)


def _columns(layout: SlotLayout, read: int, width: int, slots: jax.Array) -> jax.Array:
    """The slots of one way of reading in the order of the columns of the block; 0 where a column is not read."""
    edges = {0, width}
    offset = 0
    spans = []
    for run in layout.runs:
        size = run.stop - run.start
        if run.read == read:
            spans.append((run.start, run.stop, offset))
            edges |= {run.start, run.stop}
        offset += size
    bounds = sorted(edges)
    parts = []
    for start, stop in zip(bounds[:-1], bounds[1:], strict=True):
        found = [slots[..., at + start - a : at + stop - a] for a, b, at in spans if a <= start and stop <= b]
        parts.append(sum(found[1:], found[0]) if found else jnp.zeros((*slots.shape[:-1], stop - start), slots.dtype))
    return jnp.concatenate(parts, axis=-1)


def _gather_forward(
    layout: SlotLayout, blocks: Blocks, reads: Reads, uses: Uses
) -> tuple[jax.Array, tuple[_Rows, Reads, Uses]]:
    rows = _Rows(tuple(block.shape[1] for block in blocks))
    return _gather(layout, blocks, reads, uses), (rows, reads, uses)


def _gather_reverse(
    layout: SlotLayout, saved: tuple[_Rows, Reads, Uses], slots: jax.Array
) -> tuple[Blocks, None, None]:
    rows, reads, uses = saved
    return _collect(layout, rows.counts, slots, reads, uses), None, None


def _collect_forward(
    layout: SlotLayout, rows: tuple[int, ...], slots: jax.Array, reads: Reads, uses: Uses
) -> tuple[Blocks, tuple[Reads, Uses]]:
    return _collect(layout, rows, slots, reads, uses), (reads, uses)


def _collect_reverse(
    layout: SlotLayout, rows: tuple[int, ...], saved: tuple[Reads, Uses], blocks: Blocks
) -> tuple[jax.Array, None, None]:
    del rows
    return _gather(layout, blocks, *saved), None, None


_gather.defvjp(_gather_forward, _gather_reverse)
_collect.defvjp(_collect_forward, _collect_reverse)
