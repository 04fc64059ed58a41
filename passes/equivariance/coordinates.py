"""Values multiplied out in Cartesian coordinates, and how they change when the molecule moves: exact, with a budget.

A value becomes a polynomial with rational coefficients (three for a vector) in *atoms*: coordinates of positions,
parameter entries, components of directions, and other functions taken whole, such as a root or a quotient. Two spellings
of one polynomial come out the same.

**Lemma.** Let every atom follow a law under a connected group of motions, at every geometry: a component of a vector
that turns along turns with it, a function of numbers that stay the same stays the same. If the derivative of the
polynomial along the group is zero as a polynomial, the value follows its law at every geometry.

*Proof.* The group acts on the atoms linearly, so the polynomial along an orbit is an analytic function on a connected
group, and a zero derivative makes it constant. That atoms are tied to each other plays no part: the identity holds for
all numbers in their place.

Hypotheses, each checked by :func:`_rate`: a function is an atom that stays the same only when its argument does, a
direction turns along only when its vector does; no derivative is ever taken of a root, a quotient, a direction or any
other function, so what they do where they are singular or jump does not matter. Rotations and translations are
connected; inversion is not, and :func:`parity` compares the polynomial with its mirror image itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from sympy import QQ, Symbol
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyRing

from qffc.ir.diagnostics import InternalError
from qffc.ir.evaluate import fading_sites
from qffc.ir.values import (
    Add,
    Component,
    Cross,
    Cutoff,
    Displacement,
    Dot,
    FrameVector,
    Function,
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
    dot,
)

Polynomial = Any
"""An element of a ring of sympy; sympy carries no types."""
Polynomials = tuple[Polynomial, ...]
"""One for a number, three for a vector."""
Motion = Literal["rotation", "translation"]

PRODUCTS = 30_000
"""Products of terms that one value may take; a tenth of a second."""


class TooLarge(Exception):
    """A value has more terms than its budget allows."""

    def __init__(self, value: Value) -> None:
        super().__init__(f"too large: multiplied out, {_shorten(value.text)} takes more than {PRODUCTS} products of terms")


@dataclass(frozen=True)
class Atom:
    """A generator of the polynomials.

    Args:
        name: equal for equal atoms.
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
        return tuple(str(part) for part in self.parts)

    @property
    def leading(self) -> Any:
        """The coefficient of the first term, which fixes the sign and the size of a value up to a factor."""
        return next((part.LC for part in self.parts if part), QQ(0))


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
        ('-J*a.x**2 + J*a.x*b.x - J*a.y**2 + J*a.y*b.y - J*a.z**2 + J*a.z*b.z',)
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
    """The atom of a function: equal arguments, as polynomials, give equal atoms, up to the factor that stands in front."""
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
            return _Opaque(1 / inside.leading if inside.leading else None, f"1/({_text(inside, inside.leading)})")
        case Function(name, argument):
            inside = written(argument, ghosts)
            sign = -1 if name in ("cos", "sin", "tanh") and inside.leading < 0 else 1
            return _Opaque(1 if name == "cos" else sign, f"{name}({_text(inside, QQ(sign))})")
        case Cutoff(argument, radius):
            return _Opaque(1, f"cutoff[{radius}]({_text(written(argument, ghosts), QQ(1))}){_fades(node, ghosts)}")
        case Radial(table, argument):
            return _Opaque(1, f"radial[{table}]({_text(written(argument, ghosts), QQ(1))}){_fades(node, ghosts)}")
    raise InternalError(f"no coordinates for {type(node).__name__}")


def _text(inside: Written, scale: Any) -> str:
    parts = inside.parts if not scale or scale == 1 else tuple(part.mul_ground(1 / scale) for part in inside.parts)
    return ", ".join(map(str, parts))


def _fades(node: Value, ghosts: bool) -> str:
    return f"[{', '.join(sorted(fading_sites(node)))}]" if ghosts else ""


def _is_inverse(node: Value) -> bool:
    return isinstance(node, Power) and node.exponent < 0


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
            case Pi() | ParameterEntry() | Moment():
                atoms[node.text] = Atom(node.text, node)
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
                atoms |= {f"{name}.{axis}": Atom(f"{name}.{axis}", node, k) for k, axis in enumerate("xyz")}
                stack.append(vector)  # its length times it is a polynomial
            case Power() if node.exponent < 0:
                name = _opaque(node, ghosts).name
                atoms[name] = Atom(name, node)
            case _:
                stack.extend(node.children)


def _add_site(site: str, atoms: dict[str, Atom]) -> None:
    atoms |= {f"{site}.{axis}": Atom(f"{site}.{axis}", Position(site), k) for k, axis in enumerate("xyz")}


