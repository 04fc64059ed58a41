"""The kernel with its numbers left open: one circuit for all geometries, whose inputs are set later.

It is parametric compilation for other packages: they get the structure once, and numbers for each geometry.
Gates stand in one order whatever the numbers are, as at level 0: nothing is composed, dropped or folded. Every angle
is affine in the inputs, so that formats without functions can write it. Where the kernel is not affine, the inputs are
numbers that follow from the slots, by :meth:`OpenCircuit.values`:

- a turn about a vector has three, the angles a, b, c of Rz(c) Ry(b) Rz(a), no affine functions of its components;
- a chirality has five, the angles of half of it, as exchanges in a row of the pairs ab, bc, ab, bc, ab;
- a collective exchange of three or of four qubits has two, the angles of its exchanges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qffc.ir.given_values import reals_of
from qffc.ir.pauli import Letter, PauliString
from qffc.ir.short_repr import counted, short_repr
from qffc.passes.circuit.split_program import Affine, KernelOp, Split
from qffc.passes.lower_pytket.chirality import chirality_angles
from qffc.passes.lower_pytket.collective import COLLECTIVE_EXCHANGES, collective_angles, too_many_to_lower
from qffc.passes.lower_pytket.kernel_numbers import bad_slots
from qffc.passes.lower_pytket.turns import euler_angles, nearest_zero, turn_about
from qffc.passes.measurement.setting_cone import seen_by
from qffc.passes.measurement.settings import Setting

Floats = NDArray[np.float64]
QUARTER = Affine(Fraction(0), Fraction(1, 2), ())
"""pi/2."""


class OpenGate(NamedTuple):
    """A gate on wires, which are the qubits of the program at the end of the circuit.

    Args:
        kind: ``singlet``, which prepares (|01> - |10>)/sqrt(2) on two fresh wires; ``turn``, Rz(c) Ry(b) Rz(a);
            ``exchange``, exp(-i t (XX + YY + ZZ)); ``rotation``, exp(-i/2 t P).
        wires: of the gate; of a rotation in the order of its letters.
        angle: t in radians, affine in the inputs.
        turn: the number of the turn, for what writes the three angles by names of its own.
        letters: of the string of a rotation.
    """

    kind: str
    wires: tuple[int, ...]
    angle: Affine = QUARTER
    turn: int = 0
    letters: tuple[Letter, ...] = ()


class Input(NamedTuple):
    """A number that is set when the circuit runs, in radians.

    Args:
        name: a letter, digits, and for turns a letter after ``_``.
        meaning: a scalar of the program, or what it is the angle of.
    """

    name: str
    meaning: str


@dataclass(frozen=True, eq=False)
class OpenCircuit:
    """The kernel of a program as one circuit with inputs, without measurements or with those of a setting.

    Args:
        split: the program; its slots are what all inputs follow from.
        setting: what is measured at the end, after the gates that it sees.

    Raises:
        QffcError: when a collective exchange has more qubits than are known as exchanges.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.circuit.split_program import split_program
        >>> circuit = OpenCircuit(split_program(load("sivqlm-lih", depth=1)))
        >>> [gate.kind for gate in circuit.gates]
        ['singlet', 'turn', 'turn', 'exchange', 'turn', 'turn']
        >>> [each.name for each in circuit.inputs][:4]
        ['s0', 'v0_a', 'v0_b', 'v0_c']
        >>> circuit.inputs[0].meaning, circuit.inputs[1].meaning
        ('J[0]', 'turn about alpha_upper[0]*r(Li, H)')
    """

    split: Split
    setting: Setting | None = None

    def __post_init__(self) -> None:
        problem = too_many_to_lower(self.split)
        if problem is not None:
            raise problem

    def __repr__(self) -> str:
        name = f"of '{self.split.program.name}'"
        return short_repr(self, name, counted(len(self.inputs), "input"), counted(len(self.gates), "gate"))

    @property
    def qubit_count(self) -> int:
        """The number of wires."""
        return self.split.qubit_count

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """The numbers that are set later: scalars of the program, then all others in the order of their gates.

        They are those of the whole kernel, so that all settings take the same.
        """
        scalars = [Input(f"s{k}", value.text) for k, value in enumerate(self.split.scalars)]
        derived = [Input(name, each.meaning) for each in self._derived for name in each.names]
        return (*scalars, *derived)

    @cached_property
    def gates(self) -> tuple[OpenGate, ...]:
        """The gates, in order; with a setting those that it sees, and the turns that its pairs are measured after."""
        split = self.split if self.setting is None else seen_by(self.split, self.setting)
        gates = [gate for op in kernel_on_wires(split) for gate in self._gates_of(op)]
        for string in () if self.setting is None else self.setting.turns:
            gates.append(_rotation(string, QUARTER))
        return tuple(gates)

    @property
    def measured(self) -> tuple[tuple[int, Letter], ...]:
        """The wires that are measured and the letter of each, in the order of the bits."""
        bases = () if self.setting is None else self.setting.bases
        return tuple((wire, letter) for wire, letter in enumerate(bases) if letter is not None)

    def values(self, slots: Floats) -> dict[str, float]:
        """Return the inputs, in radians, by their names.

        Args:
            slots: (slot_count,), radians, in the order of the split.

        Raises:
            QffcError: when the slots have another shape or are not finite.
        """
        given = reals_of("slots", slots, "numbers, radians")
        if given.shape != (self.split.slot_count,) or not np.isfinite(given).all():
            raise bad_slots(given, self.split.slot_count)
        numbers = [float(number) for number in given]
        found = dict(zip([each.name for each in self.inputs], numbers[: len(self.split.scalars)], strict=False))
        for each in self._derived:
            found |= zip(each.names, each.compute(numbers), strict=True)
        return found

    @cached_property
    def _derived(self) -> tuple[_Derived, ...]:
        """What is no slot, each once."""
        found: dict[object, _Derived] = {}
        for op in self.split.ops:
            key = _key(op)
            if key is not None and key not in found:
                count = sum(other.kind == op.kind for other in found.values())
                found[key] = self._derive(op, count)
        return tuple(found.values())

    def _derive(self, op: KernelOp, number: int) -> _Derived:
        if op.vector is not None:
            factor, slot = op.vector
            start = self.split.vector_offset(slot)
            text = self.split.vectors[slot].text
            scaled = text if factor == 1 else f"{factor}*{text}"
            names = tuple(f"v{number}_{angle}" for angle in "abc")
            return _Derived(
                op.kind, number, names, f"turn about {scaled}", lambda slots: turn_angles(_scaled(factor, slots, start))
            )
        angle = op.angle
        assert angle is not None
        if op.kind == "chirality":
            names = tuple(f"h{number}_{k}" for k in range(5))
            meaning = f"half of the chirality by {self._text(angle)}"
            return _Derived(op.kind, number, names, meaning, lambda slots: half_chirality(_value(angle, slots)))
        count = len(op.qubits)
        names = (f"e{number}_p", f"e{number}_q")
        meaning = f"collective exchange of {count} by {self._text(angle)}"
        return _Derived(op.kind, number, names, meaning, lambda slots: collective_angles(count, _value(angle, slots)))

    def _text(self, angle: Affine) -> str:
        return affine_text(angle, [value.text for value in self.split.scalars], "pi")

    def _gates_of(self, op: KernelOp) -> list[OpenGate]:
        if op.kind in ("zero", "relabel"):
            return []
        if op.kind == "pauli_rotation":
            assert op.angle is not None
            return [_rotation(op.string, op.angle)]
        key = _key(op)
        if key is None:
            return [OpenGate(op.kind, op.qubits, op.angle or QUARTER)]
        number, first = self._places[key]
        if op.kind == "rotate":
            return [OpenGate("turn", op.qubits, turn=number)]
        if op.kind == "chirality":
            pairs = ((op.qubits[:2], op.qubits[1:]) * 5)[:9]
            # The last exchange of one half and the first of the other are one.
            angles = [_sum_of(first + k) for k in (0, 1, 2, 3)]
            return [
                OpenGate("exchange", pair, angle)
                for pair, angle in zip(
                    pairs, [*angles, _sum_of(first + 4, first), *angles[1:], _sum_of(first + 4)], strict=True
                )
            ]
        return [
            OpenGate("exchange", (op.qubits[a], op.qubits[b]), _sum_of(first + which))
            for a, b, which in COLLECTIVE_EXCHANGES[len(op.qubits)]
        ]

    @cached_property
    def _places(self) -> dict[object, tuple[int, int]]:
        """Of what is no slot, its number and the place of its first input."""
        places: dict[object, tuple[int, int]] = {}
        start = len(self.split.scalars)
        keys = dict.fromkeys(key for key in map(_key, self.split.ops) if key is not None)
        for key, each in zip(keys, self._derived, strict=True):
            places[key] = each.number, start
            start += len(each.names)
        return places


@dataclass(frozen=True)
class _Derived:
    """Inputs that follow from slots: how many gates of the kind came before, their names, what they are."""

    kind: str
    number: int
    names: tuple[str, ...]
    meaning: str
    compute: Callable[[Sequence[float]], Sequence[float]] = field(compare=False)


def kernel_on_wires(split: Split) -> tuple[KernelOp, ...]:
    """Return the operations without relabels, on wires: those are named backwards from the end of the circuit.

    Args:
        split: the program.
    """
    wires = list(range(split.qubit_count))
    placed: list[KernelOp] = []
    for op in reversed(split.ops):
        if op.kind == "relabel":
            moved = [wires[target] for target in op.targets]
            for source, wire in zip(op.qubits, moved, strict=True):
                wires[source] = wire
            continue
        string = tuple((wires[qubit], letter) for qubit, letter in op.string)
        qubits = tuple(wires[qubit] for qubit in op.qubits)
        placed.append(KernelOp(op.kind, qubits, op.angle, op.vector, string))
    return tuple(reversed(placed))


def turn_angles(vector: Sequence[float]) -> tuple[float, float, float]:
    """Return a, b, c in radians, exp(-i/2 v . sigma) = Rz(c) Ry(b) Rz(a) with 0 <= b <= pi.

    Example:
        >>> turn_angles((0.0, 0.5, 0.0))
        (0.0, 0.5, 0.0)
    """
    last, middle, first = euler_angles(turn_about(vector))
    if middle == 0.0:  # about z, or none: one angle says it
        return first + last, 0.0, 0.0
    return first + pi / 2, middle, last - pi / 2


def half_chirality(angle: float) -> tuple[float, ...]:
    """Return the angles of exchanges of ab, bc, ab, bc, ab, in order of execution, whose square is a chirality.

    It is the chirality by half of the angle: all of it would need a relabelling for some angles, see
    :func:`qffc.passes.lower_pytket.chirality.chirality_exchanges`.

    Args:
        angle: t of exp(-i t sigma_a . (sigma_b x sigma_c)), radians.

    Example:
        >>> [round(each, 4) for each in half_chirality(0.2)]
        [-0.2024, -0.2416, 0.2416, 0.2024, 0.0]
    """
    theta, _ = nearest_zero(2 * sqrt(3) * angle, 2 * pi)
    p, q = chirality_angles(abs(theta) / 2)
    return (-p, -q, q, p, 0.0) if theta > 0 else (0.0, -p, -q, q, p)


def affine_text(angle: Affine, names: Sequence[str], pi_name: str, scale: Fraction = Fraction(1)) -> str:
    """Return an affine angle as arithmetic that Python and OpenQASM 3 read alike.

    Args:
        angle: in radians.
        names: of what it is affine in.
        pi_name: what pi is called.
        scale: by which it is multiplied.

    Example:
        >>> affine_text(Affine(Fraction(0), Fraction(1, 2), ((Fraction(-2, 3), 0),)), ["t"], "pi")
        '0.5*pi - 2.0*t/3.0'
    """
    terms = [(scale * angle.constant, ""), (scale * angle.pi_multiple, pi_name)]
    terms += [(scale * factor, names[place]) for factor, place in angle.terms]
    text = ""
    for factor, name in terms:
        if not factor:
            continue
        sign = "-" if factor < 0 else "+"
        text += f" {sign} {_term(abs(factor), name)}"
    if not text:
        return "0.0"
    return text[3:] if text[1] == "+" else f"-{text[3:]}"


def _term(factor: Fraction, name: str) -> str:
    """A positive multiple. Quotients are of decimal numbers, for those of whole numbers are cut in OpenQASM 3."""
    if factor.denominator > 1 and len(repr(float(factor))) < 8 and float(factor) == factor:
        return f"{float(factor)}*{name}" if name else repr(float(factor))
    above = f"{factor.numerator}.0*{name}" if name and factor.numerator > 1 else name or f"{factor.numerator}.0"
    return above if factor.denominator == 1 else f"{above}/{factor.denominator}.0"


def _key(op: KernelOp) -> object:
    """What tells the inputs of an operation from others, when they are no slots."""
    if op.vector is not None:
        return op.kind, op.vector
    if op.kind in ("chirality", "collective"):
        return op.kind, op.angle, len(op.qubits)
    return None


def _rotation(string: PauliString, angle: Affine) -> OpenGate:
    wires, letters = tuple(wire for wire, _ in string), tuple(letter for _, letter in string)
    return OpenGate("rotation", wires, angle, letters=letters)


def _sum_of(*places: int) -> Affine:
    return Affine(Fraction(0), Fraction(0), tuple((Fraction(1), place) for place in places))


def _scaled(factor: Fraction, slots: Sequence[float], start: int) -> tuple[float, float, float]:
    x, y, z = (float(factor) * number for number in slots[start : start + 3])
    return x, y, z


def _value(angle: Affine, slots: Sequence[float]) -> float:
    return angle.offset + sum(factor * slots[place] for factor, place in angle.weights)
