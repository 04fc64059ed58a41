"""Exact sparse Pauli algebra with symbolic coefficients.

A :class:`PauliSum` maps Pauli strings to coefficients ``a + i b`` where ``a`` and ``b`` are symbolic values; products
and commutators are exact, and nothing dense is ever built. Commutators look at strings that share a qubit alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import itemgetter, or_
from typing import Literal

from qffc.ir.diagnostics import Span, error
from qffc.ir.kept import cached_property
from qffc.ir.values import Number, Numeric, Value, add, as_value, is_zero, mul

Letter = Literal["X", "Y", "Z"]
LETTERS: tuple[Letter, ...] = ("X", "Y", "Z")
PauliString = tuple[tuple[int, Letter], ...]
"""Qubit and letter, sorted by qubit, one letter a qubit; the empty string is the identity."""
Coefficient = tuple[Value, Value]
"""Real and imaginary part, canonical."""
Term = tuple[PauliString, Coefficient]

_ZERO, _ONE = as_value(0), as_value(1)


def product_of_strings(left: PauliString, right: PauliString) -> tuple[int, PauliString]:
    """Return (k, string) with left * right = i^k string.

    Example:
        >>> product_of_strings(((0, "X"),), ((0, "Y"),))
        (1, ((0, 'Z'),))
    """
    phase = 0
    letters: dict[int, Letter] = dict(left)
    for qubit, letter in right:
        other = letters.get(qubit)
        if other is None:
            letters[qubit] = letter
        elif other == letter:
            del letters[qubit]
        else:
            a, b = LETTERS.index(other), LETTERS.index(letter)
            phase += 1 if (b - a) % 3 == 1 else 3
            letters[qubit] = LETTERS[3 - a - b]
    return phase % 4, tuple(sorted(letters.items()))


_X_AND_Z = {"X": (1, 0), "Y": (1, 1), "Z": (0, 1)}


def string_bits(string: PauliString) -> tuple[int, int]:
    """Return the qubits of a string with X or Y, and those with Z or Y, one bit for each.

    Two strings commute where ``x & other_z ^ z & other_x`` has an even number of bits.

    Example:
        >>> string_bits(((0, "X"), (2, "Y")))
        (5, 4)
    """
    x = z = 0
    for qubit, letter in string:
        has_x, has_z = _X_AND_Z[letter]
        x |= has_x << qubit
        z |= has_z << qubit
    return x, z


_BY_BITS: Mapping[tuple[int, int], Letter] = {(1, 0): "X", (1, 1): "Y", (0, 1): "Z"}


def string_of_bits(x: int, z: int) -> PauliString:
    """Return the string that :func:`string_bits` gives these bits of.

    Example:
        >>> string_of_bits(5, 4)
        ((0, 'X'), (2, 'Y'))
    """
    qubits = [qubit for qubit in range((x | z).bit_length()) if (x | z) >> qubit & 1]
    return tuple([(qubit, _BY_BITS[x >> qubit & 1, z >> qubit & 1]) for qubit in qubits])


@dataclass(frozen=True)
class PauliSum:
    """A weighted sum of Pauli strings; terms with both parts zero are dropped on construction.

    Args:
        terms: pairs (string, (real part, imaginary part)), sorted by string.
    """

    terms: tuple[Term, ...]

    @staticmethod
    def of(entries: Mapping[PauliString, Value | Numeric]) -> PauliSum:
        """Return the sum with real coefficients.

        Example:
            >>> print(PauliSum.of({((0, "X"), (1, "X")): 2}))
            2 X(0) X(1)
        """
        return _collect((string, (as_value(value), _ZERO)) for string, value in entries.items())

    @staticmethod
    def single(string: PauliString) -> PauliSum:
        """Return one string with the weight 1.

        Example:
            >>> print(PauliSum.single(((0, "X"),)))
            X(0)
        """
        return PauliSum(((string, (_ONE, _ZERO)),))

    @staticmethod
    def total(parts: Iterable[PauliSum]) -> PauliSum:
        """Return the sum of any number of sums, collected once.

        Example:
            >>> print(PauliSum.total(PauliSum.of({((k, "Z"),): 1}) for k in (0, 1, 0)))
            2 Z(0) + Z(1)
        """
        return _collect(term for part in parts for term in part.terms)

    @staticmethod
    def weighted(parts: Iterable[tuple[Fraction, PauliSum]]) -> PauliSum:
        """Return the sum of sums times numbers, collected once.

        Example:
            >>> x, z = (PauliSum.of({((0, letter),): 1}) for letter in ("X", "Z"))
            >>> print(PauliSum.weighted([(Fraction(2), x), (Fraction(1, 2), z), (Fraction(-1), x)]))
            X(0) + 1/2 Z(0)
        """
        scaled = ((Number(weight), part) for weight, part in parts)
        return _collect(
            (string, (weight if re is _ONE else mul(weight, re), im if im is _ZERO else mul(weight, im)))
            for weight, part in scaled
            for string, (re, im) in part.terms
        )

    @property
    def is_zero(self) -> bool:
        """Whether no term is left."""
        return not self.terms

    @cached_property
    def qubits(self) -> tuple[int, ...]:
        """The qubits that the sum acts on, sorted."""
        return tuple(sorted({qubit for string, _ in self.terms for qubit, _ in string}))

    @cached_property
    def bits(self) -> tuple[tuple[int, int], ...]:
        """Of each string its x and z bits, see :func:`string_bits`."""
        return tuple(string_bits(string) for string, _ in self.terms)

    @cached_property
    def mask(self) -> int:
        """The qubits that the sum acts on, one bit for each."""
        return reduce(or_, (x | z for x, z in self.bits), 0)

    @cached_property
    def places(self) -> Mapping[tuple[int, Letter], frozenset[int]]:
        """Of each qubit and letter, the places of the terms that have the letter there."""
        found: dict[tuple[int, Letter], set[int]] = defaultdict(set)
        for place, (string, _) in enumerate(self.terms):
            for entry in string:
                found[entry].add(place)
        return {entry: frozenset(places) for entry, places in found.items()}

    @cached_property
    def _hash(self) -> int:
        return hash(self.terms)

    def __hash__(self) -> int:
        return self._hash  # sums are keys of many tables, and may be long

    def __reduce__(self) -> tuple[type[PauliSum], tuple[tuple[Term, ...]]]:
        return PauliSum, (self.terms,)  # a hash holds in one process alone

    def __add__(self, other: PauliSum) -> PauliSum:
        return PauliSum.total((self, other))

    def __sub__(self, other: PauliSum) -> PauliSum:
        return self + other.scaled(-1)

    def scaled(self, factor: Value | Numeric, *, imaginary: bool = False) -> PauliSum:
        """Return the sum times a real number, or times i and that number."""
        scale = as_value(factor)
        if imaginary:
            return _collect((s, (mul(as_value(-1), scale, im), mul(scale, re))) for s, (re, im) in self.terms)
        return _collect((s, (mul(scale, re), mul(scale, im))) for s, (re, im) in self.terms)

    def __mul__(self, other: PauliSum) -> PauliSum:
        return _collect(_product(left, right) for left in self.terms for right in other.terms)

    def commutator(self, other: PauliSum) -> PauliSum:
        """Return [self, other]: twice the product of every pair of terms that anticommute; all others commute."""
        return _collect(_product(left, right, 2) for left, right in anticommuting(self, other))

    def relabelled(self, qubits: Mapping[int, int]) -> PauliSum:
        """Return the sum with qubits renamed."""
        if all(qubits.get(qubit, qubit) == qubit for qubit in self.qubits):
            return self
        return _collect(
            (tuple(sorted((qubits.get(qubit, qubit), letter) for qubit, letter in string)), parts)
            for string, parts in self.terms
        )

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        return " + ".join(f"{_spell_coefficient(*parts)}{_spell_string(s)}".strip() for s, parts in self.terms)


def anticommuting(left: PauliSum, right: PauliSum) -> Iterator[tuple[Term, Term]]:
    """Yield the pairs of a term of one sum and a term of the other that anticommute.

    They are those that differ on an odd number of common qubits. Cost: the terms of the shorter sum, and of the longer
    one those that share a qubit with them.
    """
    if len(left.terms) > len(right.terms):
        yield from ((other, term) for term, other in anticommuting(right, left))
        return
    for term in left.terms:
        odd: set[int] = set()
        for qubit, letter in term[0]:
            for other in LETTERS:
                if other != letter:
                    odd ^= right.places.get((qubit, other), frozenset())
        yield from ((term, right.terms[place]) for place in sorted(odd))


def spin_component(qubits: Iterable[int], letter: Letter) -> PauliSum:
    """Return J_a = 1/2 sum of one Pauli letter over qubits: the generator of rotations about that axis."""
    return PauliSum.of({((qubit, letter),): Fraction(1, 2) for qubit in qubits})


def dot_product(a: int, b: int) -> PauliSum:
    """Return sigma_a . sigma_b = XX + YY + ZZ."""
    return PauliSum.of({tuple(sorted(((a, letter), (b, letter)))): 1 for letter in LETTERS})


def triple_product(a: int, b: int, c: int) -> PauliSum:
    """Return sigma_a . (sigma_b x sigma_c)."""
    entries: dict[PauliString, int] = {}
    for i, j, k, sign in ((0, 1, 2, 1), (1, 2, 0, 1), (2, 0, 1, 1), (0, 2, 1, -1), (2, 1, 0, -1), (1, 0, 2, -1)):
        entries[tuple(sorted(((a, LETTERS[i]), (b, LETTERS[j]), (c, LETTERS[k]))))] = sign
    return PauliSum.of(entries)


def need_string(string: PauliString, span: Span | None = None) -> PauliString:
    """Return a Pauli string, sorted; refuse one without letters, with others than X, Y, Z, or with two on one qubit."""
    if type(string) is tuple and _is_in_order(string):
        return string
    if not _is_string(string):
        raise error(
            "not a Pauli string",
            found=_spell_loosely(string),
            expected="at least one letter X, Y or Z, each on a qubit of its own",
            help="name every qubit once; in Python each letter stands beside its qubit: ((0, 'X'), (1, 'X'))",
            span=span,
        )
    return tuple(sorted(string))


def _spell_loosely(string: Sequence[object]) -> str:
    pairs = [place for place in string if isinstance(place, tuple) and len(place) == 2]
    if not string or len(pairs) < len(string):
        return repr(string) if string else "no letter"
    return " ".join(f"{letter}({qubit})" for qubit, letter in pairs)


def _is_in_order(string: tuple[object, ...]) -> bool:
    """Whether a string is as almost all are: sorted, of plain pairs."""
    last = -1
    for place in string:
        if type(place) is not tuple or len(place) != 2:
            return False
        qubit, letter = place
        if type(qubit) is not int or qubit <= last or letter not in LETTERS:
            return False
        last = qubit
    return last >= 0


def _is_string(string: object) -> bool:
    """Tell it of what passes of others make, too, whose types nobody has checked."""
    if not isinstance(string, tuple) or not string:
        return False
    if not all(isinstance(place, tuple) and len(place) == 2 and place[1] in LETTERS for place in string):
        return False
    return len({qubit for qubit, _ in string}) == len(string)


def spell_string(string: PauliString, names: Sequence[str]) -> str:
    """Return a Pauli string as text, with the names of the qubits.

    Example:
        >>> spell_string(((0, "X"), (2, "Z")), ("a", "b", "c"))
        'X(a) Z(c)'
    """
    return " ".join([f"{letter}({names[qubit]})" for qubit, letter in string])


def _product(left: Term, right: Term, factor: int = 1) -> Term:
    """Return the product of two terms, times a number."""
    (first, (a, b)), (second, (c, d)) = left, right
    phase, string = product_of_strings(first, second)
    scale = as_value(factor if phase < 2 else -factor)
    real: Value = mul(scale, a, c)
    imaginary: Value = _ZERO
    if b != _ZERO or d != _ZERO:
        real, imaginary = add(real, -mul(scale, b, d)), add(mul(scale, a, d), mul(scale, b, c))
    if phase % 2:
        real, imaginary = -imaginary if imaginary != _ZERO else _ZERO, real
    return string, (real, imaginary)


def _collect(entries: Iterable[Term]) -> PauliSum:
    found: dict[PauliString, list[Coefficient]] = defaultdict(list)
    for string, coefficient in entries:
        found[string].append(coefficient)
    kept: list[Term] = []
    for string, parts in found.items():
        re, im = parts[0] if len(parts) == 1 else (_sum([re for re, _ in parts]), _sum([im for _, im in parts]))
        if not (is_zero(re) and is_zero(im)):
            kept.append((string, (re, im)))
    return PauliSum(tuple(sorted(kept, key=itemgetter(0))))


def _sum(values: Iterable[Value]) -> Value:
    left = [value for value in values if not is_zero(value)]
    if not left:
        return _ZERO
    return left[0] if len(left) == 1 else add(*left)


def _spell_string(string: PauliString) -> str:
    return " ".join(f"{letter}({qubit})" for qubit, letter in string) or "1"


def _spell_coefficient(real: Value, imaginary: Value) -> str:
    if imaginary == _ZERO:
        return "" if real == Number(Fraction(1)) else f"{_wrap(real)} "
    if real == _ZERO:
        return f"i*{_wrap(imaginary)} "
    return f"({real} + i*{_wrap(imaginary)}) "


def _wrap(value: Value) -> str:
    return f"({value})" if " + " in value.text else value.text
