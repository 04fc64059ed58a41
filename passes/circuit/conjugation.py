"""Circuits conjugated by a Pauli string: what P U P does to each letter of a word.

**Lemma.** The circuit of the conjugated letters makes P of the state that the circuit makes, up to a phase. A Pauli
rotation changes its sign when its string anticommutes with P. A vector is turned by pi about the letter of its qubit.
A coupling stays when P commutes with all terms of its generator, and changes its sign when P anticommutes with all: so
a singlet, an exchange and a chirality stay when P has one letter, or none, on all their qubits. With other letters
they are no operation any more, and :func:`conjugated` says None. |0>, or a state along an axis, stays or becomes the
opposite one: then it is another letter, so a prepared state that P changes by more than a phase never compares equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from qffc.ir.pauli import PauliSum
from qffc.ir.values import AXES, Component, FrameVector, Value
from qffc.passes.circuit.trace import Letter, Shape, make_letter, unit_generator

Paulis = Mapping[int, str]
"""The letter of a Pauli string on each qubit that it acts on."""


def conjugated(letter: Letter, paulis: Paulis) -> Letter | None:
    """Return the letter of P U P, or None when that is no operation of the text format.

    Example:
        >>> from qffc.ir.values import ParameterEntry
        >>> turn = make_letter("pauli_rotation", (0, 1), ParameterEntry("t"), "ZZ")
        >>> print(conjugated(turn, {0: "X"}).value, conjugated(turn, {0: "X", 1: "X"}).value)
        -1*t t
    """
    shape, value = letter.shape, letter.value
    here = [paulis.get(qubit, "") for qubit in shape.qubits]
    if not any(here):
        return letter
    if shape.kind == "zero":
        return (
            letter
            if here == [shape.direction[1:] or "Z"]
            else make_letter("zero", shape.qubits, None, "", _flip(shape))
        )
    if value is None:
        return letter if len(set(here)) == 1 else None  # a singlet, whose spins turn by pi about one axis
    if shape.kind == "rotate":
        return letter.with_value(_turned(value, here[0]))
    sign = _sign_of_generator(shape, tuple(here))
    return None if sign is None else letter.with_value(value * sign)


@lru_cache(maxsize=1 << 12)
def _sign_of_generator(shape: Shape, here: tuple[str, ...]) -> int | None:
    """The sign that the generator of a coupling takes under conjugation; None when it becomes another one."""
    on = dict(zip(shape.qubits, here, strict=True))
    terms = unit_generator(shape).terms
    signs = {_sign((on[qubit], letter) for qubit, letter in string) for string, _ in terms}
    return signs.pop() if len(signs) == 1 else None


def conjugated_sum(paulis: PauliSum, string: Paulis) -> PauliSum:
    """Return P O P: terms that anticommute with the string change their sign.

    Example:
        >>> print(conjugated_sum(PauliSum.of({((0, "X"),): 1, ((1, "Z"),): 2}), {0: "Z", 1: "Z"}))
        -1 X(0) + 2 Z(1)
    """
    if not string:
        return paulis
    changes = [_sign((string.get(qubit, ""), letter) for qubit, letter in term) < 0 for term, _ in paulis.terms]
    return PauliSum(
        tuple(
            (term, (-real, -imaginary)) if changed else (term, (real, imaginary))
            for (term, (real, imaginary)), changed in zip(paulis.terms, changes, strict=True)
        )
    )


def _sign(pairs: Iterable[tuple[str, str]]) -> int:
    return -1 if sum(mine != "" and mine != other for mine, other in pairs) % 2 else 1


def _flip(shape: Shape) -> str:
    return (
        ""
        if shape.direction == "-Z"
        else ("+" if shape.direction.startswith("-") else "-") + (shape.direction[1:] or "Z")
    )


def _turned(vector: Value, letter: str) -> Value:
    """The vector turned by pi about an axis of the laboratory."""
    coordinates = vector.children if isinstance(vector, FrameVector) else [Component(vector, axis) for axis in AXES]
    x, y, z = (part if axis == letter else -part for axis, part in zip("XYZ", coordinates, strict=True))
    return FrameVector(x, y, z)
