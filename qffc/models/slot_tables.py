"""The slots of all circuits as tables that circuits read: rows of atoms, columns of values.

Written out, slots would be by far the largest arrays of a model. So the kernel is given the rows of the values, and
which of them each circuit reads; the native one reads them, and sums gradients into them, by itself.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from qffc.models.row_evaluator import RowEvaluator
from qffc.models.shared_values import Root, SharingPlan, Sites
from qffc.passes.lower_jax.slot_tables import Inputs, Place, SlotTables

_Kind = tuple[int, bool, bool]
"""What values of a table have in common: their domain, and whether they depend on the frame and on the channel."""


class _Layout:
    """Collects the columns of tables."""

    def __init__(self, evaluate: RowEvaluator, plan: SharingPlan) -> None:
        self.evaluate = evaluate
        self.plan = plan
        self.columns: dict[_Kind, dict[str, int]] = {}
        self.widths: dict[_Kind, int] = {}
        self.reads: dict[tuple[_Kind, Sites], int] = {}

    def place(self, root: Root) -> Place:
        """Enter a value, which takes one column, or three if it is a vector."""
        node = self.plan.nodes[root.key]
        shape = self.evaluate.on_rows(root.key).shape
        kind = (self.plan.domains.index(node.domain), shape[0] > 1, shape[2] > 1)
        columns = self.columns.setdefault(kind, {})
        if root.key not in columns:
            columns[root.key] = self.widths.get(kind, 0)
            self.widths[kind] = columns[root.key] + (3 if node.value.law.rank else 1)
        return self.reads.setdefault((kind, root.sites), len(self.reads)), columns[root.key]

    def table(self, kind: _Kind) -> jax.Array:
        """The values of a table side by side, (frames or 1, rows, channels or 1, columns)."""
        values = {key: self.evaluate.on_rows(key) for key in self.columns[kind]}
        parts = [value if self.plan.nodes[key].value.law.rank else value[..., None] for key, value in values.items()]
        first, _, channels = parts[0].shape[:3]
        lengths = (first, len(self.evaluate.rows.atoms[kind[0]]), channels)
        return jnp.concatenate([jnp.broadcast_to(part, (*lengths, part.shape[-1])) for part in parts], axis=-1)


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
    kinds = list(layout.columns)
    tables = SlotTables(
        tuple(layout.widths[kind] for kind in kinds),
        tuple(kinds.index(kind) for kind, _ in layout.reads),
        scalars,
        vectors,
    )
    rows = tuple(evaluate.rows.reads[kind[0], sites] for kind, sites in layout.reads)
    return tables, (tuple(layout.table(kind) for kind in kinds), rows)
