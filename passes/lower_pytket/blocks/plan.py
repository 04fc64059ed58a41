"""A kernel as blocks: worked out once, from its operations and from numbers without special values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qffc.ir.pauli import Letter
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_pytket.blocks.axes import choose_axes
from qffc.passes.lower_pytket.blocks.fuse import Block, fused
from qffc.passes.lower_pytket.blocks.items import KNOWN, Item, items_of
from qffc.passes.lower_pytket.blocks.parts import BlockParts, Part
from qffc.passes.lower_pytket.gate_columns import TINY
from qffc.passes.lower_pytket.ops import NumericOp
from qffc.passes.lower_pytket.turn_arrays import Floats
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
        prices: what the gates of a shot cost in blocks and otherwise, once it is known.
    """

    items: tuple[Item, ...]
    blocks: tuple[Block, ...]
    axes: tuple[int, ...]
    ends: tuple[int, ...]
    bases: tuple[Letter | None, ...] | None
    prices: tuple[float, float] = (0.0, 0.0)


def block_plan(
    split: Split, setting: Setting | None, sample: Sequence[NumericOp], *, fold_swaps: bool, target: Target
) -> tuple[BlockPlan, tuple[Part, ...]] | None:
    """Return the blocks of a kernel, and their parts for the sample.

    None where some operation has a number of gates that depends on its angle.

    Args:
        split: the program.
        setting: what is measured at the end, if anything is.
        sample: the operations with numbers that have no special values.
        fold_swaps: whether SWAPs are taken out of blocks.
        target: gives the preferred two-qubit gate and the minimum angles.
    """
    if any(op.kind not in KNOWN for op in split.ops):
        return None
    items, tracks = items_of(split, setting)
    ends = tuple(tracks.index(track) for track in range(len(tracks)))
    bases = None if setting is None else setting.bases
    blocks = tuple(fused(items))
    angles, vectors = np.array([[op.angle for op in sample]]), np.array([[op.vector for op in sample]])
    parts = tuple(block_parts(tuple(items), target, angles, vectors, fold_swaps=fold_swaps).parts(blocks))
    return BlockPlan(tuple(items), blocks, choose_axes(parts, bases, ends), ends, bases), parts


def block_parts(
    items: tuple[Item, ...], target: Target, angles: Floats, vectors: Floats, *, fold_swaps: bool
) -> BlockParts:
    """Return what computes the parts for a target."""
    least, three_angles = max(target.minimum.zz_phase, TINY), target.two_qubit == "TK2"
    return BlockParts(items, angles, vectors, fold_swaps=fold_swaps, least=least, three_angles=three_angles)
