"""Turns between two-qubit gates composed by our own arithmetic, each then written by pytket in the gates of a target.

pytket's passes that squash turns give another turn where the product is about an axis but for some 1e-8 to 1e-10
half-turns (2.18.5: up to 0.8 away). So they see one turn at a time, and what comes out is compared with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pytket.circuit import Circuit, Op, OpType, Qubit
from pytket.passes import BasePass

from qffc.passes.lower_pytket.turns import NO_TURN, Turn, after, euler_angles, half_turns, turn_about_axis

Passes = Literal["X", "Z"]

_SAME = 3e-10
"""Half-turns; angles that are nearer to a quarter of a turn are exactly that."""
_RIGHT = 1e-10
"""How far a shorter turn may be from what it stands for."""
_LETS_PASS: dict[OpType, tuple[Passes, Passes]] = {
    OpType.CZ: ("Z", "Z"),
    OpType.ZZPhase: ("Z", "Z"),
    OpType.ZZMax: ("Z", "Z"),
    OpType.CX: ("Z", "X"),
    OpType.XXPhase: ("X", "X"),
}
"""For each qubit of a two-qubit gate, about which axis turns pass it."""


@dataclass(frozen=True)
class Composer:
    """Composes turns for a set of gates.

    Args:
        rebase: writes a TK1 in the one-qubit gates of the target.
        squash: makes fewer gates of these.
        about_x: let parts of turns pass that are about x; where such a turn takes several gates, only whole turns do.
    """

    rebase: BasePass
    squash: BasePass
    about_x: bool = True

    def composed(self, circuit: Circuit) -> Circuit:
        """Return the circuit with the shortest turns between two-qubit gates; phases aside.

        What passes a two-qubit gate goes on to the next turns.

        Args:
            circuit: of TK1 and two-qubit gates.

        Example:
            >>> from pytket.passes import AutoRebase, AutoSquash
            >>> circuit = Circuit(2).TK1(0.1, 0.2, 0.3, 0).CZ(0, 1).TK1(0.4, 0.5, 0.6, 0)
            >>> composer = Composer(AutoRebase({OpType.CZ, OpType.U3}), AutoSquash({OpType.U3}))
            >>> composer.composed(circuit).n_gates_of_type(OpType.U3)
            2
        """
        made = Circuit()
        for qubit in circuit.qubits:
            made.add_qubit(qubit)
        for bit in circuit.bits:
            made.add_bit(bit)
        waiting = dict.fromkeys(circuit.qubits, NO_TURN)
        for command in circuit:
            if len(command.qubits) == 1:
                (qubit,) = command.qubits
                waiting[qubit] = after(_turn(command.op), waiting[qubit])
                continue
            for qubit, axis in zip(command.qubits, _lets_pass(command.op), strict=True):
                waiting[qubit] = self._write(made, qubit, waiting[qubit], axis)
            made.add_gate(command.op, command.args)
        for qubit, turn in waiting.items():
            self._write(made, qubit, turn)
        return made

    def _write(self, made: Circuit, qubit: Qubit, turn: Turn, passes: Passes | None = None) -> Turn:
        """Write a turn but for what passes the next gate, and return that."""
        if passes == "X":
            last, middle, first = euler_angles(_traded(turn))
            middle = _exact(middle)
            if middle == 0.0:
                return turn_about_axis("X", last + first)
            if not self.about_x:
                return self._write(made, qubit, turn)
            self._write(made, qubit, _traded(_product(0.0, middle, first)))
            return turn_about_axis("X", last)
        last, middle, first = euler_angles(turn)
        middle = _exact(middle)
        if middle == 0.0:
            first, last = first + last, 0.0
            if passes == "Z":
                return turn_about_axis("Z", first)
        rest = NO_TURN
        if passes == "Z":
            last, rest = 0.0, turn_about_axis("Z", last)
        angles = _exact(last), middle, _exact(first)
        if any(angles):
            self._gates(made, qubit, angles)
        return rest

    def _gates(self, made: Circuit, qubit: Qubit, angles: tuple[float, float, float]) -> None:
        a, b, c = map(half_turns, angles)
        turn = Circuit(1).TK1(a, b, c, 0)
        wanted = turn.get_unitary()
        self.rebase.apply(turn)
        shorter = turn.copy()
        self.squash.apply(shorter)
        made.add_circuit(shorter if _far(shorter.get_unitary(), wanted) < _RIGHT else turn, [qubit])


def _far(one: NDArray[np.complex128], other: NDArray[np.complex128]) -> float:
    """How far matrices are from each other, phases aside; an overlap would not see what is below 1e-8."""
    overlap = complex(np.vdot(other, one))
    return float(np.abs(one * abs(overlap) - other * overlap).max()) / 2


def _lets_pass(op: Op) -> tuple[Passes | None, Passes | None]:
    if op.type == OpType.TK2:
        x, y, z = (float(angle) for angle in op.params)
        if y == 0.0 and 0.0 in (x, z):
            return _LETS_PASS[OpType.XXPhase if z == 0.0 else OpType.ZZPhase]
    return _LETS_PASS.get(op.type, (None, None))


def _turn(op: Op) -> Turn:
    a, b, c = (pi * float(angle) for angle in op.params)
    return after(turn_about_axis("Z", a), after(turn_about_axis("X", b), turn_about_axis("Z", c)))


def _product(last: float, middle: float, first: float) -> Turn:
    turns = turn_about_axis("Z", last), turn_about_axis("X", middle), turn_about_axis("Z", first)
    return after(turns[0], after(turns[1], turns[2]))


def _traded(turn: Turn) -> Turn:
    """The turn with x and z in each other's place."""
    w, x, y, z = turn
    return (w, z, -y, x)


def _exact(angle: float) -> float:
    """The angle, or the multiple of pi/2 that it nearly is."""
    quarters = 2 * half_turns(angle)
    return round(quarters) * pi / 2 if abs(quarters - round(quarters)) < 2 * _SAME else angle
