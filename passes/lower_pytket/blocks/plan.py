"""A kernel as blocks: worked out once, from its operations alone."""

from __future__ import annotations

from dataclasses import dataclass

from qffc.ir.pauli import Letter
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_pytket.blocks.fuse import Block, fused
from qffc.passes.lower_pytket.blocks.items import KNOWN, Item, items_of
from qffc.passes.measurement.settings import Setting


@dataclass(frozen=True, eq=False)
class BlockPlan:
    """The blocks of a kernel.

    Args:
        items: the operations on one or two qubits.
        blocks: of them, in the order in which they run.
        ends: the qubit that each track is at the end.
        bases: what each qubit is measured in; None when nothing is measured.
    """

    items: tuple[Item, ...]
    blocks: tuple[Block, ...]
    ends: tuple[int, ...]
    bases: tuple[Letter | None, ...] | None


def block_plan(split: Split, setting: Setting | None) -> BlockPlan | None:
    """Return the blocks of a kernel; None where some operation has a number of gates that depends on its angle.

    Args:
        split: the program.
        setting: what is measured at the end, if anything is.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.circuit.split_program import split_program
        >>> block_plan(split_program(load("sivqlm-lih", depth=1)), None).blocks
        ((0, 1, 2, 3), (4,), (5,))
    """
    if any(op.kind not in KNOWN for op in split.ops):
        return None
    items, tracks = items_of(split, setting)
    ends = tuple(tracks.index(track) for track in range(len(tracks)))
    return BlockPlan(tuple(items), tuple(fused(items)), ends, None if setting is None else setting.bases)
