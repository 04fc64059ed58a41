"""The slots of all circuits, put together from the rows that hold them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain

import jax
import jax.numpy as jnp

from qffc.models.row_evaluator import RowEvaluator
from qffc.models.shared_values import Domain, Root, SharingPlan


@dataclass(frozen=True)
class _Run:
    """Neighbouring slots that a circuit reads in one row, as a range of columns of the block of the domain."""

    root: Root
    domain: Domain
    start: int
    stop: int


def slot_array(evaluate: RowEvaluator, plan: SharingPlan, shape: tuple[int, int, int]) -> jax.Array:
    """Return the slots in the order of the split.

    Args:
        evaluate: of the geometries.
        plan: says what the slots are.
        shape: batch, circuits, channels.

    Returns:
        (batch, circuits, channels, slots), radians.
    """
    runs, columns = _layout(plan)
    if not runs:
        return jnp.zeros((*shape, 0), evaluate.dtype)
    # (batch, rows, channels, columns): all slots of a domain side by side, read by each tuple of sites in one step.
    blocks = {domain: _block(evaluate, plan, keys, shape) for domain, keys in columns.items()}
    reads = {(run.domain, run.root.sites): run.root for run in runs}
    read = {key: evaluate.read(blocks[key[0]], root) for key, root in reads.items()}
    pieces = [read[run.domain, run.root.sites][..., run.start : run.stop] for run in runs]
    full = [jnp.broadcast_to(piece, (*shape, piece.shape[-1])) for piece in pieces]
    return jnp.concatenate(full, axis=-1)


def _layout(plan: SharingPlan) -> tuple[list[_Run], dict[Domain, list[str]]]:
    """The slots as runs of columns, and the values whose columns make up the block of each domain."""
    columns: dict[Domain, list[str]] = {}
    starts: dict[str, int] = {}
    widths: dict[Domain, int] = {}
    runs: list[_Run] = []
    for root, width in chain(((root, 1) for root in plan.scalars), ((root, 3) for root in plan.vectors)):
        domain = plan.nodes[root.key].domain
        if root.key not in starts:
            columns.setdefault(domain, []).append(root.key)
            starts[root.key] = widths.get(domain, 0)
            widths[domain] = starts[root.key] + width
        run = _Run(root, domain, starts[root.key], starts[root.key] + width)
        last = runs[-1] if runs else None
        if last and (last.domain, last.root.sites, last.stop) == (domain, root.sites, run.start):
            runs[-1] = replace(last, stop=run.stop)
        else:
            runs.append(run)
    return runs, columns


def _block(evaluate: RowEvaluator, plan: SharingPlan, keys: list[str], shape: tuple[int, int, int]) -> jax.Array:
    values = [evaluate.on_rows(key) for key in keys]
    parts = [value if plan.nodes[key].value.law.rank else value[..., None] for key, value in zip(keys, values, strict=True)]
    lengths = [max(part.shape[axis] for part in parts) for axis in range(3)]
    return jnp.concatenate([jnp.broadcast_to(part, (*lengths, part.shape[-1])) for part in parts], axis=-1)