@lru_cache(maxsize=1 << 10)
def _ring(names: tuple[str, ...]) -> Any:
    # Terms are sorted by the names alone, so that a polynomial has one text whatever else its ring holds.
    return PolyRing([Symbol(name) for name in names], QQ, lex)


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
        self.ring = _ring(tuple(atom.name for atom in self.atoms))
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
                return (self.ring(QQ(number.numerator, number.denominator)),)
            case Pi() | ParameterEntry() | Moment():
                return (self.atom(node.text),)
            case Position(site):
                return self.triple(site)
            case Displacement(origin, site):
                return tuple(b - a for a, b in zip(self.triple(origin), self.triple(site), strict=True))
            case Add(terms):
                return tuple(sum(parts, self.ring(0)) for parts in zip(*map(self.parts, terms), strict=True))
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
                return tuple(
                    self.times(u[i], v[j]) - self.times(u[j], v[i]) for i, j in ((1, 2), (2, 0), (0, 1))
                )
            case Component(vector, axis):
                return (self.parts(vector)["xyz".index(axis)],)
            case FrameVector():
                return tuple(self.parts(part)[0] for part in node.children)
        raise InternalError(f"no coordinates for {type(node).__name__}")

    def atom(self, name: str) -> Polynomial:
        return self.ring.gens[self.place[name]]

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
        scale = self.ring(1)
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
        result = self.ring(1)
        for _ in range(exponent):
            result = self.times(result, base)
        return result

    def inverse(self, node: Power) -> Polynomial:
        opaque = _opaque(node, self.ghosts)
        scale = self.ring(1) if opaque.scale is None else self.ring(opaque.scale)
        return self.power(self.times(scale, self.atom(opaque.name)), -node.exponent)

    def dot(self, left: Polynomials, right: Polynomials) -> Polynomial:
        return sum((self.times(a, b) for a, b in zip(left, right, strict=True)), self.ring(0))

    def reduced(self, polynomial: Polynomial) -> Polynomial:
        """The polynomial with norm(v) unit(v) = v, and then norm(v)^2 = dot(v, v), true of every vector, zero too."""
        norms = [k for k, atom in enumerate(self.atoms) if isinstance(atom.node, Norm)]
        while norms:
            left, changed = polynomial, self.ring(0)
            for monomial, coefficient in polynomial.terms():
                simpler = next((s for k in norms if monomial[k] and (s := self.simpler(monomial, k)) is not None), None)
                if simpler is not None:
                    term = self.ring({monomial: coefficient})
                    self.spend(len(simpler) + 1)
                    left, changed = left - term, changed + simpler.mul_ground(coefficient)
            if left == polynomial:
                break
            polynomial = left + changed
        return polynomial

    def simpler(self, monomial: tuple[int, ...], k: int) -> Polynomial | None:
        """One term without a product of a length and its direction, or without the square of a length."""
        node = self.atoms[k].node
        assert isinstance(node, Norm)
        opaque = _opaque(node, self.ghosts)
        vector = tuple(part.mul_ground(1 / QQ(opaque.scale)) for part in self.parts(node.vector))
        sign = 1 if written(node.vector, self.ghosts).leading > 0 else -1
        direction = f"unit{self.atoms[k].name.removeprefix('norm')}"
        for axis, letter in enumerate("xyz"):
            place = self.place.get(f"{direction}.{letter}")
            if place is not None and monomial[place]:
                return self.times(self.ring({_less(_less(monomial, k), place): QQ(1)}), vector[axis] * sign)
        if monomial[k] >= 2:
            return self.times(self.ring({_less(_less(monomial, k), k): QQ(1)}), self.dot(vector, vector))
        return None


def _less(monomial: tuple[int, ...], place: int) -> tuple[int, ...]:
    return tuple(exponent - (k == place) for k, exponent in enumerate(monomial))


# --------------------------------------------------------------------------- motions


def residual(value: Value, motion: Motion, axes: tuple[int, ...] = (0, 1, 2)) -> str | None:
    """Return how a value fails to follow a motion about or along the axes, in words; None when it follows it exactly.

    A number has to be invariant; a vector has to turn along with a rotation, and to stay under a translation.

    Example:
        >>> from qffc.ir import parse_value
        >>> inner = "component(x(a), x)*component(x(b), x) + component(x(a), y)*component(x(b), y)"
        >>> residual(parse_value(inner), "rotation", (2,)) is None
        True
        >>> print(residual(parse_value("component(x(a), x)"), "rotation"))
        component(x(a), x) is off by a.z per radian about y
    """
    return next((text for axis in axes if (text := _residual(value, motion, axis)) is not None), None)


