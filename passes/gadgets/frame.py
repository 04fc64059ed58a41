"""A Clifford frame: a Clifford operation by what it makes of each X and Z, its tableau.

The rows are D^dagger X_q D and D^dagger Z_q D: what an operation after the Clifford operation D is before it. So a
gate that is appended changes the rows of its qubits alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from qffc.ir.kept import cached_property
from qffc.ir.ops import PauliRotation
from qffc.ir.pauli import PauliString
from qffc.ir.values import Add as Sum
from qffc.ir.values import Number, Pi, Value, add, split_coefficient
from qffc.passes.gadgets import native_frames
from qffc.passes.gadgets.paulis import Pauli, bits


@dataclass(frozen=True)
class Frame:
    """A Clifford operation D.

    Args:
        xs: D^dagger X_q D of each qubit q.
        zs: D^dagger Z_q D of each qubit q.
    """

    xs: tuple[Pauli, ...]
    zs: tuple[Pauli, ...]

    @staticmethod
    def identity(qubits: int) -> Frame:
        """Return the operation that does nothing."""
        return Frame(tuple(Pauli(1 << q, 0) for q in range(qubits)), tuple(Pauli(0, 1 << q) for q in range(qubits)))

    def then(self, string: Pauli, quarters: int) -> Frame:
        """Return D followed by exp(-i pi/4 quarters P)."""
        if quarters % 4 == 0:
            return self
        xs, zs = list(self.xs), list(self.zs)
        for q in bits(string.support):
            for rows, letter in ((xs, Pauli(1 << q, 0)), (zs, Pauli(0, 1 << q))):
                rows[q] = self.before(letter.turned_by(string, -quarters))
        return Frame(tuple(xs), tuple(zs))

    def before(self, string: Pauli) -> Pauli:
        """Return D^dagger P D: the string P after D is this one before it.

        Example:
            >>> frame = Frame.identity(2).then(Pauli.of(((0, "Z"), (1, "Z"))), 1)
            >>> frame.before(Pauli.of(((0, "X"),))).string
            ((0, 'Y'), (1, 'Z'))
        """
        # The product of the rows, with i to a power; written out, since it is asked of every string of every spelling.
        x, z = 0, 0
        power = 2 * string.negative + (string.x & string.z).bit_count()
        for q in bits(string.support):
            for taken, (row_x, row_z, negative) in ((string.x, self.xs[q]), (string.z, self.zs[q])):
                if taken >> q & 1:
                    power += (x & z).bit_count() + (row_x & row_z).bit_count() + 2 * (z & row_x).bit_count()
                    power += 2 * negative
                    x, z = x ^ row_x, z ^ row_z
                    power -= (x & z).bit_count()
        assert power % 2 == 0  # a Hermitian string stays one
        return Pauli(x, z, power % 4 != 0)

    def without_sign(self, string: Pauli) -> PauliString:
        """Return the letters of :meth:`before`, for whom the sign is nothing."""
        x, z = 0, 0
        for q in bits(string.x):
            row = self.xs[q]
            x, z = x ^ row.x, z ^ row.z
        for q in bits(string.z):
            row = self.zs[q]
            x, z = x ^ row.x, z ^ row.z
        return Pauli(x, z).string

    def with_rows_turned(self, image: Frame) -> Frame:
        """Return the operation with each row replaced by what a Clifford operation makes of it.

        Args:
            image: what it makes of each X and Z.
        """
        qubits = len(self.xs)
        if native_frames.reaches(qubits):
            return Frame.of_words(native_frames.before(qubits, image.words, self.words), qubits)
        return Frame(tuple(image.before(row) for row in self.xs), tuple(image.before(row) for row in self.zs))

    @cached_property
    def words(self) -> bytes:
        """The rows for :mod:`qffc.passes.gadgets.native_frames`."""
        return native_frames.packed((*self.xs, *self.zs))

    @staticmethod
    def of_words(words: bytes, qubits: int) -> Frame:
        """Return the operation with rows that are packed."""
        rows = tuple(native_frames.unpacked(words))
        frame = Frame(rows[:qubits], rows[qubits:])
        frame.__dict__["words"] = words
        return frame

    def after(self, string: Pauli) -> Pauli:
        """Return D P D^dagger: the string P before D is this one after it."""
        # Which rows multiply to P: those whose partner anticommutes with it.
        x = z = 0
        own_x, own_z, _ = string
        for q, ((x_x, x_z, _), (z_x, z_z, _)) in enumerate(zip(self.xs, self.zs, strict=True)):
            x |= ((z_x & own_z).bit_count() + (z_z & own_x).bit_count() & 1) << q
            z |= ((x_x & own_z).bit_count() + (x_z & own_x).bit_count() & 1) << q
        image = Pauli(x, z)
        return image if self.before(image).negative == string.negative else image.negated

    @cached_property
    def support(self) -> int:
        """The qubits that it acts on, one bit for each: the others it leaves alone, and what acts on them."""
        found = 0
        for q, (x, z) in enumerate(zip(self.xs, self.zs, strict=True)):
            if x != Pauli(1 << q, 0) or z != Pauli(0, 1 << q):
                found |= 1 << q | x.support | z.support
        return found

    @cached_property
    def sources(self) -> tuple[int, ...] | None:
        """The qubit that each qubit takes its state from, when it turns and moves single qubits alone; else None."""
        pairs = tuple((x.support, z.support) for x, z in zip(self.xs, self.zs, strict=True))
        if any(x != z or x & (x - 1) for x, z in pairs):
            return None
        return tuple(x.bit_length() - 1 for x, _ in pairs)

    def turns(self) -> tuple[tuple[Pauli, int], ...]:
        """Return rotations (P, quarters) of single qubits that, before the moves of ``sources``, are this operation."""
        found: list[tuple[Pauli, int]] = []
        for x, z in zip(self.xs, self.zs, strict=True):
            qubit = x.support.bit_length() - 1
            steps = _turns_to(
                Pauli(x.x >> qubit, x.z >> qubit, x.negative), Pauli(z.x >> qubit, z.z >> qubit, z.negative)
            )
            found += [(Pauli(string.x << qubit, string.z << qubit), quarters) for string, quarters in steps]
        return tuple(found)

    @property
    def letters(self) -> int:
        """How many letters its rows have: two for each qubit when it turns and moves single qubits alone."""
        return sum(row.weight for row in (*self.xs, *self.zs))


_QUARTERS: tuple[Value, ...] = (Number(Fraction(0)), Pi() / 2, Pi(), -Pi() / 2)
_LETTER_BITS = ((1, 0), (1, 1), (0, 1))


@cache
def _turns_to(x: Pauli, z: Pauli) -> tuple[tuple[Pauli, int], ...]:
    """At most two rotations C of the first qubit with C^dagger X C = x and C^dagger Z C = z."""
    steps = [(Pauli(*letter), quarters) for letter in _LETTER_BITS for quarters in (1, 2, 3)]
    # A turn about z comes first where there is a choice of order: it costs nothing.
    pairs = [(one, two) for one in reversed(steps) for two in steps if one[0] != two[0]]
    for choice in ((), *((step,) for step in steps), *pairs):
        own_x, own_z = Pauli(1, 0), Pauli(0, 1)
        for string, quarters in reversed(choice):
            own_x, own_z = own_x.turned_by(string, -quarters), own_z.turned_by(string, -quarters)
        if (own_x, own_z) == (x, z):
            return choice
    raise AssertionError("two rotations make every Clifford operation of one qubit")


def quarters_and_rest(angle: Value) -> tuple[int, Value | None]:
    """Return the exact quarter turns of an angle, modulo four, and the angle without them; None for no other part.

    Example:
        >>> from qffc.ir.values import ParameterEntry
        >>> quarters_and_rest(Pi() / 2 + ParameterEntry("J")), quarters_and_rest(Pi() * Fraction(1, 8))
        ((1, <ParameterEntry J>), (0, <Mul 1/8*pi>))
    """
    known: tuple[int, Value | None] | None = angle.__dict__.get("_quarters")  # kept with the value, as its text is
    if known is None:
        known = angle.__dict__["_quarters"] = _quarters_and_rest(angle)
    return known


def _quarters_and_rest(angle: Value) -> tuple[int, Value | None]:
    exact, rest = None, []
    terms = angle.terms if isinstance(angle, Sum) else (angle,)
    for term in terms:
        factor, body = split_coefficient(term)
        if isinstance(body, Pi):
            exact = factor if exact is None else exact + factor
        elif not (isinstance(body, Number) and not factor * body.value):
            rest.append(term)
    if len(rest) == len(terms):
        return 0, angle
    quarters = (exact or 0) * 2
    if quarters.denominator != 1:
        return 0, angle
    left = add(*rest) if len(rest) > 1 else rest[0] if rest else None
    return int(quarters) % 4, left


def quarter_turns(turns: Sequence[tuple[Pauli, int]]) -> list[PauliRotation]:
    """Return rotations (P, quarters) as operations, those that do nothing aside."""
    found = []
    for string, quarters in turns:
        count = (-quarters if string.negative else quarters) % 4
        if count:
            found.append(PauliRotation(string.string, _QUARTERS[count]))
    return found
