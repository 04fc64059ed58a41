"""Gates as products of rotations by Pauli strings, exp(-i/2 angle P), exact up to a global phase.

A gate all of whose angles are quarter turns, multiples of pi/2, is a Clifford gate: it turns Pauli strings into Pauli
strings. Everything here follows from the algebra of strings; no matrix is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from qffc.ir.kept import cached_property
from qffc.ir.operation import Op
from qffc.ir.pauli import Letter, PauliString, product_of_strings, string_bits, string_of_bits
from qffc.ir.values import Pi, Value, is_zero, split_coefficient


class Turn(NamedTuple):
    """exp(-i/2 angle P)."""

    string: PauliString
    angle: Value


class Signed(NamedTuple):
    """A Pauli string with a sign."""

    string: PauliString
    negative: bool


@dataclass(frozen=True)
class Step:
    """A gate of a circuit.

    Args:
        turns: what it is made of, in the order in which they act.
        op: the operation of the IR that it is, where it is one that is no rotation by Pauli strings.
        passable: whether gates that are moved may pass it, which changes its turns.
    """

    turns: tuple[Turn, ...] = ()
    op: Op | None = None
    passable: bool = True

    @cached_property
    def qubits(self) -> frozenset[int]:
        """The qubits that it acts on."""
        named = frozenset(qubit for turn in self.turns for qubit, _ in turn.string)
        return named if self.op is None else named | frozenset(self.op.qubits)

    @cached_property
    def quarters(self) -> tuple[int, ...] | None:
        """Its angles in quarter turns; None where one is no multiple of a quarter turn."""
        found = [quarter_turns(turn.angle) for turn in self.turns]
        return None if None in found else tuple(quarter for quarter in found if quarter is not None)

    @cached_property
    def mask(self) -> int:
        """The qubits that it acts on, one bit for each."""
        return sum(1 << qubit for qubit in self.qubits)

    @cached_property
    def bits(self) -> tuple[tuple[int, int], ...]:
        """The x and z bits of the strings of its turns."""
        return tuple(string_bits(turn.string) for turn in self.turns)

    @cached_property
    def is_clifford(self) -> bool:
        """Whether it turns Pauli strings into Pauli strings, and may be moved."""
        return self.passable and self.quarters is not None

    @cached_property
    def moved(self) -> tuple[tuple[int, int, int, int], ...]:
        """The letters X and Z of single qubits that it turns into other strings, signs aside: the bits of both."""
        assert self.quarters is not None
        return _moved(self.qubits, [own for own, count in zip(self.bits, self.quarters, strict=True) if count % 2])

    @cached_property
    def moved_back(self) -> tuple[tuple[int, int, int, int], ...]:
        """The same of the gate that undoes it."""
        assert self.quarters is not None
        odd = [own for own, count in zip(self.bits, self.quarters, strict=True) if count % 2]
        return _moved(self.qubits, odd[::-1])

    def turned_bits(self, x: int, z: int, negative: bool) -> tuple[int, int, bool]:
        """Return what :meth:`image` does, for strings by their bits."""
        assert self.quarters is not None
        for (own_x, own_z), quarters in zip(self.bits, self.quarters, strict=True):
            if quarters and (x & own_z ^ z & own_x).bit_count() & 1:
                if quarters != 2:
                    ys = (x & z).bit_count() + (own_x & own_z).bit_count() + 2 * (own_z & x).bit_count()
                    x, z = x ^ own_x, z ^ own_z
                    negative ^= ((ys - (x & z).bit_count()) % 4 == 3) != (quarters == 3)
                else:
                    negative = not negative
        return x, z, negative

    def image(self, signed: Signed) -> Signed:
        """Return C P C^dagger of a Clifford gate C."""
        assert self.quarters is not None
        for turn, quarters in zip(self.turns, self.quarters, strict=True):
            signed = _turned(signed, turn.string, quarters)
        return signed

    def after(self, clifford: Step) -> Step:
        """Return C U C^dagger of this gate U: what it becomes when C, which came after it, comes before it."""
        turns = []
        for turn, (x, z) in zip(self.turns, self.bits, strict=True):
            turned_x, turned_z, negative = clifford.turned_bits(x, z, False)
            string = turn.string if (turned_x, turned_z) == (x, z) else string_of_bits(turned_x, turned_z)
            turns.append(Turn(string, -turn.angle if negative else turn.angle))
        return Step(tuple(turns))

    @property
    def cost(self) -> int:
        """Two-qubit rotations that its turns take."""
        return sum(max(0, 2 * len(turn.string) - 3) for turn in self.turns)


def rotation(letters: dict[int, Letter], angle: Value) -> Step:
    """Return exp(-i/2 angle P).

    Example:
        >>> rotation({0: "Z"}, Pi() / 2).image(Signed(((0, "X"),), False))
        Signed(string=((0, 'Y'),), negative=False)
    """
    return Step((Turn(tuple(sorted(letters.items())), angle),))


def quarter_turns(angle: Value) -> int | None:
    """Return how many quarter turns an angle is, 0 to 3; None where it is no whole number of them.

    Example:
        >>> quarter_turns(-Pi() / 2), quarter_turns(Pi() / 4), quarter_turns(0 * Pi())
        (3, None, 0)
    """
    if is_zero(angle):
        return 0
    multiple, rest = split_coefficient(angle)
    whole = isinstance(rest, Pi) and multiple.denominator <= 2
    return 2 * multiple.numerator // multiple.denominator % 4 if whole else None


def commute(one: PauliString, other: PauliString) -> bool:
    """Whether two strings commute.

    Example:
        >>> commute(((0, "X"), (1, "X")), ((0, "Z"), (1, "Z"))), commute(((0, "X"),), ((0, "Z"),))
        (True, False)
    """
    letters, differ = dict(one), False
    for qubit, letter in other:
        if letters.get(qubit, letter) != letter:
            differ = not differ
    return not differ


def steps_commute(one: Step, other: Step) -> bool:
    """Whether all turns of two gates commute; False where that cannot be seen."""
    if not one.mask & other.mask:
        return True
    if not (one.passable and other.passable):
        return False
    for x, z in one.bits:
        for its_x, its_z in other.bits:
            if (x & its_z ^ z & its_x).bit_count() & 1:
                return False
    return True


def pauli_product(first: Step, second: Step) -> PauliString | None:
    """Return the Pauli string that two Clifford gates in a row are, up to a phase; None where they are none.

    Example:
        >>> s = rotation({0: "Z"}, Pi() / 2)
        >>> pauli_product(s, s), pauli_product(s, rotation({0: "Z"}, -Pi() / 2)), pauli_product(s, Step())
        (((0, 'Z'),), (), None)
    """
    if first.moved != second.moved_back:
        return None
    letters: dict[int, Letter] = {}
    for qubit in sorted(first.qubits | second.qubits):
        both = ((1 << qubit, 0), (0, 1 << qubit))
        flips = [second.turned_bits(*first.turned_bits(x, z, False))[2] for x, z in both]
        if flips != [False, False]:
            letters[qubit] = _BY_FLIPS[flips[0], flips[1]]
    return tuple(sorted(letters.items()))


def _moved(qubits: Iterable[int], odd: Sequence[tuple[int, int]]) -> tuple[tuple[int, int, int, int], ...]:
    found = []
    for qubit in sorted(qubits):
        for letter in ((1 << qubit, 0), (0, 1 << qubit)):
            x, z = letter
            for own_x, own_z in odd:
                if (x & own_z ^ z & own_x).bit_count() & 1:
                    x, z = x ^ own_x, z ^ own_z
            if (x, z) != letter:
                found.append((*letter, x, z))
    return tuple(found)


_BY_FLIPS: Mapping[tuple[bool, bool], Letter] = {(False, True): "X", (True, True): "Y", (True, False): "Z"}
"""Whether X and Z take the other sign: X keeps X and turns Z around, Z the other way."""


def _turned(signed: Signed, axis: PauliString, quarters: int) -> Signed:
    if quarters == 0 or commute(axis, signed.string):
        return signed
    if quarters == 2:
        return Signed(signed.string, not signed.negative)
    # exp(-i/2 t P) Q exp(i/2 t P) = cos(t) Q - i sin(t) P Q for anticommuting strings, and P Q = +-i R.
    phase, string = product_of_strings(axis, signed.string)
    negative = (phase == 3) != (quarters == 3)  # -i * i^phase is 1 for phase 1
    return Signed(string, signed.negative != negative)
