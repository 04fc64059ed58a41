"""The slots of all circuits as tables that circuits read: rows of atoms, columns of values.

Written out, slots would be by far the largest arrays of a model. So the kernel is given the rows of the values, and
which of them each circuit reads; the native one reads them, and sums gradients into them, by itself.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from qffc.models.rows.row_evaluator import RowEvaluator
from qffc.models.rows.shared_values import Root, SharingPlan, Sites
from qffc.passes.lower_jax.slot_tables import Inputs, Place, SlotTables

_Kind = tuple[int, bool, bool]
"""What values of a table have in common: their domain, and whether they depend on the frame and on the channel."""


class _Layout:
    """Collects the columns of tables."""

    def __init__(self, evaluate: RowEvaluator, plan: SharingPlan) -> None:
        self.evaluate = evaluate
        self.plan = plan
        self.parts: dict[_Kind, list[jax.Array]] = {}
        self.widths: dict[_Kind, int] = {}
        self.starts: dict[int, int] = {}
        self.reads: dict[tuple[_Kind, Sites], int] = {}

    def place(self, root: Root) -> Place:
        """Enter a value, which takes one column, or three as a vector; a block of values is entered as a whole."""
        node = self.plan.nodes[root.key]
        block, place = self.evaluate.in_block(root.key)
        kind = (self.plan.domains.index(node.domain), block.shape[0] > 1, block.shape[2] > 1)
        if id(block) not in self.starts:
            columns = block.reshape(*block.shape[:3], -1)
            self.starts[id(block)] = self.widths.get(kind, 0)
            self.widths[kind] = self.starts[id(block)] + columns.shape[-1]
            self.parts.setdefault(kind, []).append(columns)
        column = self.starts[id(block)] + (3 * place if node.value.law.rank else place)
        return self.reads.setdefault((kind, root.sites), len(self.reads)), column

    def table(self, kind: _Kind) -> jax.Array:
        """The values of a table side by side, (frames or 1, rows, channels or 1, columns)."""
        first, _, channels = self.parts[kind][0].shape[:3]
        lengths = (first, len(self.evaluate.rows.atoms[kind[0]]), channels)
        return jnp.concatenate(
            [jnp.broadcast_to(part, (*lengths, part.shape[-1])) for part in self.parts[kind]], axis=-1
        )


def slot_tables(evaluate: RowEvaluator, plan: SharingPlan) -> tuple[SlotTables, Inputs]:
    """Return where slots are read, and the tables with the rows that circuits read.

    Args:
        evaluate: of the geometries.
        plan: says what the slots are.
    """
    layout = _Layout(evaluate, plan)
    scalars = tuple(layout.place(root) for root in plan.scalars)
    vectors = tuple(
        (layout.place(vector), None if number is None else layout.place(number)) for number, vector in plan.factors
    )
    kinds = list(layout.parts)
    tables = SlotTables(
        tuple(layout.widths[kind] for kind in kinds),
        tuple(kinds.index(kind) for kind, _ in layout.reads),
        scalars,
        vectors,
    )
    rows = tuple(evaluate.rows.reads[kind[0], sites] for kind, sites in layout.reads)
    return tables, (tuple(layout.table(kind) for kind in kinds), rows)
