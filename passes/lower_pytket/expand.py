"""Operations of one binding written with exchanges of two qubits alone, without the SWAPs that their angles hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

from qffc.ir.kept import cached_property
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_pytket.chirality import chirality_exchanges
from qffc.passes.lower_pytket.collective import collective_exchanges, first_positions
from qffc.passes.lower_pytket.lone_pairs import lone_pairs
from qffc.passes.lower_pytket.ops import NumericOp
from qffc.passes.lower_pytket.turns import NO_TURN, Turn, nearest_zero

IN_EXCHANGES = ("chirality", "collective")
"""What is written as exchanges; how many there are depends on the angle."""


@dataclass(frozen=True)
class Expansion:
    """How the operations of a kernel are written with exchanges of two qubits alone.

    Args:
        split: the program.
        fold_swaps: take SWAPs out of exchange angles by renaming wires.
    """

    split: Split
    fold_swaps: bool

    def expand(self, place: int, op: NumericOp, frame: Turn) -> list[NumericOp]:
        """Return an operation in its frame, exchanges reduced.

        Args:
            place: of the operation in the kernel.
            op: in numbers.
            frame: that its exchanges are written in.
        """
        match op.kind:
            case "exchange":
                return self._exchange(op.qubits, op.angle, frame)
            case "chirality":
                return self._chirality(place, op, frame)
            case "collective":
                order = first_positions(len(op.qubits), self._lone_pairs.get(place, ()))
                qubits = [op.qubits[position] for position in order]
                return self._exchanges(qubits, collective_exchanges(len(qubits), op.angle), frame)
        return [op if frame is NO_TURN else op._replace(frame=frame)]

    def _chirality(self, place: int, op: NumericOp, frame: Turn) -> list[NumericOp]:
        cycles, exchanges = chirality_exchanges(op.angle)
        qubits = op.qubits
        if place in self._lone_pairs and exchanges:
            # A chirality is that of its qubits in any cyclic order: the first exchange goes to the pair.
            last, unmoved = 3 - sum(self._lone_pairs[place][0]), 3 - exchanges[0][0] - exchanges[0][1]
            qubits = _cycled(qubits, (last + cycles - unmoved) % 3)
        ops = [NumericOp("relabel", qubits, targets=_cycled(qubits, cycles))] if cycles else []
        return ops + self._exchanges(qubits, exchanges, frame)

    def _exchanges(
        self, qubits: Sequence[int], exchanges: Sequence[tuple[int, int, float]], frame: Turn
    ) -> list[NumericOp]:
        return [op for a, b, angle in exchanges for op in self._exchange((qubits[a], qubits[b]), angle, frame)]

    def _exchange(self, pair: tuple[int, ...], angle: float, frame: Turn) -> list[NumericOp]:
        """An exchange with its angle reduced: pi/4 is a SWAP, pi/2 is a phase."""
        angle, periods = nearest_zero(angle, pi / 4 if self.fold_swaps else pi / 2)
        op = NumericOp("exchange", pair, angle, frame=frame)
        if self.fold_swaps and periods % 2:
            return [op, NumericOp("relabel", pair, targets=pair[::-1])]
        return [op]

    @cached_property
    def _lone_pairs(self) -> dict[int, tuple[tuple[int, int], ...]]:
        return lone_pairs(self.split)


def _cycled(qubits: tuple[int, ...], times: int) -> tuple[int, ...]:
    return qubits[times:] + qubits[:times]
