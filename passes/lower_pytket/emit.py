"""Emission of native gates: numeric angles only, one-qubit gates composed before they are written.

An exchange is its own KAK form (Cartan decomposition): a TK2 of three equal angles, on that edge of the
Weyl chamber which leads from the identity to SWAP. Whole SWAPs are renamed wires.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

from pytket.circuit import Circuit, Op, OpType

from qffc.ir.diagnostics import InternalError
from qffc.ir.pauli import LETTERS, Letter, PauliString
from qffc.passes.lower_pytket.ops import NumericOp
from qffc.passes.lower_pytket.pairs import Pair
from qffc.passes.lower_pytket.turns import (
    FLIPS,
    FROM_Z,
    NO_TURN,
    Turn,
    after,
    euler_angles,
    half_turns,
    inverse,
    nearest_zero,
    turn_about,
    turn_about_axis,
)
from qffc.passes.target import Target

Angles = tuple[float, float, float]

_TINY = 1e-12
"""Angles below this, in radians, are rounding noise."""


class Emitter:
    """Writes gates to a pytket circuit; turns of one qubit wait until something needs them.

    A waiting turn Rz(a) Rx(b) Rz(c) is written as one PhasedX and at most one Rz. Rz on a fresh qubit is a phase; Rz
    passes ZZPhase, and nothing sees it before a measurement. As long as two qubits have met nobody else, their state is
    kept in numbers; one two-qubit gate prepares it.

    Args:
        circuit: where gates are written; its qubits are in |0>.
        target: gives the preferred two-qubit gate and the minimum angles.
        known: TK2 gates by their angles; those of trained parameters come again in every circuit.
    """

    def __init__(self, circuit: Circuit, target: Target, known: dict[Angles, Op] | None = None) -> None:
        self.circuit = circuit
        self._known = {} if known is None else known
        self.phased_x = 0
        self._target = target
        self._qubits = circuit.qubits
        self._waiting: list[Turn] = [NO_TURN] * circuit.n_qubits
        # A qubit stays in the frame of its last exchange until something needs another one.
        self._frame: list[Turn] = [NO_TURN] * circuit.n_qubits
        self._fresh = [True] * circuit.n_qubits
        self._pairs: dict[int, Pair] = {}

    def operation(self, op: NumericOp) -> None:
        """Write an operation: one of those that others are expanded to."""
        match op.kind:
            case "zero":
                pass
            case "singlet":
                a, b = op.qubits
                self.singlet(a, b, op.frame)
            case "rotate":
                self.turn(op.qubits[0], turn_about(op.vector))
            case "exchange":
                a, b = op.qubits
                self.exchange(a, b, op.angle, op.frame)
            case "pauli_rotation":
                self.pauli(op.string, op.angle)
            case _:
                raise InternalError(f"no native form of {op.kind}")

    def turn(self, qubit: int, turn: Turn) -> None:
        """Turn a qubit."""
        self._enter(qubit, NO_TURN)
        self._waiting[qubit] = after(turn, self._waiting[qubit])

    def turn_ends(self, turns: Sequence[Turn]) -> None:
        """Turn each qubit, after the preparation of what is kept in numbers and gets a turn."""
        turned = [(qubit, turn) for qubit, turn in enumerate(turns) if turn != NO_TURN]
        self._prepare(*(qubit for qubit, _ in turned))
        for qubit, turn in turned:
            self.turn(qubit, turn)

    def singlet(self, a: int, b: int, start: Turn = NO_TURN) -> None:
        """Prepare (|01> - |10>)/sqrt(2) on two fresh qubits, with any turn for b to start with."""
        self._keep(Pair.singlet(a, b, start))

    def exchange(self, a: int, b: int, angle: float, frame: Turn = NO_TURN) -> None:
        """Write exp(-i angle (XX + YY + ZZ)); with TK2 in a frame: both qubits turned by it before and back after."""
        pair = self._take_pair(a, b)
        if pair is not None:
            self._keep(pair.exchanged(angle))
            return
        if abs(2 * angle) < max(self._target.minimum.zz_phase, _TINY):
            return
        self._prepare(a, b)
        if self._target.two_qubit == "TK2":
            self._enter(a, frame)
            self._enter(b, frame)
            self._tk2(a, b, (2 * angle, 2 * angle, 2 * angle))
            return
        # They commute, and one whose axis is there already needs no turn before it.
        for letter in sorted(LETTERS, key=lambda letter: self._turns_before(a, letter) + self._turns_before(b, letter)):
            self.pauli(((a, letter), (b, letter)), 2 * angle)

    def pauli(self, string: PauliString, angle: float) -> None:
        """Write exp(-i/2 angle P): one ZZPhase for two letters, two more for each further letter."""
        angle, flips = nearest_zero(angle, pi)
        if flips % 2:
            for qubit, letter in string:
                self.turn(qubit, FLIPS[letter])
        (a, p), *rest = string
        if not rest:
            self.turn(a, turn_about_axis(p, angle))
            return
        if abs(angle) < max(self._target.minimum.zz_phase, _TINY):
            return
        (b, q), *others = rest
        if not others:
            self._pauli_pair(a, p, b, q, angle)
            return
        # With K = exp(-i pi/4 P S) and S T = i Q:  K exp(-i/2 angle T R) K^dagger = exp(-i/2 angle P Q R).
        index = LETTERS.index(q)
        s, t = LETTERS[(index + 1) % 3], LETTERS[(index + 2) % 3]
        self._pauli_pair(a, p, b, s, -pi / 2)
        self.pauli(((b, t), *others), angle)
        self._pauli_pair(a, p, b, s, pi / 2)

    def finish(self) -> None:
        """Write what waits."""
        self._prepare(*range(len(self._waiting)))
        for qubit in range(len(self._waiting)):
            self._enter(qubit, NO_TURN)
            self._write_waiting(qubit)

    def measure(self, letters: tuple[Letter | None, ...]) -> None:
        """Measure qubits in the bases of their letters, in order, into bits 0, 1, ...; None is not measured."""
        self._prepare(*range(len(letters)))
        measured = [(qubit, letter) for qubit, letter in enumerate(letters) if letter is not None]
        for bit, (qubit, letter) in enumerate(measured):
            self.turn(qubit, inverse(FROM_Z[letter]))
            self._write_waiting(qubit, keep_rz=True)
            self.circuit.Measure(qubit, bit)

    def _enter(self, qubit: int, frame: Turn) -> None:
        """Let what waits be followed by something that is written in a frame."""
        if self._frame[qubit] != frame:
            back = inverse(self._frame[qubit])
            self._waiting[qubit] = after(frame, after(back, self._waiting[qubit]))
            self._frame[qubit] = frame

    def _turns_before(self, qubit: int, letter: Letter) -> int:
        """How many PhasedX a ZZPhase takes that stands for a letter of this qubit."""
        return int(euler_angles(after(inverse(FROM_Z[letter]), self._waiting[qubit]))[1] >= _TINY)

    def _take_pair(self, a: int, b: int) -> Pair | None:
        """The state of two qubits that have met nobody else, their waiting turns taken in; None when they have."""
        pair = self._pairs.get(a)
        if pair is None and a not in self._pairs and b not in self._pairs and self._fresh[a] and self._fresh[b]:
            pair = Pair.zeros(a, b)
        if pair is None or b not in (pair.a, pair.b):
            return None
        turned = pair.turned(self._waiting[pair.a], self._waiting[pair.b])
        self._waiting[a] = self._waiting[b] = NO_TURN
        return turned

    def _keep(self, pair: Pair) -> None:
        self._pairs[pair.a] = self._pairs[pair.b] = pair

    def _prepare(self, *qubits: int) -> None:
        """Write the states of pairs with any of these qubits."""
        for qubit in qubits:
            pair = self._pairs.get(qubit)
            if pair is None:
                continue
            a, b = pair.a, pair.b
            del self._pairs[a], self._pairs[b]
            # Turns that wait are part of the state: a turn of one half of a singlet is one of the other half.
            angle, on_a, on_b = pair.turned(self._waiting[a], self._waiting[b]).preparation()
            self._waiting[a] = self._waiting[b] = NO_TURN
            if angle >= max(self._target.minimum.zz_phase, _TINY):
                self._write_xx(a, b, angle)
            self.turn(a, on_a)
            self.turn(b, on_b)

    def _write_xx(self, a: int, b: int, angle: float) -> None:
        """Write exp(-i/2 angle XX)."""
        if self._target.two_qubit == "TK2":
            self._tk2(a, b, (angle, 0.0, 0.0))
        else:
            self._zz_phase(a, "X", b, "X", angle)

    def _pauli_pair(self, a: int, p: Letter, b: int, q: Letter, angle: float) -> None:
        """Write exp(-i/2 angle P Q)."""
        pair = self._take_pair(a, b)
        if pair is None:
            self._prepare(a, b)
            self._zz_phase(a, p, b, q, angle)
        else:
            self._keep(pair.rotated(p, q, angle) if pair.a == a else pair.rotated(q, p, angle))

    def _zz_phase(self, a: int, p: Letter, b: int, q: Letter, angle: float) -> None:
        for qubit, letter in ((a, p), (b, q)):
            self.turn(qubit, inverse(FROM_Z[letter]))
            self._write_waiting(qubit, keep_rz=True)
            self._fresh[qubit] = False
        self.circuit.ZZPhase(half_turns(angle), a, b)
        for qubit, letter in ((a, p), (b, q)):
            self.turn(qubit, FROM_Z[letter])

    def _tk2(self, a: int, b: int, angles: Angles) -> None:
        for qubit in (a, b):
            self._write_waiting(qubit)
            self._fresh[qubit] = False
        gate = self._known.get(angles)
        if gate is None:
            gate = self._known[angles] = Op.create(OpType.TK2, [half_turns(angle) for angle in angles])
        self.circuit.add_gate(gate, [self._qubits[a], self._qubits[b]])

    def _write_waiting(self, qubit: int, *, keep_rz: bool = False) -> None:
        """Write the turn that waits; what follows is a two-qubit gate or a measurement."""
        if self._waiting[qubit] == NO_TURN:
            return
        a, b, c = euler_angles(self._waiting[qubit])
        rz = nearest_zero(a + c, 2 * pi)[0]
        physical = b >= max(self._target.minimum.phased_x, _TINY)
        if keep_rz:
            self._waiting[qubit] = turn_about_axis("Z", rz)
            axis = -c
        else:
            self._waiting[qubit] = NO_TURN
            axis = a
            if abs(rz) >= _TINY and not self._fresh[qubit]:
                self.circuit.Rz(half_turns(rz), self._qubits[qubit])
        if physical:
            self._fresh[qubit] = False
            self.phased_x += 1
            self.circuit.PhasedX(half_turns(b), half_turns(nearest_zero(axis, 2 * pi)[0]), self._qubits[qubit])
