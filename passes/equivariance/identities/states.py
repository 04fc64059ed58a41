"""States of qubits over finite fields: one row for each point and end of a transform, and once more for the bra.

The complex conjugate of an amplitude is the amplitude with the other root of -1 and with inverse phases. Both are
computed side by side, from one list of operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from operator import xor

import numpy as np
from numpy.typing import NDArray

from qffc.ir.operation import Coupling, Op
from qffc.ir.ops import Relabel, Rotate, Singlet, Zero
from qffc.ir.pauli import PauliString, PauliSum
from qffc.ir.program import Program
from qffc.ir.values import Unit, Value
from qffc.passes.equivariance.identities.field_values import FieldValues, dot
from qffc.passes.equivariance.identities.modular import Modulus, Numbers
from qffc.passes.equivariance.identities.native_states import applied_natively, reaches
from qffc.passes.equivariance.identities.points import Point, Unknown
from qffc.passes.equivariance.identities.spectra import Spectrum, spectrum_of
from qffc.passes.equivariance.identities.terms import may_vanish, positive_scale, turn_about_a_direction, turns_of

_AT_ONCE = 1 << 14
"""Amplitudes that are computed together, so that they stay in the cache."""
_BLOCK = 4096
"""Numbers below 2**50 of which so many add up in 64 bits."""


def states_of(program: Program, ends: Sequence[FieldValues], turns: int) -> Numbers:
    """Return the states of a circuit, (ends, amplitudes), each up to a number; see :func:`moments_of`."""
    return _final(program, [_Side(values, turns) for values in ends])[0]


def _final(program: Program, sides: Sequence[_Side]) -> tuple[Numbers, int]:
    """The last state, and how many singlets were prepared, each of which lacks a factor 1/sqrt(2)."""
    modulus = Modulus([side.prime for side in sides])
    count, singlets = len(program.qubits), 0
    state = np.zeros((len(sides), 1 << count), dtype=np.int64)
    state[:, 0] = 1
    for op in program.ops:
        state = _after(op, state, count, sides, modulus)
        singlets += isinstance(op, Singlet)
    return state, singlets


def images_of(paulis: PauliSum, state: Numbers, count: int, ends: Sequence[FieldValues], turns: int) -> Numbers:
    """Return a sum of Pauli strings with rational coefficients applied to the states of ends."""
    return _image(paulis, state, count, [_Side(values, turns) for values in ends])


def moments_of(program: Program, ends: Sequence[FieldValues], turns: int) -> list[dict[str, int]]:
    """Return the moments of a circuit, for the values at each end.

    Args:
        program: a program without sums over neighbours.
        ends: values, each at its own point or end.
        turns: a common denominator of the coefficients of vectors.
    """
    kets = [_Side(values, turns) for values in ends]
    sides = kets + [_Side(values, turns, ket) for values, ket in zip(ends, kets, strict=True)]
    state, singlets = _final(program, sides)
    count, half = len(program.qubits), len(ends)
    found: list[dict[str, int]] = [{} for _ in ends]
    for name, observable in program.observables:
        image = _image(observable.paulis, state[:half], count, kets)
        numbers = _inner(state[half:], image, Modulus([side.prime for side in kets]))
        for moments, side, number in zip(found, kets, numbers, strict=True):
            moments[name] = number * pow(2, -singlets, side.prime) % side.prime
    return found


class _Side:
    """Coefficients of operations in one row: of a ket, or of the bra that belongs to one."""

    def __init__(self, values: FieldValues, turns: int, ket: _Side | None = None) -> None:
        self.values = values
        self.prime = values.point.prime
        self.turns = turns
        self.ket = ket
        self.imaginary = values.point.imaginary if ket is None else self.prime - values.point.imaginary
        self.powers = [pow(self.imaginary, k, self.prime) for k in range(4)]
        """Of the root of -1."""
        self._turned: dict[str, list[int]] = {}

    def rotate(self, op: Rotate) -> list[int]:
        """Coefficients of 1, X, Y, Z in exp(-i/2 v.sigma)."""
        p, key = self.prime, op.vector.text
        if self.ket is not None:
            cosine, *rest = self.ket.rotate(op)
            return [cosine, *((p - part) % p for part in rest)]
        if key not in self._turned:
            self._turned[key] = self._rotated(op)
        return self._turned[key]

    def _rotated(self, op: Rotate) -> list[int]:
        p, point = self.prime, self.values.point
        body, terms = turns_of(op.vector)
        axis = self.values.vector(body)
        if not any(self.values.vector(op.vector)):
            return [1, 0, 0, 0]
        straight = turn_about_a_direction(op.vector)
        # The length of a direction is a free number where it stands for 0, too.
        if straight is not None and not (point.vanishing and _may_vanish(straight[0])):
            return self._about_a_direction(*straight)
        square = dot(axis, axis, p)
        cosine, sine = 1, 0  # of half the angle, the latter over the length of the axis
        for coefficient, term in terms:
            number = self.values.number(term)
            along = number * number % p * square % p
            tangent = point.free(("turn about", along))
            scale = point.inverse(1 + along * tangent * tangent)
            step = ((1 - along * tangent * tangent) * scale % p, 2 * tangent * scale * number % p)
            power = coefficient * self.turns
            if power.denominator != 1:
                raise Unknown(f"a coefficient {coefficient} of a vector that was not foreseen")
            turned = _power(step, power.numerator, square, p)
            cosine, sine = _product((cosine, sine), turned, square, p)
        factor = (p - self.imaginary) * sine % p
        return [cosine, *(factor * part % p for part in axis)]

    def _about_a_direction(self, direction: Value, angle: Value) -> list[int]:
        """The same for a vector of length 1 and an angle, as Pauli rotations have it."""
        p, point = self.prime, self.values.point
        turn = self.values.phase(angle, 1, Fraction(1, 2))
        back, half = point.inverse(turn), point.inverse(2)
        sine = (back - turn) * half % p
        return [(turn + back) * half % p, *(sine * part % p for part in self.values.vector(direction))]

    def couple(self, op: Coupling, spectrum: Spectrum, strings: Sequence[PauliString]) -> list[int]:
        """Coefficients of Pauli strings, on the places of the operation, in exp(-i t G)."""
        p = self.prime
        weights = [0] * len(spectrum.eigenvalues)
        phases = self.phases(op, spectrum)
        for phase, polynomial in zip(phases, _polynomials(spectrum, self.values.point), strict=True):
            for power, number in enumerate(polynomial):
                weights[power] = (weights[power] + phase * number) % p
        found = []
        for column in _columns(spectrum, tuple(strings), self.values.point):
            found.append(sum(weight * number for weight, number in zip(weights, column, strict=True)) % p)
        return found

    def phases(self, op: Coupling, spectrum: Spectrum) -> list[int]:
        """Return exp(-i t level) for each level, or the conjugates."""
        if self.ket is not None:
            return [pow(phase, -1, self.prime) for phase in self.ket.phases(op, spectrum)]
        key = f"{spectrum.surd} {spectrum.eigenvalues} {op.value.text}"
        if key not in self._turned:
            self._turned[key] = [self.values.phase(op.value, spectrum.surd, -level) for level in spectrum.eigenvalues]
        return self._turned[key]


def _may_vanish(direction: Value) -> bool:
    return isinstance(direction, Unit) and may_vanish(positive_scale(direction.vector)[1])


def _polynomials(spectrum: Spectrum, point: Point) -> list[list[int]]:
    """For each level the polynomial of G that is 1 there and 0 at the others."""
    key = ("polynomials", spectrum.surd, spectrum.eigenvalues)
    if key not in point.kept:
        surd = point.surd(spectrum.surd)
        if surd is None:
            raise Unknown(f"the identity test: eigenvalues that are multiples of root({spectrum.surd})")
        levels = [point.rational(each) * surd % point.prime for each in spectrum.eigenvalues]
        point.kept[key] = [_lagrange(levels, j, point.prime) for j in range(len(levels))]
    found: list[list[int]] = point.kept[key]
    return found


def _columns(spectrum: Spectrum, strings: tuple[PauliString, ...], point: Point) -> list[list[int]]:
    """For each string its coefficients in the powers of G."""
    key = ("strings", spectrum.surd, spectrum.eigenvalues, strings)
    if key not in point.kept:
        nothing = Fraction(0)
        point.kept[key] = [
            [point.rational(power.get(string, nothing)) for power in spectrum.powers] for string in strings
        ]
    found: list[list[int]] = point.kept[key]
    return found


def _after(op: Op, state: Numbers, count: int, sides: Sequence[_Side], modulus: Modulus) -> Numbers:
    match op:
        case Zero():
            return state
        case Singlet(a, b):
            # Without the factor 1/sqrt(2), which is put in at the end.
            first, second = (1 << (count - 1 - qubit) for qubit in (a, b))
            empty = np.arange(state.shape[1])
            empty = empty[(empty & (first | second)) == 0]
            fresh = np.zeros_like(state)
            fresh[:, empty | second] = state[:, empty]
            fresh[:, empty | first] = modulus.reduced(-state[:, empty])
            return fresh
        case Relabel(moves):
            sources, targets = zip(*moves, strict=True)
            tensor = state.reshape(len(state), *(2,) * count)
            moved = np.moveaxis(tensor, [1 + s for s in sources], [1 + t for t in targets])
            return np.ascontiguousarray(moved).reshape(state.shape)
        case Rotate(qubit):
            strings: list[PauliString] = [(), *(((qubit, letter),) for letter in ("X", "Y", "Z"))]
            return _applied(strings, [side.rotate(op) for side in sides], state, count, sides, modulus)
        case Coupling():
            spectrum = spectrum_of(op)
            places = sorted({string for power in spectrum.powers for string in power})
            own = [tuple((op.qubits[place], letter) for place, letter in string) for string in places]
            coefficients = [side.couple(op, spectrum, places) for side in sides]
            return _applied(own, coefficients, state, count, sides, modulus)
    raise Unknown(f"the operation '{op.word}'")


def _applied(
    strings: Sequence[PauliString],
    coefficients: list[list[int]],
    state: Numbers,
    count: int,
    sides: Sequence[_Side],
    modulus: Modulus,
) -> Numbers:
    """A sum of Pauli strings, with coefficients (rows, strings), applied to states."""
    turns = [sum(letter == "Y" for _, letter in string) % 4 for string in strings]
    turned = [
        [number * power % side.prime for number, power in zip(row, map(side.powers.__getitem__, turns), strict=True)]
        for row, side in zip(coefficients, sides, strict=True)
    ]
    if reaches(strings):
        return applied_natively(strings, np.array(turned, dtype=np.int64), state, count, modulus.primes[:, 0])
    return _applied_in_numpy(strings, turned, state, count, modulus)


def _applied_in_numpy(
    strings: Sequence[PauliString], coefficients: list[list[int]], state: Numbers, count: int, modulus: Modulus
) -> Numbers:
    """The same; strings with the same coefficients are added up first, for couplings are sums of permutations."""
    groups: dict[tuple[int, ...], list[PauliString]] = {}
    for column, string in zip(zip(*coefficients, strict=True), strings, strict=True):
        if any(column):
            groups.setdefault(column, []).append(string)
    # Of eight together, so that sums stay below 2**53.
    parts = [(column, own[k : k + 8]) for column, own in groups.items() for k in range(0, len(own), 8)]
    factors = [np.array(column, dtype=np.int64)[:, None] for column, _ in parts]
    result = np.empty_like(state)
    rows = max(1, _AT_ONCE // state.shape[1])
    for start in range(0, len(state), rows):
        block = slice(start, start + rows)
        total = np.zeros_like(state[block])
        for factor, (_, members) in zip(factors, parts, strict=True):
            summed = np.zeros_like(total)
            for source, signs in (_string(string, count) for string in members):
                summed += signs * state[block][:, source]
            total += modulus.times_nearly(factor[block], summed, block)
        result[block] = modulus.reduced(total, block)
    return result


@lru_cache(maxsize=256)  # of 14 qubits these are 64 MB
def _string(string: PauliString, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each amplitude comes from, and its sign; the power of i that Y = i X Z has is left out."""
    bits = {letter: [1 << (count - 1 - qubit) for qubit, own in string if own == letter] for letter in "XYZ"}
    flipped, signed = (reduce(xor, bits[a] + bits["Y"], 0) for a in "XZ")
    source = np.arange(1 << count) ^ flipped
    parity = np.zeros(1 << count, dtype=np.int64)
    for bit in range(count):
        if signed >> bit & 1:
            parity ^= source >> bit & 1
    return source, 1 - 2 * parity


