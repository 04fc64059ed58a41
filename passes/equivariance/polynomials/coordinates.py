"""Values multiplied out in Cartesian coordinates: exact polynomials, with a budget.

A value becomes a polynomial with rational coefficients (three for a vector) in *atoms*: coordinates of positions,
parameter entries, components of directions, and other functions taken whole, such as a root or a quotient.

**Lemma.** Values with one polynomial are equal at every geometry and for all parameters at which both are finite.

*Proof.* Sums, products and whole powers, inner and cross products, components and vectors of components are polynomials
by definition. A function is an atom named by the polynomials of its argument, so equal atoms are equal numbers. Two
relations are used beside: norm(v) unit(v) = v and norm(v)^2 = dot(v, v), true of every vector, the zero vector too; and
that a direction, a length, a sine, a cosine and a hyperbolic tangent are odd or even in their argument. That atoms are
tied to each other in further ways makes polynomials differ that need not; it never makes different ones equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from qffc.ir.diagnostics import InternalError
from qffc.ir.evaluate import fading_sites
from qffc.ir.short_repr import shortened
from qffc.ir.values import (
    Add,
    CarriedNumber,
    CarriedVector,
    Component,
    Cross,
    Cutoff,
    Displacement,
    Dot,
    FrameVector,
    Function,
    Gathered,
    Moment,
    Mul,
    Norm,
    Number,
    ParameterEntry,
    Pi,
    Position,
    Power,
    Radial,
    Unit,
    Value,
)

Polynomial = Any
"""A polynomial of FLINT, with rational coefficients; the package carries no types."""
Polynomials = tuple[Polynomial, ...]
"""One for a number, three for a vector."""
PRODUCTS = 30_000
"""Products of terms that one value may take; a tenth of a second."""


class TooLarge(Exception):
    """A value has more terms than its budget allows."""

    def __init__(self, value: Value) -> None:
        super().__init__(
            f"too large: multiplied out, {shortened(value.text)} takes more than {PRODUCTS} products of terms"
        )


@dataclass(frozen=True)
class Atom:
    """A generator of the polynomials.

    Args:
        name: equal for equal atoms, and only for these: a word, then arguments in brackets, so that the text of a
            polynomial can be read in one way.
        node: the value that it is, or the vector that it is a component of.
        axis: which component, 0 to 2; None for a number.
    """

    name: str
    node: Value
    axis: int | None = None


@dataclass(frozen=True)
class Written:
    """A value multiplied out.

    Args:
        parts: its polynomials.
        atoms: of the ring, in the order of its generators.
        cost: products of terms that it took.
    """

    parts: Polynomials
    atoms: tuple[Atom, ...]
    cost: int

    @property
    def is_zero(self) -> bool:
        """Whether the value is zero whatever its atoms are."""
        return not any(self.parts)

    @property
    def key(self) -> tuple[str, ...]:
        """Texts that are equal for equal values."""
        return self.scaled_key(fmpq(1))

    def scaled_key(self, scale: Any) -> tuple[str, ...]:
        """Texts that are equal for values which are equal when they are divided by a number."""
        return tuple(_text_of(part, scale) for part in self.parts)

    @property
    def leading(self) -> Any:
        """The coefficient of the first term, which fixes the sign and the size of a value up to a factor."""
        return next((part.leading_coefficient() for part in self.parts if part), fmpq(0))


@lru_cache(maxsize=1 << 14)
def written(value: Value, ghosts: bool = False) -> Written:
    """Return a value multiplied out.

    Args:
        value: any value.
        ghosts: whether sites may hold ghosts: cutoffs and learned functions are then equal only when they fade with
            the same sites.

    Raises:
        TooLarge: when it takes more than :data:`PRODUCTS` products of terms.

    Example:
        >>> from qffc.ir import parse_value
        >>> one, other = parse_value("norm(r(a, b))*unit(r(a, b))"), parse_value("x(b) - x(a)")
        >>> written(one).key == written(other).key
        True
        >>> written(parse_value("J*dot(x(a), r(a, b))")).key
        ('-1*J*a.x^2 + 1*J*a.x*b.x + -1*J*a.y^2 + 1*J*a.y*b.y + -1*J*a.z^2 + 1*J*a.z*b.z',)
    """
    atoms: dict[str, Atom] = {}
    _collect(value, ghosts, atoms)
    ordered = tuple(atoms[name] for name in sorted(atoms))
    return _Writer(value, ordered, ghosts).result()


# --------------------------------------------------------------------------- atoms


@dataclass(frozen=True)
class _Opaque:
    """A function taken whole: the value is ``scale`` times the atom (the three atoms of a direction)."""

    scale: Any
    name: str


@lru_cache(maxsize=1 << 14)
def _opaque(node: Value, ghosts: bool) -> _Opaque:
    """The atom of a function: arguments that are equal polynomials give equal atoms, up to the factor in front."""
    match node:
        case Norm(vector):
            inside = written(vector, ghosts)
            return _Opaque(abs(inside.leading), f"norm({_text(inside, inside.leading)})")
        case Unit(vector):
            inside = written(vector, ghosts)
            sign = (inside.leading > 0) - (inside.leading < 0)
            return _Opaque(sign, f"unit({_text(inside, inside.leading)})")
        case Power(base, _):
            inside = written(base, ghosts)
            return _Opaque(1 / inside.leading if inside.leading else None, f"inverse({_text(inside, inside.leading)})")
        case Function(name, argument):
            inside = written(argument, ghosts)
            sign = -1 if name in ("cos", "sin", "tanh") and inside.leading < 0 else 1
            return _Opaque(1 if name == "cos" else sign, f"{name}({_text(inside, fmpq(sign))})")
        case Gathered(site, body):
            inside = written(body, ghosts)
            return _Opaque(inside.leading, f"sum({site}, {_text(inside, inside.leading)})")
        case CarriedVector():
            return _Opaque(1, node.text)
        case Cutoff(argument, radius):
            return _Opaque(1, f"cutoff[{radius}]({_text(written(argument, ghosts), fmpq(1))}){_fades(node, ghosts)}")
        case Radial(table, argument):
            return _Opaque(1, f"radial[{table}]({_text(written(argument, ghosts), fmpq(1))}){_fades(node, ghosts)}")
    raise InternalError(f"no coordinates for {type(node).__name__}")


def _text(inside: Written, scale: Any) -> str:
    return ", ".join(inside.scaled_key(scale or fmpq(1)))


def _text_of(polynomial: Polynomial, scale: Any) -> str:
    """A polynomial divided by a number, as one text whatever else its ring holds."""
    names = polynomial.context().names()
    terms = []
    for monomial, coefficient in polynomial.terms():
        powers = (f"{names[k]}^{n}" if n > 1 else names[k] for k, n in enumerate(monomial) if n)
        terms.append("*".join((str(coefficient / scale), *powers)))
    return " + ".join(terms) or "0"


def _fades(node: Value, ghosts: bool) -> str:
    return f"[{', '.join(sorted(fading_sites(node)))}]" if ghosts else ""


def _collect(value: Value, ghosts: bool, atoms: dict[str, Atom]) -> None:
    """Find all atoms of a value."""
    seen: set[str] = set()
    stack = [value]
    while stack:
        node = stack.pop()
        if node.text in seen:
            continue
        seen.add(node.text)
        match node:
            case Number():
                pass
            case Pi() | ParameterEntry() | Moment() | CarriedNumber():
                atoms[node.text] = Atom(node.text, node)
            case Gathered() | CarriedVector():
                name = _opaque(node, ghosts).name
                atoms |= _parts_of(name, node) if node.law.rank else {name: Atom(name, node)}
            case Position():
                _add_site(node.site, atoms)
            case Displacement():
                _add_site(node.origin, atoms)
                _add_site(node.site, atoms)
            case Function() | Cutoff() | Radial():
                name = _opaque(node, ghosts).name
                atoms[name] = Atom(name, node)
            case Norm(vector):
                name = _opaque(node, ghosts).name
                atoms[name] = Atom(name, node)
                stack.append(vector)  # its square is a polynomial
            case Unit(vector):
                name = _opaque(node, ghosts).name
                atoms |= _parts_of(name, node)
                stack.append(vector)  # its length times it is a polynomial
            case Power() if node.exponent < 0:
                name = _opaque(node, ghosts).name
                atoms[name] = Atom(name, node)
            case _:
                stack.extend(node.children)


def _add_site(site: str, atoms: dict[str, Atom]) -> None:
    atoms |= _parts_of(site, Position(site))


def _parts_of(name: str, vector: Value) -> dict[str, Atom]:
    return {f"{name}.{axis}": Atom(f"{name}.{axis}", vector, k) for k, axis in enumerate("xyz")}


# --------------------------------------------------------------------------- multiplying out


@dataclass
class _Writer:
    """Multiplies one value out, within its budget."""

    value: Value
    atoms: tuple[Atom, ...]
    ghosts: bool
    cost: int = 0
    known: dict[str, Polynomials] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Terms are sorted by the names alone, so that a polynomial has one text whatever else its ring holds.
        self.ring = fmpq_mpoly_ctx.get(tuple(atom.name for atom in self.atoms), Ordering.lex)
        self.place = {atom.name: k for k, atom in enumerate(self.atoms)}

    def result(self) -> Written:
        parts = tuple(self.reduced(part) for part in self.parts(self.value))
        return Written(parts, self.atoms, self.cost)

    def parts(self, node: Value) -> Polynomials:
        if node.text not in self.known:
            self.known[node.text] = self._parts(node)
        return self.known[node.text]

    def _parts(self, node: Value) -> Polynomials:
        match node:
            case Number(number):
                return (self.ring.constant(fmpq(number.numerator, number.denominator)),)
            case Pi() | ParameterEntry() | Moment() | CarriedNumber():
                return (self.atom(node.text),)
            case Gathered() | CarriedVector():
                opaque = _opaque(node, self.ghosts)
                parts = self.triple(opaque.name) if node.law.rank else (self.atom(opaque.name),)
                return tuple(part * opaque.scale for part in parts)
            case Position(site):
                return self.triple(site)
            case Displacement(origin, site):
                return tuple(b - a for a, b in zip(self.triple(origin), self.triple(site), strict=True))
            case Add(terms):
                return tuple(sum(parts, self.ring.constant(0)) for parts in zip(*map(self.parts, terms), strict=True))
            case Mul(factors):
                return self.product([self.parts(factor) for factor in factors])
            case Power() if node.exponent > 0:
                return (self.power(self.parts(node.base)[0], node.exponent),)
            case Power():
                return (self.inverse(node),)
            case Unit():
                opaque = _opaque(node, self.ghosts)
                return tuple(part * opaque.scale for part in self.triple(opaque.name))
            case Norm() | Function() | Cutoff() | Radial():
                opaque = _opaque(node, self.ghosts)
                return (self.atom(opaque.name) * opaque.scale,)
            case Dot(left, right):
                return (self.dot(self.parts(left), self.parts(right)),)
            case Cross(left, right):
                u, v = self.parts(left), self.parts(right)
                return tuple(self.times(u[i], v[j]) - self.times(u[j], v[i]) for i, j in ((1, 2), (2, 0), (0, 1)))
            case Component(vector, axis):
                return (self.parts(vector)["xyz".index(axis)],)
            case FrameVector():
                return tuple(self.parts(part)[0] for part in node.children)
        raise InternalError(f"no coordinates for {type(node).__name__}")

    def atom(self, name: str) -> Polynomial:
        return self.ring.gen(self.place[name])

    def triple(self, name: str) -> Polynomials:
        return tuple(self.atom(f"{name}.{axis}") for axis in "xyz")

    def times(self, left: Polynomial, right: Polynomial) -> Polynomial:
        self.spend(len(left) * len(right))
        return left * right

    def spend(self, products: int) -> None:
        self.cost += products
        if self.cost > PRODUCTS:
            raise TooLarge(self.value)

    def product(self, factors: list[Polynomials]) -> Polynomials:
        scale = self.ring.constant(1)
        vector: Polynomials | None = None
        for factor in factors:
            if len(factor) == 3:
                vector = factor
            else:
                scale = self.times(scale, factor[0])
        return (scale,) if vector is None else tuple(self.times(scale, part) for part in vector)

    def power(self, base: Polynomial, exponent: int) -> Polynomial:
        if len(base) == 1:
            self.spend(1)
            return base**exponent
        result = self.ring.constant(1)
        for _ in range(exponent):
            result = self.times(result, base)
        return result

    def inverse(self, node: Power) -> Polynomial:
        opaque = _opaque(node, self.ghosts)
        scale = self.ring.constant(1) if opaque.scale is None else self.ring.constant(opaque.scale)
        return self.power(self.times(scale, self.atom(opaque.name)), -node.exponent)

    def dot(self, left: Polynomials, right: Polynomials) -> Polynomial:
        return sum((self.times(a, b) for a, b in zip(left, right, strict=True)), self.ring.constant(0))

    def reduced(self, polynomial: Polynomial) -> Polynomial:
        """The polynomial with norm(v) unit(v) = v, and then norm(v)^2 = dot(v, v), true of every vector, zero too."""
        norms = [k for k, atom in enumerate(self.atoms) if isinstance(atom.node, Norm)]
        while norms:
            left, changed = polynomial, self.ring.constant(0)
            for monomial, coefficient in polynomial.terms():
                simpler = next((s for k in norms if monomial[k] and (s := self.simpler(monomial, k)) is not None), None)
                if simpler is not None:
                    term = self.ring.from_dict({monomial: coefficient})
                    self.spend(len(simpler) + 1)
                    left, changed = left - term, changed + simpler * coefficient
            if left == polynomial:
                break
            polynomial = left + changed
        return polynomial

    def simpler(self, monomial: tuple[int, ...], k: int) -> Polynomial | None:
        """One term without a product of a length and its direction, or without the square of a length."""
        node = self.atoms[k].node
        assert isinstance(node, Norm)
        opaque = _opaque(node, self.ghosts)
        vector = tuple(part * (1 / fmpq(opaque.scale)) for part in self.parts(node.vector))
        sign = 1 if written(node.vector, self.ghosts).leading > 0 else -1
        direction = f"unit{self.atoms[k].name.removeprefix('norm')}"
        for axis, letter in enumerate("xyz"):
            place = self.place.get(f"{direction}.{letter}")
            if place is not None and monomial[place]:
                return self.times(self.ring.from_dict({_less(_less(monomial, k), place): 1}), vector[axis] * sign)
        if monomial[k] >= 2:
            return self.times(self.ring.from_dict({_less(_less(monomial, k), k): 1}), self.dot(vector, vector))
        return None


def _less(monomial: tuple[int, ...], place: int) -> tuple[int, ...]:
    return tuple(exponent - (k == place) for k, exponent in enumerate(monomial))
