"""A kernel as blocks: worked out once, from its operations and from numbers without special values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

import numpy as np

from qffc.ir.pauli import Letter
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_pytket.blocks.axes import choose_axes
from qffc.passes.lower_pytket.blocks.fuse import Block, fused
from qffc.passes.lower_pytket.blocks.items import KNOWN, Item, items_of
from qffc.passes.lower_pytket.blocks.parts import BlockParts, Part
from qffc.passes.lower_pytket.gate_columns import TINY
from qffc.passes.lower_pytket.kernel_numbers import Arrays, as_arrays
from qffc.passes.lower_pytket.ops import NumericOp
from qffc.passes.lower_pytket.turn_arrays import Floats
from qffc.passes.lower_pytket.turns import nearest_zero
from qffc.passes.measurement.settings import Setting
from qffc.passes.target import Target


@dataclass(frozen=True, eq=False)
class BlockPlan:
    """The blocks of a kernel.

    Args:
        items: the operations on one or two qubits.
        blocks: of them, in the order in which they run.
        axes: of the parts that they become, which axis is written along z.
        ends: the qubit that each track is at the end.
        bases: what each qubit is measured in; None when nothing is measured.
    """

    items: tuple[Item, ...]
    blocks: tuple[Block, ...]
    axes: tuple[int, ...]
    ends: tuple[int, ...]
    bases: tuple[Letter | None, ...] | None


def block_plan(
    split: Split,
    setting: Setting | None,
    sample: Sequence[NumericOp],
    *,
    fold_swaps: bool,
    target: Target,
    beside: Arrays | None = None,
) -> tuple[BlockPlan, tuple[Part, ...]] | None:
    """Return the blocks of a kernel, and their parts: the sample first, then circuits beside it.

    None where some operation has a number of gates that depends on its angle.

    Args:
        split: the program.
        setting: what is measured at the end, if anything is.
        sample: the operations with numbers that have no special values.
        fold_swaps: whether SWAPs are taken out of blocks.
        target: gives the preferred two-qubit gate and the minimum angles.
        beside: numbers of circuits that are to be written; their parts are found sooner together with the sample's.
    """
    if any(op.kind not in KNOWN for op in split.ops):
        return None
    items, tracks = items_of(split, setting)
    ends = tuple(tracks.index(track) for track in range(len(tracks)))
    bases = None if setting is None else setting.bases
    blocks = tuple(fused(items))
    rows = as_arrays(sample)
    if beside is not None:
        rows = np.concatenate([rows[0], beside[0]]), np.concatenate([rows[1], beside[1]])
    parts = tuple(block_parts(tuple(items), target, *rows, fold_swaps=fold_swaps).parts(blocks))
    return BlockPlan(tuple(items), blocks, choose_axes(parts, bases, ends), ends, bases), parts


def block_parts(
    items: tuple[Item, ...], target: Target, angles: Floats, vectors: Floats, *, fold_swaps: bool
) -> BlockParts:
    """Return what computes the parts for a target."""
    least, three_angles = max(target.minimum.zz_phase, TINY), target.two_qubit == "TK2"
    return BlockParts(items, angles, vectors, fold_swaps=fold_swaps, least=least, three_angles=three_angles)


def gates_apart(items: Sequence[Item], angles: Sequence[float], *, fold_swaps: bool, least: float) -> int:
    """Return how many two-qubit gates operations take at least, where each is a gate of its own.

    Only preparations take in what comes next on their pair; they are not counted, nor is what does nothing.

    Args:
        items: in order.
        angles: of the operations of the kernel, radians.
        fold_swaps: whether SWAPs are taken out of exchanges.
        least: smaller angles are left out, radians.

    Example:
        >>> zz = Item((0, 1), 0, ("Z", "Z"))
        >>> gates_apart([zz, Item((1, 2), 0, ("X", "X")), zz], [0.3], fold_swaps=True, least=1e-4)
        2
    """
    partner: dict[int, int | None] = {}
    count = 0
    for item in items:
        if len(item.tracks) == 1:
            continue
        a, b = item.tracks
        if not item.prepares:
            angle = item.angle if item.op is None else angles[item.op]
            period = (pi / 4 if fold_swaps else pi / 2) if item.is_exchange else pi
            if abs(nearest_zero(angle, period)[0]) * (2 if item.is_exchange else 1) < least:
                continue
            if partner.get(a, b) != b or partner.get(b, a) != a:
                count += 1
                partner |= dict.fromkeys((partner.get(a, a), partner.get(b, b), a, b), None)  # type: ignore[arg-type]
                continue
        partner[a], partner[b] = b, a
    return count