def _image(paulis: PauliSum, state: Numbers, count: int, sides: Sequence[_Side]) -> Numbers:
    terms = paulis.terms
    modulus = Modulus([side.prime for side in sides])
    total = np.zeros_like(state)
    for start in range(0, len(terms), 256):
        part = terms[start : start + 256]
        weights = [[side.values.number(weight) for _, (weight, _) in part] for side in sides]
        total = modulus.reduced(total + _applied([string for string, _ in part], weights, state, count, sides, modulus))
    return total


def _inner(bras: Numbers, kets: Numbers, modulus: Modulus) -> list[int]:
    products = modulus.times(bras, kets)
    blocks = products.reshape(len(products), -1, min(_BLOCK, products.shape[1])).sum(axis=2)
    primes = modulus.primes[:, 0].tolist()
    return [sum(row) % prime for row, prime in zip(blocks.tolist(), primes, strict=True)]


def _product(left: tuple[int, int], right: tuple[int, int], square: int, p: int) -> tuple[int, int]:
    """Products of c - i s v.sigma, which commute for one vector v of this square."""
    (c, s), (d, t) = left, right
    return (c * d - square * s * t) % p, (c * t + s * d) % p


def _power(base: tuple[int, int], exponent: int, square: int, p: int) -> tuple[int, int]:
    if exponent < 0:
        base, exponent = (base[0], -base[1] % p), -exponent
    result = (1, 0)
    while exponent:
        if exponent & 1:
            result = _product(result, base, square, p)
        base = _product(base, base, square, p)
        exponent >>= 1
    return result


def _lagrange(levels: Sequence[int], j: int, p: int) -> list[int]:
    """Coefficients of the polynomial that is 1 at one level and 0 at the others, lowest first."""
    found, below = [1], 1
    for k, level in enumerate(levels):
        if k != j:
            found = [(a - level * b) % p for a, b in zip([0, *found], [*found, 0], strict=True)]
            below = below * (levels[j] - level) % p
    scale = pow(below, -1, p)
    return [number * scale % p for number in found] + [0] * (len(levels) - len(found))
