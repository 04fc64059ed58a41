"""Symbolic values: what the classical side of a program computes, with transformation laws.

A value is an immutable expression tree. Its canonical text (``str(value)``) is the spelling of the text
format, and decides equality: sums and products are flattened and sorted when they are built, so ``a * b`` equals
``b * a``. Lengths are in Angstrom, angles in radians.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal

from qffc.ir.diagnostics import InternalError, error
from qffc.ir.laws import FRAME_NUMBER, FRAME_VECTOR, SCALAR, VECTOR, Law

FUNCTIONS = ("acos", "cos", "exp", "log", "sin", "sqrt", "tanh")
AXES: tuple[Literal["x", "y", "z"], ...] = ("x", "y", "z")

Numeric = int | float | Fraction


class Value:
    """Base of all symbolic values; operators build sums, products and powers."""

    @cached_property
    def text(self) -> str:
        """The canonical spelling in the text format."""
        return self._spell()

    @cached_property
    def law(self) -> Law:
        """How the value transforms."""
        return self._law()

    @property
    def children(self) -> tuple[Value, ...]:
        """The values that this one is built from, in order."""
        return ()

    @cached_property
    def sites(self) -> tuple[str, ...]:
        """The names of the sites that the value depends on, sorted."""
        return tuple(sorted({site for node in walk(self) for site in node._own_sites()}))

    def _spell(self) -> str:
        raise InternalError(f"{type(self).__name__} has no spelling")

    def _law(self) -> Law:
        raise InternalError(f"{type(self).__name__} has no law")

    def _own_sites(self) -> tuple[str, ...]:
        return ()

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.text}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __add__(self, other: Value | Numeric) -> Value:
        return add(self, as_value(other))

    def __radd__(self, other: Numeric) -> Value:
        return add(as_value(other), self)

    def __sub__(self, other: Value | Numeric) -> Value:
        return add(self, mul(Number(Fraction(-1)), as_value(other)))

    def __rsub__(self, other: Numeric) -> Value:
        return add(as_value(other), mul(Number(Fraction(-1)), self))

    def __mul__(self, other: Value | Numeric) -> Value:
        return mul(self, as_value(other))

    def __rmul__(self, other: Numeric) -> Value:
        return mul(as_value(other), self)

    def __neg__(self) -> Value:
        return mul(Number(Fraction(-1)), self)

    def __truediv__(self, other: Value | Numeric) -> Value:
        return mul(self, power(as_value(other), -1))

    def __rtruediv__(self, other: Numeric) -> Value:
        return mul(as_value(other), power(self, -1))

    def __pow__(self, exponent: int) -> Value:
        return power(self, exponent)


def walk(value: Value) -> Iterator[Value]:
    """Yield the value and everything below it, children after parents."""
    stack = [value]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))


# --------------------------------------------------------------------------- leaves


@dataclass(frozen=True, eq=False, repr=False)
class Number(Value):
    """An exact rational number."""

    value: Fraction

    def _spell(self) -> str:
        return str(self.value)

    def _law(self) -> Law:
        return SCALAR


@dataclass(frozen=True, eq=False, repr=False)
class Pi(Value):
    """The circle constant."""

    def _spell(self) -> str:
        return "pi"

    def _law(self) -> Law:
        return SCALAR


@dataclass(frozen=True)
class SpeciesOf:
    """A parameter index: the species of a site."""

    site: str

    def __str__(self) -> str:
        return f"Z({self.site})"


@dataclass(frozen=True)
class ChannelIndex:
    """A parameter index: the channel, a copy of the circuit with parameters of its own."""

    def __str__(self) -> str:
        return "channel"


Index = int | SpeciesOf | ChannelIndex


@dataclass(frozen=True, eq=False, repr=False)
class ParameterEntry(Value):
    """One entry of a parameter table, such as ``J[Z(c), Z(a), 0]``; an invariant number."""

    name: str
    indices: tuple[Index, ...] = ()

    def _spell(self) -> str:
        return self.name + (f"[{', '.join(map(str, self.indices))}]" if self.indices else "")

    def _law(self) -> Law:
        return SCALAR


@dataclass(frozen=True, eq=False, repr=False)
class Position(Value):
    """The absolute position of a site; using it breaks translation unless positions are differences already."""

    site: str

    def _spell(self) -> str:
        return f"x({self.site})"

    def _law(self) -> Law:
        return VECTOR

    def _own_sites(self) -> tuple[str, ...]:
        return (self.site,)


@dataclass(frozen=True, eq=False, repr=False)
class Displacement(Value):
    """The vector from one site to another: position of ``site`` minus position of ``origin``."""

    origin: str
    site: str

    def _spell(self) -> str:
        return f"r({self.origin}, {self.site})"

    def _law(self) -> Law:
        return VECTOR

    def _own_sites(self) -> tuple[str, ...]:
        return (self.origin, self.site)


@dataclass(frozen=True, eq=False, repr=False)
class Moment(Value):
    """The expectation value of a named observable; only readouts use it."""

    observable: str

    def _spell(self) -> str:
        return f"moment({self.observable})"

    def _law(self) -> Law:
        return SCALAR


# --------------------------------------------------------------------------- arithmetic


@dataclass(frozen=True, eq=False, repr=False)
class Add(Value):
    """A sum of at least two values of one rank; build it with :func:`add`."""

    terms: tuple[Value, ...]

    @property
    def children(self) -> tuple[Value, ...]:
        return self.terms

    def _spell(self) -> str:
        return " + ".join(term.text for term in self.terms)

    def _law(self) -> Law:
        law = self.terms[0].law
        for term in self.terms[1:]:
            law = law.plus(term.law)
        return law


@dataclass(frozen=True, eq=False, repr=False)
class Mul(Value):
    """A product of at least two values, at most one of them a vector; build it with :func:`mul`."""

    factors: tuple[Value, ...]

    @property
    def children(self) -> tuple[Value, ...]:
        return self.factors

    def _spell(self) -> str:
        return "*".join(f"({factor})" if isinstance(factor, Add) else factor.text for factor in self.factors)

    def _law(self) -> Law:
        law = self.factors[0].law
        for factor in self.factors[1:]:
            law = law.times(factor.law)
        return law


@dataclass(frozen=True, eq=False, repr=False)
class Power(Value):
    """An integer power of a number; build it with :func:`power`."""

    base: Value
    exponent: int

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.base,)

    def _spell(self) -> str:
        simple = not isinstance(self.base, Add | Mul | Power) and not (
            isinstance(self.base, Number) and (self.base.value < 0 or self.base.value.denominator != 1)
        )
        return f"{self.base}^{self.exponent}" if simple else f"({self.base})^{self.exponent}"

    def _law(self) -> Law:
        law = self.base.law
        odd = self.exponent % 2
        return Law(0, law.parity if odd else (None if law.parity is None else 1), law.covariant)


@dataclass(frozen=True, eq=False, repr=False)
class Function(Value):
    """A smooth function of one number."""

    name: str
    argument: Value

    def __post_init__(self) -> None:
        if self.name not in FUNCTIONS:
            raise error(
                "unknown function",
                found=f"'{self.name}'",
                expected="one of " + ", ".join(f"'{name}'" for name in FUNCTIONS),
                help="build other functions from these, or use a learned radial function",
            )
        _need_rank(self.argument, 0, self.name)

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.argument,)

    def _spell(self) -> str:
        return f"{self.name}({self.argument})"

    def _law(self) -> Law:
        law = self.argument.law
        if law.parity == 1:
            return law
        if law.parity == -1 and self.name in ("sin", "tanh"):
            return law
        if law.parity == -1 and self.name == "cos":
            return Law(0, 1, law.covariant)
        return Law(0, None, law.covariant)


# --------------------------------------------------------------------------- vectors


@dataclass(frozen=True, eq=False, repr=False)
class Norm(Value):
    """The length of a vector; build it with :func:`norm`."""

    vector: Value

    def __post_init__(self) -> None:
        _need_rank(self.vector, 1, "norm")

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.vector,)

    def _spell(self) -> str:
        return f"norm({self.vector})"

    def _law(self) -> Law:
        law = self.vector.law
        # Without a parity the vector is a sum of a polar and an axial one, and its mirror image has another length.
        return Law(0, None if law.parity is None else 1, law.covariant)


@dataclass(frozen=True, eq=False, repr=False)
class Unit(Value):
    """The direction of a vector; build it with :func:`unit`."""

    vector: Value

    def __post_init__(self) -> None:
        _need_rank(self.vector, 1, "unit")

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.vector,)

    def _spell(self) -> str:
        return f"unit({self.vector})"

    def _law(self) -> Law:
        return self.vector.law


@dataclass(frozen=True, eq=False, repr=False)
class Dot(Value):
    """The inner product of two vectors; build it with :func:`dot`."""

    left: Value
    right: Value

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.left, self.right)

    def _spell(self) -> str:
        return f"dot({self.left}, {self.right})"

    def _law(self) -> Law:
        return self.left.law.dot(self.right.law)


@dataclass(frozen=True, eq=False, repr=False)
class Cross(Value):
    """The cross product of two vectors; build it with :func:`cross`."""

    left: Value
    right: Value

    def __post_init__(self) -> None:
        _need_rank(self.left, 1, "cross")
        _need_rank(self.right, 1, "cross")

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.left, self.right)

    def _spell(self) -> str:
        return f"cross({self.left}, {self.right})"

    def _law(self) -> Law:
        return self.left.law.cross(self.right.law)


@dataclass(frozen=True, eq=False, repr=False)
class Component(Value):
    """One Cartesian component of a vector: a frame-dependent number."""

    vector: Value
    axis: Literal["x", "y", "z"]

    def __post_init__(self) -> None:
        _need_rank(self.vector, 1, f"component {self.axis}")

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.vector,)

    def _spell(self) -> str:
        return f"component({self.vector}, {self.axis})"

    def _law(self) -> Law:
        return FRAME_NUMBER


@dataclass(frozen=True, eq=False, repr=False)
class FrameVector(Value):
    """A vector written down by three numbers in the laboratory frame."""

    x: Value
    y: Value
    z: Value

    def __post_init__(self) -> None:
        for part in self.children:
            _need_rank(part, 0, "vector")

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.x, self.y, self.z)

    def _spell(self) -> str:
        return f"vector({self.x}, {self.y}, {self.z})"

    def _law(self) -> Law:
        return VECTOR if all(part == Number(Fraction(0)) for part in self.children) else FRAME_VECTOR


# --------------------------------------------------------------------------- radial functions


@dataclass(frozen=True, eq=False, repr=False)
class Cutoff(Value):
    """A smooth step from 1 at 0 to 0 at ``radius`` (Angstrom), where value, slope and curvature vanish.

    The polynomial envelope of Gasteiger et al. (arXiv:2003.03123) with p = 6.
    """

    argument: Value
    radius: Fraction

    def __post_init__(self) -> None:
        _need_rank(self.argument, 0, "cutoff")
        if self.radius <= 0:
            raise error(
                "cutoff radius that is not positive",
                found=f"{self.radius}",
                expected="a positive radius in Angstrom",
                help="give the distance from which the atoms no longer see each other, for instance 5",
            )

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.argument,)

    def _spell(self) -> str:
        return f"cutoff({self.argument}, {self.radius})"

    def _law(self) -> Law:
        return _even(self.argument.law)


@dataclass(frozen=True, eq=False, repr=False)
class Radial(Value):
    """A learned function of a distance: sum_k table[..., k] B_k(r), with the basis declared at the parameter."""

    table: ParameterEntry
    argument: Value

    def __post_init__(self) -> None:
        _need_rank(self.argument, 0, f"radial function {self.table.name}")

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.table, self.argument)

    def _spell(self) -> str:
        return f"radial({self.table}, {self.argument})"

    def _law(self) -> Law:
        return _even(self.argument.law)


# --------------------------------------------------------------------------- constructors


def as_value(value: Value | Numeric) -> Value:
    """Return a value for a Python number; decimals become exact rationals of their shortest spelling."""
    if isinstance(value, Value):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        raise error(
            "not a value",
            found=f"{value!r} of type {type(value).__name__}",
            expected="a symbolic value or a number",
            help="use parameters, distances and vectors of the sites, or plain numbers",
        )
    return Number(Fraction(repr(value)) if isinstance(value, float) else Fraction(value))


def add(*values: Value) -> Value:
    """Return the sum in canonical form: flat, numbers folded, like terms collected, sorted."""
    if len({value.law.rank for value in values}) > 1:
        raise error(
            "sum of a number and a vector",
            found=" + ".join(f"'{value}' ({value.law.name})" for value in values),
            expected="terms that are all numbers or all vectors",
            help="multiply the number by a direction, or take the norm of the vector",
        )
    coefficients: dict[str, Fraction] = {}
    bodies: dict[str, Value] = {}
    rank = values[0].law.rank
    for value in values:
        for term in value.terms if isinstance(value, Add) else (value,):
            if _is_zero_vector(term):
                continue
            coefficient, body = split_coefficient(term)
            coefficients[body.text] = coefficients.get(body.text, Fraction(0)) + coefficient
            bodies[body.text] = body
    terms = [mul(Number(coefficients[key]), bodies[key]) for key in sorted(bodies) if coefficients[key]]
    if not terms:
        return Number(Fraction(0)) if rank == 0 else _zero_vector()
    if len(terms) == 1:
        return terms[0]
    return Add(tuple(terms))


def mul(*values: Value) -> Value:
    """Return the product in canonical form: flat, numbers folded and multiplied into a lone sum, the vector last."""
    coefficient = Fraction(1)
    exponents: dict[str, int] = {}
    bodies: dict[str, Value] = {}
    vectors: list[Value] = []
    for value in values:
        for part in value.factors if isinstance(value, Mul) else (value,):
            content, factor = split_coefficient(part)
            coefficient *= content
            if factor.law.rank == 1:
                vectors.append(factor)
            elif not isinstance(factor, Number):
                base, exponent = (factor.base, factor.exponent) if isinstance(factor, Power) else (factor, 1)
                exponents[base.text] = exponents.get(base.text, 0) + exponent
                bodies[base.text] = base
    if len(vectors) > 1:
        raise error(
            "product of two vectors",
            found=" times ".join(f"'{vector}' ({vector.law.name})" for vector in vectors),
            expected="at most one vector in a product",
            help="use dot(u, v) for a scalar or cross(u, v) for an axial vector",
        )
    if coefficient == 0 or (vectors and _is_zero_vector(vectors[0])):
        return _zero_vector() if vectors else Number(Fraction(0))
    factors = [power(bodies[key], exponents[key]) for key in sorted(bodies) if exponents[key]] + vectors
    if len(factors) == 1 and isinstance(factors[0], Add) and coefficient != 1:
        return Add(tuple(mul(Number(coefficient), term) for term in factors[0].terms))
    if coefficient != 1 or not factors:
        factors.insert(0, Number(coefficient))
    return factors[0] if len(factors) == 1 else Mul(tuple(factors))


def power(base: Value, exponent: int) -> Value:
    """Return an integer power of a number in canonical form."""
    if isinstance(exponent, bool) or not isinstance(exponent, int):
        raise error(
            "power with an exponent that is no integer",
            found=f"exponent {exponent!r} of '{base}'",
            expected="a whole number",
            help="use sqrt, or exp of a multiple of log",
        )
    _need_rank(base, 0, "power")
    if exponent == 1:
        return base
    if exponent == 0:
        return Number(Fraction(1))
    if isinstance(base, Number):
        if base.value == 0 and exponent < 0:
            raise error(
                "division by zero",
                found=f"'{base}^{exponent}'",
                expected="a divisor other than 0",
                help="correct the divisor; terms that cancel leave 0",
            )
        return Number(base.value**exponent)
    if isinstance(base, Power):
        return power(base.base, base.exponent * exponent)
    if isinstance(base, Mul):
        return mul(*(power(factor, exponent) for factor in base.factors))
    coefficient, body = split_coefficient(base)
    content, bare = coefficient**exponent, Power(body, exponent)
    return bare if content == 1 else Mul((Number(content), bare))


def dot(left: Value, right: Value) -> Value:
    """Return the inner product of two vectors: rational factors in front, arguments sorted."""
    _need_rank(left, 1, "dot")
    _need_rank(right, 1, "dot")
    if _is_zero_vector(left) or _is_zero_vector(right):
        return Number(Fraction(0))
    (a, u), (b, v) = split_coefficient(left), split_coefficient(right)
    return mul(Number(a * b), Dot(*sorted((u, v), key=str)))


def cross(left: Value, right: Value) -> Value:
    """Return the cross product of two vectors: rational factors in front, arguments sorted (with their sign)."""
    _need_rank(left, 1, "cross")
    _need_rank(right, 1, "cross")
    (a, u), (b, v) = split_coefficient(left), split_coefficient(right)
    if u == v or _is_zero_vector(u) or _is_zero_vector(v):
        return _zero_vector()
    return mul(Number(a * b), Cross(u, v)) if u.text < v.text else mul(Number(-a * b), Cross(v, u))


def norm(vector: Value) -> Value:
    """Return the length of a vector: the rational factor in front, without its sign."""
    _need_rank(vector, 1, "norm")
    if _is_zero_vector(vector):
        return Number(Fraction(0))
    coefficient, body = split_coefficient(vector)
    return mul(Number(abs(coefficient)), Norm(body))


def unit(vector: Value) -> Value:
    """Return the direction of a vector: the sign in front, the rational factor dropped."""
    _need_rank(vector, 1, "unit")
    if _is_zero_vector(vector):
        return vector
    coefficient, body = split_coefficient(vector)
    return mul(Number(Fraction(-1)), Unit(body)) if coefficient < 0 else Unit(body)


def split_coefficient(value: Value) -> tuple[Fraction, Value]:
    """Return the rational coefficient of a value and the rest of it; that of a sum makes its first term bare.

    Example:
        >>> split_coefficient(2 * Pi())
        (Fraction(2, 1), <Pi pi>)
        >>> split_coefficient(2 + 4 * Pi())
        (Fraction(2, 1), <Add 1 + 2*pi>)
    """
    if isinstance(value, Number):
        return value.value, Number(Fraction(1))
    if isinstance(value, Mul) and isinstance(value.factors[0], Number):
        rest = value.factors[1:]
        return value.factors[0].value, rest[0] if len(rest) == 1 else Mul(rest)
    if isinstance(value, Add):
        content, _ = split_coefficient(value.terms[0])
        if content != 1:
            return content, Add(tuple(mul(Number(1 / content), term) for term in value.terms))
    return Fraction(1), value


def substitute_sites(value: Value, sites: dict[str, str], species: dict[str, str] | None = None) -> Value:
    """Return the value with its sites renamed, in a form that compares: rebuilt, displacements sorted with their sign.

    Args:
        value: any value.
        sites: new name of each site that changes, applied to positions and to species indices.
        species: a further renaming of the site inside ``Z(...)`` only, applied after ``sites``; it maps sites of one
            species to one representative so that ``Z(a)`` and ``Z(b)`` compare equal.
    """

    def rename(site: str) -> str:
        return sites.get(site, site)

    def entry(node: ParameterEntry) -> ParameterEntry:
        indices = tuple(
            SpeciesOf((species or {}).get(rename(index.site), rename(index.site)))
            if isinstance(index, SpeciesOf)
            else index
            for index in node.indices
        )
        return ParameterEntry(node.name, indices)

    match value:
        case ParameterEntry():
            return entry(value)
        case Position(site):
            return Position(rename(site))
        case Displacement(origin, site):
            return sorted_displacement(rename(origin), rename(site))
        case Radial(table, argument):
            return Radial(entry(table), substitute_sites(argument, sites, species))
        case _:
            return rebuild(value, tuple(substitute_sites(child, sites, species) for child in value.children))


def sorted_displacement(origin: str, site: str) -> Value:
    """Return r(origin, site) written with its sites in alphabetical order, since r(b, a) = -r(a, b)."""
    return Displacement(origin, site) if origin < site else -Displacement(site, origin)


def rebuild(value: Value, children: tuple[Value, ...]) -> Value:
    """Return the same kind of node over other children, in canonical form; leaves return themselves."""
    match value:
        case Add():
            return add(*children)
        case Mul():
            return mul(*children)
        case Power():
            return power(children[0], value.exponent)
        case Function():
            return Function(value.name, children[0])
        case Norm():
            return norm(children[0])
        case Unit():
            return unit(children[0])
        case Dot():
            return dot(*children)
        case Cross():
            return cross(*children)
        case Component():
            return Component(children[0], value.axis)
        case FrameVector():
            return FrameVector(*children)
        case Cutoff():
            return Cutoff(children[0], value.radius)
        case Radial() if isinstance(children[0], ParameterEntry):
            return Radial(children[0], children[1])
        case _ if not value.children:
            return value
        case _:
            raise InternalError(f"rebuild does not know {type(value).__name__}")


def _zero_vector() -> Value:
    zero = Number(Fraction(0))
    return FrameVector(zero, zero, zero)


def _is_zero_vector(value: Value) -> bool:
    zero = Number(Fraction(0))
    return isinstance(value, FrameVector) and value.x == zero and value.y == zero and value.z == zero


def _even(law: Law) -> Law:
    if law.parity == 1:
        return law
    return Law(0, None, law.covariant)


def _need_rank(value: Value, rank: int, user: str) -> None:
    if value.law.rank == rank:
        return
    wanted = "a vector" if rank == 1 else "a number"
    raise error(
        "a scalar where a vector belongs" if rank == 1 else "a vector where a scalar belongs",
        found=f"'{value}' ({value.law.name})",
        expected=f"{wanted} in '{user}'",
        help="give it a vector such as r(a, b), or multiply by one"
        if rank == 1
        else "take norm(...) or dot(...) of it",
    )
