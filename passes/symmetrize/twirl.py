"""Averages over global rotations, exact: Pauli strings, observables, gates and vectors onto what rotations leave alone.

The average of a tensor over rotations is its projection onto the isotropic tensors of its rank: none of rank 1, the
delta of rank 2, the epsilon of rank 3, and the three products of two deltas of rank 4. Such an average is known as
twirling, and as the Reynolds operator of the group.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from qffc.ir.observables import DotObservable, Observable, PauliObservable, ProductObservable, SumObservable
from qffc.ir.operation import Gate, Op
from qffc.ir.ops import Chirality, Exchange, PauliRotation, Rotate
from qffc.ir.pauli import LETTERS, PauliString, triple_product
from qffc.ir.values import Add, Component, Cross, FrameVector, Mul, Number, Value, add, as_value, cross, mul
from qffc.passes.equivariance.rules.rotation import is_invariant

MOST_LETTERS = 4
"""Strings with more letters are not averaged."""
AVERAGE = "its average over rotations"
ZERO = "its average over rotations is zero"
NOT_KNOWN = "it depends on the frame, and its average over rotations has no closed form here"
NO_OPERATION = "it depends on the frame, and no operation has its average over rotations as generator"

_NOTHING = Number(Fraction(0))
_NOWHERE = FrameVector(_NOTHING, _NOTHING, _NOTHING)

Structure = tuple[tuple[int, ...], ...]
"""A product of invariants, each by its qubits: two for an inner product, three for a triple product."""


@dataclass(frozen=True)
class Twirled:
    """What becomes of a gate.

    Args:
        op: the gate with the averaged generator; None when nothing is left of it.
        why: the reason, in words.
    """

    op: Op | None
    why: str


def twirl_string(string: PauliString) -> tuple[tuple[Fraction, Structure], ...]:
    """Return the average of a Pauli string of at most four letters over global rotations, by invariants.

    Example:
        >>> twirl_string(((0, "Z"), (1, "Z")))
        ((Fraction(1, 3), ((0, 1),)),)
        >>> twirl_string(((0, "Y"), (1, "X"), (2, "Z")))
        ((Fraction(-1, 6), ((0, 1, 2),)),)
        >>> twirl_string(((0, "X"),))
        ()
    """
    qubits = tuple(qubit for qubit, _ in string)
    letters = tuple(LETTERS.index(letter) for _, letter in string)
    terms: list[tuple[Fraction, Structure]] = []
    if len(string) == 2:
        terms = [(Fraction(int(letters[0] == letters[1]), 3), (qubits,))]
    if len(string) == 3:
        terms = [(Fraction(_sign(letters), 6), (qubits,))]
    if len(string) == 4:
        terms = _four(qubits, letters)
    return tuple(term for term in terms if term[0])


def _sign(letters: tuple[int, ...]) -> int:
    a, b, c = letters
    return (a - b) * (b - c) * (c - a) // 2  # the symbol epsilon


def _four(qubits: tuple[int, ...], letters: tuple[int, ...]) -> list[tuple[Fraction, Structure]]:
    """Projection onto three pairings whose Gram matrix has 9 on the diagonal and 3 elsewhere."""
    pairings = (((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2)))
    fits = [all(letters[a] == letters[b] for a, b in pairing) for pairing in pairings]
    return [
        (Fraction(5 * int(fit) - sum(fits), 30), tuple((qubits[a], qubits[b]) for a, b in pairing))
        for fit, pairing in zip(fits, pairings, strict=True)
    ]


def twirl_observable(observable: Observable) -> Observable | None:
    """Return the average of an observable over global rotations; None when nothing is left, itself when invariant.

    Its strings that are not invariant together have at most four letters.
    """
    if is_invariant(observable.paulis):
        return observable
    found: dict[Observable, Fraction] = {}
    for weight, term in _invariant_terms(observable):
        found[term] = found.get(term, Fraction(0)) + weight
    terms = tuple((weight, term) for term, weight in found.items() if weight)
    if not terms:
        return None
    return terms[0][1] if len(terms) == 1 and terms[0][0] == 1 else SumObservable(terms)


def longest_broken_string(observable: Observable) -> PauliString:
    """Return the longest string among those that an average has to treat."""
    if is_invariant(observable.paulis):
        return ()
    if isinstance(observable, SumObservable):
        return max((longest_broken_string(term) for _, term in observable.terms), key=len)
    return max((string for string, _ in observable.paulis.terms), key=len, default=())


def _invariant_terms(observable: Observable) -> list[tuple[Fraction, Observable]]:
    if is_invariant(observable.paulis):
        return [(Fraction(1), observable)]
    if isinstance(observable, SumObservable):
        return [(w * weight, term) for w, part in observable.terms for weight, term in _invariant_terms(part)]
    terms: list[tuple[Fraction, Observable]] = []
    for string, (real, _) in observable.paulis.terms:
        scale = real.value if isinstance(real, Number) else Fraction(0)  # weights of observables are exact numbers
        for weight, structure in twirl_string(string):
            terms += [(scale * weight * own, term) for own, term in _observables(structure)]
    return terms


def _observables(structure: Structure) -> list[tuple[Fraction, Observable]]:
    if len(structure[0]) == 3:
        a, b, c = structure[0]
        strings = triple_product(a, b, c).terms
        return [(real.value, PauliObservable(s)) for s, (real, _) in strings if isinstance(real, Number)]
    dots = tuple(DotObservable(a, b) for a, b in structure)
    return [(Fraction(1), dots[0] if len(dots) == 1 else ProductObservable(dots))]


def twirl_gate(op: Gate) -> Twirled:
    """Return a gate with the average of its generator G(x) over rotations R of molecule and spins together.

    That is the average of U_R^dagger G(R x) U_R, the generator closest to G that turns with the molecule. A Pauli
    rotation has at most three letters.
    """
    if isinstance(op, Rotate):
        return _rotation(op, op.vector)
    if not isinstance(op, PauliRotation):
        return _with_angle(op)
    if len(op.string) == 1:
        ((_, letter),) = op.string
        parts = [op.angle if letter == own else _NOTHING for own in LETTERS]
        return _rotation(op, FrameVector(*parts))
    terms = twirl_string(op.string)
    if not op.angle.law.covariant:
        return Twirled(None, NO_OPERATION)
    if not terms:
        return Twirled(None, ZERO)
    ((weight, (qubits,)),) = terms
    angle = as_value(weight / 2) * op.angle
    if len(qubits) == 2:
        return Twirled(Exchange(qubits[0], qubits[1], angle, unordered=op.unordered, span=op.span), AVERAGE)
    return Twirled(Chirality(qubits[0], qubits[1], qubits[2], angle, unordered=op.unordered, span=op.span), AVERAGE)


def _rotation(op: Rotate | PauliRotation, vector: Value) -> Twirled:
    mean = mean_vector(vector)
    if mean is None:
        return Twirled(None, NOT_KNOWN)
    if _is_zero(mean):
        return Twirled(None, ZERO)
    return Twirled(Rotate(op.qubits[0], mean, span=op.span), AVERAGE)


def _with_angle(op: Gate) -> Twirled:
    """The average of a gate whose generator commutes with the spin: that of its angle."""
    mean = mean_number(op.value)
    if mean is None:
        return Twirled(None, NOT_KNOWN)
    return Twirled(None, ZERO) if _is_zero(mean) else Twirled(op.with_value(mean), AVERAGE)


def mean_number(value: Value) -> Value | None:
    """Return the average of f(R x) over rotations R; None unless f is linear in components of vectors."""
    terms = _linear(value)
    return None if terms is None else add(*(factor for factor, component in terms if component is None), _NOTHING)


def mean_vector(value: Value) -> Value | None:
    """Return the average of R^-1 v(R x) over rotations R; None where no closed form is known here.

    Example:
        >>> from qffc.ir.values import Displacement
        >>> r = Displacement("a", "b")
        >>> mean_vector(FrameVector(as_value(0), as_value(0), Component(r, "z")))
        <Mul 1/3*r(a, b)>
    """
    if value.law.covariant:
        return value
    if isinstance(value, Add):
        return _sum([mean_vector(term) for term in value.terms])
    if isinstance(value, FrameVector):
        return _sum([_mean_along(part, axis) for part, axis in zip(value.children, "xyz", strict=True)])
    if isinstance(value, Cross):
        return _mean_cross(value)
    if isinstance(value, Mul):
        return _mean_product(value)
    return None


def _mean_product(value: Mul) -> Value | None:
    *scalars, vector = value.factors
    scale = mul(*scalars)
    if isinstance(vector, FrameVector):
        return mean_vector(FrameVector(*(mul(scale, part) for part in vector.children)))
    if scale.law.covariant:
        mean = mean_vector(vector)
        return None if mean is None else mul(scale, mean)
    factor = mean_number(scale) if vector.law.covariant else None
    return None if factor is None else mul(factor, vector)


def _mean_cross(value: Cross) -> Value | None:
    means = mean_vector(value.left), mean_vector(value.right)
    if not (value.left.law.covariant or value.right.law.covariant) or means[0] is None or means[1] is None:
        return None
    return cross(means[0], means[1])


def _mean_along(part: Value, axis: str) -> Value | None:
    """The average of R^-1 e f(R x), e a fixed axis: a third of u for f = e . u, nothing for an invariant f."""
    terms = _linear(part)
    if terms is None:
        return None
    third = as_value(Fraction(1, 3))
    found = [mul(third, factor, c.vector) for factor, c in terms if c is not None and c.axis == axis]
    return _sum([*found, _NOWHERE])


def _linear(value: Value) -> list[tuple[Value, Component | None]] | None:
    """Return a number as a sum of invariant factors, each times a component of a vector or none; else None."""
    if value.law.covariant:
        return [(value, None)]
    if isinstance(value, Component):
        return [(as_value(1), value)] if value.vector.law.covariant else None
    if isinstance(value, Add):
        lists = [_linear(term) for term in value.terms]
        return None if any(part is None for part in lists) else [term for part in lists for term in part or ()]
    if not isinstance(value, Mul):
        return None
    terms: list[tuple[Value, Component | None]] = [(as_value(1), None)]
    for factor in value.factors:
        more = _linear(factor)
        if more is None or any(a is not None and b is not None for _, a in terms for _, b in more):
            return None
        terms = [(mul(x, y), a or b) for x, a in terms for y, b in more]
    return terms


def _sum(parts: list[Value | None]) -> Value | None:
    known = [part for part in parts if part is not None]
    return add(*known) if len(known) == len(parts) else None


def _is_zero(value: Value) -> bool:
    return value in (_NOTHING, _NOWHERE)
