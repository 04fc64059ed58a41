"""Blocks of a circuit that is there already: native gates that came out of other passes, brought together once more."""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np
from pytket.circuit import Circuit, OpType

from qffc.ir.diagnostics import InternalError
from qffc.ir.pauli import LETTERS, Letter
from qffc.passes.lower_pytket.batch_circuits import BatchCircuits
from qffc.passes.lower_pytket.blocks.axes import choose_axes
from qffc.passes.lower_pytket.blocks.fuse import fused
from qffc.passes.lower_pytket.blocks.items import Item
from qffc.passes.lower_pytket.blocks.plan import BlockPlan, block_parts
from qffc.passes.lower_pytket.blocks.writer import BlockWriter
from qffc.passes.target import Target


def in_blocks(circuit: Circuit, target: Target, *, fold_swaps: bool = True) -> Circuit:
    """Return the circuit with what comes together on one pair of qubits as one gate.

    Args:
        circuit: of native gates with numbers, its qubits in |0>; measurements come last.
        target: gives the preferred two-qubit gate and the minimum angles.
        fold_swaps: whether SWAPs are taken out of blocks.

    Example:
        >>> from qffc.targets.catalogue import target
        >>> circuit = Circuit(2).PhasedX(0.5, 0.1, 0).ZZPhase(0.2, 0, 1).PhasedX(0.3, 0.2, 1).ZZPhase(0.4, 0, 1)
        >>> in_blocks(circuit, target("H2-1")).n_2qb_gates()
        1
    """
    wires = {qubit: number for number, qubit in enumerate(circuit.qubits)}
    items: list[Item] = []
    angles: list[float] = []
    vectors: list[tuple[float, float, float]] = []
    measured: dict[int, int] = {}

    def add(tracks: tuple[int, ...], angle: float, letters: tuple[Letter, ...] = ()) -> None:
        items.append(Item(tracks, len(angles), letters))
        angles.append(angle)
        vectors.append((0.0, 0.0, 0.0))

    for command in circuit:
        tracks = tuple(wires[qubit] for qubit in command.qubits)
        numbers = [pi * float(number) for number in command.op.params]
        match command.op.type:
            case OpType.Measure:
                measured[command.bits[0].index[0]] = tracks[0]
            case OpType.Barrier:
                pass
            case OpType.Rz:
                add(tracks, numbers[0], ("Z",))
            case OpType.PhasedX:
                items.append(Item(tracks, len(angles), direction=f"gate {len(angles)}"))
                angles.append(0.0)
                turn, axis = numbers
                vectors.append((turn * cos(axis), turn * sin(axis), 0.0))
            case OpType.ZZPhase:
                add(tracks, numbers[0], ("Z", "Z"))
            case OpType.ZZMax:
                add(tracks, pi / 2, ("Z", "Z"))
            case OpType.TK2:
                for letter, number in zip(LETTERS, numbers, strict=True):
                    add(tracks, number, (letter, letter))
            case kind:
                raise InternalError(f"no block of {kind}")
    ends = tuple(range(circuit.n_qubits))
    bases: tuple[Letter | None, ...] | None = None
    if measured:
        bases = tuple("Z" if wire in measured.values() else None for wire in ends)
    blocks, rows = tuple(fused(items)), (np.array([angles]), np.array([vectors]).reshape(1, -1, 3))
    parts = tuple(block_parts(tuple(items), target, *rows, fold_swaps=fold_swaps).parts(blocks))
    plan = BlockPlan(tuple(items), blocks, choose_axes(parts, bases, ends), ends, bases)
    batch = BlockWriter(plan, target, *rows, fold_swaps=fold_swaps, parts=parts).write()
    return BatchCircuits(batch, tuple(measured[bit] for bit in sorted(measured))).circuit(0)