@lru_cache(maxsize=1 << 14)
def _residual(value: Value, motion: Motion, axis: int) -> str | None:
    try:
        form = written(value)
        for k, part in enumerate(form.parts):
            left = _change(form, part, motion, axis) - _wanted(form.parts, motion, axis)[k]
            if left:
                subject = f"component {'xyz'[k]} of {value}" if len(form.parts) == 3 else value.text
                unit = "radian about" if motion == "rotation" else "Angstrom along"
                return f"{subject} is off by {_shorten(_shown(left, form))} per {unit} {'xyz'[axis]}"
    except TooLarge as problem:
        return str(problem)
    except _LooseAtom as problem:
        return f"{value} depends on {problem}" if problem.node != value else problem.why
    return None


class _LooseAtom(Exception):
    """An atom follows no law that is known."""

    def __init__(self, node: Value, why: str) -> None:
        self.node, self.why = node, why
        super().__init__(f"{node}, where {why}")


def _change(form: Written, part: Polynomial, motion: Motion, axis: int) -> Polynomial:
    """The derivative of a polynomial along a motion: every x_s changes by e x x_s about the axis e, or by e along it."""
    total = part.ring(0)
    for k, atom in enumerate(form.atoms):
        slope = part.diff(part.ring.gens[k])
        if slope:
            total += slope * _rate(form, part.ring, atom, motion, axis)
    return total


def _rate(form: Written, ring: Any, atom: Atom, motion: Motion, axis: int) -> Polynomial:
    """How fast an atom changes; for all but positions the law that makes it known is established here."""
    node = atom.node
    match node:
        case Position():
            if motion == "translation":
                return ring(int(atom.axis == axis))
        case Unit(vector):
            _need(node, _residual(vector, motion, axis))
            if motion == "translation":
                return ring(0)
        case Norm(vector):
            _need(node, _residual(dot(vector, vector), motion, axis))
            return ring(0)
        case Power(base, _):
            _need(node, _residual(base, motion, axis))
            return ring(0)
        case Function() | Cutoff() | Radial():
            _need(node, _residual(node.argument, motion, axis))
            return ring(0)
        case _:
            return ring(0)  # parameters, moments and pi
    own, place = atom.axis or 0, {other.name: k for k, other in enumerate(form.atoms)}
    partner, sign = _turned(own, axis)
    if not sign:
        return ring(0)
    return ring.gens[place[f"{atom.name[:-1]}{'xyz'[partner]}"]] * sign


def _need(node: Value, why: str | None) -> None:
    if why is not None:
        raise _LooseAtom(node, why)


def _turned(own: int, axis: int) -> tuple[int, int]:
    """Component ``own`` of e_axis x v, as a component of v and its sign."""
    if own == axis:
        return own, 0
    return 3 - own - axis, 1 if (axis - own) % 3 == 1 else -1


def _wanted(parts: Polynomials, motion: Motion, axis: int) -> Polynomials:
    if len(parts) == 1 or motion == "translation":
        return tuple(part.ring(0) for part in parts)
    return tuple(parts[partner] * sign for partner, sign in (_turned(own, axis) for own in range(3)))


# --------------------------------------------------------------------------- inversion


@lru_cache(maxsize=1 << 14)
def parity(value: Value) -> Literal[1, -1] | None:
    """Return the sign that a value takes when all positions change theirs; None when it takes none, or none is found.

    Example:
        >>> from qffc.ir import parse_value
        >>> parity(parse_value("component(r(a, b), x)")), parity(parse_value("component(r(a, b), x)^2 + 1"))
        (-1, 1)
    """
    try:
        form = written(value)
        signs = [_atom_parity(atom) for atom in form.atoms]
    except TooLarge:
        return None
    found = set()
    for part in form.parts:
        for monomial in part.monoms():
            sign = 1
            for exponent, own in zip(monomial, signs, strict=True):
                if exponent and own is None:
                    return None
                sign *= (own or 1) ** exponent
            found.add(sign)
    return 1 if found <= {1} else -1 if found == {-1} else None


@lru_cache(maxsize=1 << 14)
def _atom_parity(atom: Atom) -> Literal[1, -1] | None:
    match atom.node:
        case Position():
            return -1
        case Unit(vector):
            return parity(vector)
        case Norm(vector):
            return 1 if parity(dot(vector, vector)) == 1 else None
        case Power(base, _):
            return parity(base)
        case Function(name, argument):
            own = parity(argument)
            return 1 if name == "cos" and own else own if own != -1 or name in ("sin", "tanh") else None
        case Cutoff(argument, _) | Radial(_, argument):
            return 1 if parity(argument) == 1 else None
    return 1  # parameters, moments and pi


# --------------------------------------------------------------------------- for people


def _shown(polynomial: Polynomial, form: Written) -> str:
    """A polynomial with its functions spelled as in the program."""
    text = str(polynomial)
    for atom in sorted(form.atoms, key=lambda atom: -len(atom.name)):
        if not isinstance(atom.node, Position):
            text = text.replace(atom.name, atom.node.text + ("" if atom.axis is None else f".{'xyz'[atom.axis]}"))
    return text


def _shorten(text: str, limit: int = 120) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."
