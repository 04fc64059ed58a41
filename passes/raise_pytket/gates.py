"""The table of gates: each one of pytket as rotations by Pauli strings, exact up to a global phase.

A controlled rotation is a product of commuting ones: with n controls, exp(-i/2 t |1..1><1..1| P) is the product over
all sets S of controls of the rotations by Z_S P with the angle t (-1)^|S| / 2^n. So is a phase of the state |1..1>.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations

from pytket.circuit import OpType

from qffc.ir.ops import Relabel
from qffc.ir.pauli import Letter
from qffc.ir.values import Pi, Value, is_zero
from qffc.passes.raise_pytket.steps import Step, Turn

Qubits = Sequence[int]
Angles = Sequence[Value]
Rotations = list[Turn]

PI = Pi()
MOST_CONTROLLED = 6
"""Qubits of a gate with many controls; there are twice as many rotations for each more."""


def steps_of(kind: OpType, angles: Angles, qubits: Qubits) -> list[Step] | None:
    """Return what a gate is made of; None for one that is not in the table, or has too many controls.

    Args:
        kind: the type of the gate.
        angles: in radians.
        qubits: by number.

    Example:
        >>> [turn.string for step in steps_of(OpType.CRz, [PI / 4], [0, 1]) for turn in step.turns]
        [((1, 'Z'),), ((0, 'Z'), (1, 'Z'))]
    """
    if kind == OpType.SWAP:
        a, b = qubits
        quarter = [_turn({a: letter, b: letter}, PI / 2) for letter in "XYZ"]
        return [Step(tuple(quarter), Relabel(((a, b), (b, a))))]
    build = _GATES.get(kind)
    if build is None or (kind in _MANY and len(qubits) > MOST_CONTROLLED):
        return None
    turns = [turn for turn in build(angles, qubits) if not is_zero(turn.angle)]
    whole = Step(tuple(turns))
    if len(turns) == 1:
        return [whole]
    if whole.quarters is not None:
        return [whole] if turns else []
    return [Step((turn,)) for turn in turns]


def known_gates() -> tuple[OpType, ...]:
    """The gates of the table."""
    return (OpType.SWAP, *_GATES)


def is_known(kind: OpType) -> bool:
    """Whether a gate is in the table."""
    return kind in _GATES or kind == OpType.SWAP


def _turn(letters: dict[int, str], angle: Value) -> Turn:
    return Turn(tuple(sorted(letters.items())), angle)  # type: ignore[arg-type]  # letters of the table


def _plain(letters: str) -> Callable[[Angles, Qubits], Rotations]:
    """The rotation by one Pauli string; the letters are those of the qubits in order."""
    return lambda t, q: [_turn(dict(zip(q, letters, strict=True)), t[0])]


def _fixed(*turns: tuple[str, Fraction]) -> Callable[[Angles, Qubits], Rotations]:
    """Rotations of one qubit by fixed multiples of pi."""
    return lambda t, q: [_turn({q[0]: letter}, PI * multiple) for letter, multiple in turns]


def _euler(t: Angles, q: Qubits) -> Rotations:
    """U3(theta, phi, lambda): about z by lambda, about y by theta, about z by phi."""
    return [_turn({q[0]: "Z"}, t[2]), _turn({q[0]: "Y"}, t[0]), _turn({q[0]: "Z"}, t[1])]


def _about(axis: Value, letter: Letter, angle: Value, qubit: int) -> Rotations:
    """A rotation in the frame that is turned about z."""
    return [_turn({qubit: "Z"}, -axis), _turn({qubit: letter}, angle), _turn({qubit: "Z"}, axis)]


def _controlled(controls: Qubits, letters: dict[int, str], angle: Value) -> Rotations:
    share = Fraction(1, 2 ** len(controls))
    return [
        _turn({**dict.fromkeys(some, "Z"), **letters}, angle * (share * (-1) ** len(some)))
        for some in _subsets(controls)
    ]


def _phase(qubits: Qubits, angle: Value) -> Rotations:
    """A phase of the state in which all these qubits are 1."""
    share = Fraction(-2, 2 ** len(qubits))
    return [_turn(dict.fromkeys(some, "Z"), angle * (share * (-1) ** len(some))) for some in _subsets(qubits) if some]


def _subsets(qubits: Qubits) -> Iterator[tuple[int, ...]]:
    for size in range(len(qubits) + 1):
        yield from combinations(qubits, size)


def _controlled_pauli(letter: Letter) -> Callable[[Angles, Qubits], Rotations]:
    # X is i exp(-i/2 pi X): with controls the i is a phase of theirs.
    return lambda t, q: _phase(q[:-1], PI / 2) + _controlled(q[:-1], {q[-1]: letter}, PI)


def _controlled_rotation(letter: Letter) -> Callable[[Angles, Qubits], Rotations]:
    return lambda t, q: _controlled(q[:-1], {q[-1]: letter}, t[0])


def _controlled_root(angle: Value, phase: Value) -> Callable[[Angles, Qubits], Rotations]:
    return lambda t, q: _phase(q[:1], phase) + _controlled(q[:1], {q[1]: "X"}, angle)


def _controlled_h(t: Angles, q: Qubits) -> Rotations:
    return [_turn({q[1]: "Y"}, -PI / 4), *_phase(q, PI), _turn({q[1]: "Y"}, PI / 4)]


def _controlled_u3(t: Angles, q: Qubits) -> Rotations:
    theta, phi, lam = t
    parts = [_controlled(q[:1], {q[1]: letter}, angle) for letter, angle in (("Z", lam), ("Y", theta), ("Z", phi))]
    return [*(turn for part in parts for turn in part), *_phase(q[:1], (phi + lam) / 2)]


def _controlled_swap(t: Angles, q: Qubits) -> Rotations:
    control, a, b = q
    flip = _controlled_pauli("X")
    return [*flip((), (b, a)), *flip((), (control, a, b)), *flip((), (b, a))]


def _two_axes(t: Angles, q: Qubits) -> Rotations:
    return [_turn({q[0]: letter, q[1]: letter}, t[0]) for letter in "XY"]


def _fermionic(t: Angles, q: Qubits) -> Rotations:
    return [*_two_axes(t, q), *_phase(q, -t[1])]


def _phased_iswap(t: Angles, q: Qubits) -> Rotations:
    before = [_turn({q[0]: "Z"}, t[0]), _turn({q[1]: "Z"}, -t[0])]
    after = [_turn({q[0]: "Z"}, -t[0]), _turn({q[1]: "Z"}, t[0])]
    return [*before, *_two_axes([-t[1] / 2], q), *after]


def _three_axes(t: Angles, q: Qubits) -> Rotations:
    return [_turn({q[0]: letter, q[1]: letter}, angle) for letter, angle in zip("XYZ", t, strict=True)]


def _molmer_sorensen(t: Angles, q: Qubits) -> Rotations:
    back = [_turn({qubit: "Z"}, -axis) for qubit, axis in zip(q, t[1:], strict=True)]
    there = [_turn({qubit: "Z"}, axis) for qubit, axis in zip(q, t[1:], strict=True)]
    return [*back, _turn({q[0]: "X", q[1]: "X"}, t[0]), *there]


def _echoed_cross_resonance(t: Angles, q: Qubits) -> Rotations:
    flip = _controlled_pauli("X")
    return [_turn({q[0]: "Z"}, PI / 2), _turn({q[1]: "X"}, PI / 2), *flip((), q), _turn({q[0]: "X"}, PI)]


_HALF, _QUARTER = Fraction(1, 2), Fraction(1, 4)
_GATES: dict[OpType, Callable[[Angles, Qubits], Rotations]] = {
    OpType.noop: lambda t, q: [],
    OpType.X: _fixed(("X", Fraction(1))),
    OpType.Y: _fixed(("Y", Fraction(1))),
    OpType.Z: _fixed(("Z", Fraction(1))),
    OpType.H: _fixed(("Y", _HALF), ("X", Fraction(1))),
    OpType.S: _fixed(("Z", _HALF)),
    OpType.Sdg: _fixed(("Z", -_HALF)),
    OpType.T: _fixed(("Z", _QUARTER)),
    OpType.Tdg: _fixed(("Z", -_QUARTER)),
    OpType.V: _fixed(("X", _HALF)),
    OpType.Vdg: _fixed(("X", -_HALF)),
    OpType.SX: _fixed(("X", _HALF)),
    OpType.SXdg: _fixed(("X", -_HALF)),
    OpType.Rx: _plain("X"),
    OpType.Ry: _plain("Y"),
    OpType.Rz: _plain("Z"),
    OpType.U1: _plain("Z"),
    OpType.U2: lambda t, q: _euler([PI / 2, t[0], t[1]], q),
    OpType.U3: _euler,
    OpType.TK1: lambda t, q: [_turn({q[0]: letter}, angle) for letter, angle in zip("ZXZ", reversed(t), strict=True)],
    OpType.PhasedX: lambda t, q: _about(t[1], "X", t[0], q[0]),
    OpType.NPhasedX: lambda t, q: [turn for qubit in q for turn in _about(t[1], "X", t[0], qubit)],
    OpType.GPI: lambda t, q: _about(t[0], "X", PI, q[0]),
    OpType.GPI2: lambda t, q: _about(t[0], "X", PI / 2, q[0]),
    OpType.AAMS: _molmer_sorensen,
    OpType.CX: _controlled_pauli("X"),
    OpType.CY: _controlled_pauli("Y"),
    OpType.CZ: lambda t, q: _phase(q, PI),
    OpType.CH: _controlled_h,
    OpType.CV: _controlled_root(PI / 2, PI * 0),
    OpType.CVdg: _controlled_root(-PI / 2, PI * 0),
    OpType.CSX: _controlled_root(PI / 2, PI / 4),
    OpType.CSXdg: _controlled_root(-PI / 2, -PI / 4),
    OpType.CS: lambda t, q: _phase(q, PI / 2),
    OpType.CSdg: lambda t, q: _phase(q, -PI / 2),
    OpType.CRx: _controlled_rotation("X"),
    OpType.CRy: _controlled_rotation("Y"),
    OpType.CRz: _controlled_rotation("Z"),
    OpType.CU1: lambda t, q: _phase(q, t[0]),
    OpType.CU3: _controlled_u3,
    OpType.CCX: _controlled_pauli("X"),
    OpType.CSWAP: _controlled_swap,
    OpType.CnX: _controlled_pauli("X"),
    OpType.CnY: _controlled_pauli("Y"),
    OpType.CnZ: lambda t, q: _phase(q, PI),
    OpType.CnRx: _controlled_rotation("X"),
    OpType.CnRy: _controlled_rotation("Y"),
    OpType.CnRz: _controlled_rotation("Z"),
    OpType.BRIDGE: lambda t, q: _controlled_pauli("X")((), (q[0], q[2])),
    OpType.XXPhase: _plain("XX"),
    OpType.YYPhase: _plain("YY"),
    OpType.ZZPhase: _plain("ZZ"),
    OpType.ZZMax: lambda t, q: [_turn({q[0]: "Z", q[1]: "Z"}, PI / 2)],
    OpType.XXPhase3: lambda t, q: [_turn({a: "X", b: "X"}, t[0]) for a, b in combinations(q, 2)],
    OpType.PhaseGadget: lambda t, q: [_turn(dict.fromkeys(q, "Z"), t[0])],
    OpType.TK2: _three_axes,
    OpType.ESWAP: lambda t, q: _three_axes([t[0] / 2] * 3, q),
    OpType.ISWAP: lambda t, q: _two_axes([-t[0] / 2], q),
    OpType.ISWAPMax: lambda t, q: _two_axes([-PI / 2], q),
    OpType.PhasedISWAP: _phased_iswap,
    OpType.FSim: _fermionic,
    OpType.Sycamore: lambda t, q: _fermionic([PI / 2, PI / 6], q),
    OpType.ECR: _echoed_cross_resonance,
}
_MANY = (OpType.CnX, OpType.CnY, OpType.CnZ, OpType.CnRx, OpType.CnRy, OpType.CnRz)
