"""How values change when the molecule moves: exact, from their polynomials.

**Lemma.** Let every atom of a value (``coordinates.py``) follow a law under a connected group of motions, at every
geometry: a component of a vector that turns along turns with it, a function of numbers that stay the same stays the
same. If the derivative of the polynomial along the group is zero as a polynomial (or, of a vector, what turning along
asks for), the value follows its law at every geometry.

*Proof.* The group acts on the atoms linearly, so the polynomial along an orbit is an analytic function on a connected
group, and a zero derivative makes it constant. The identity holds for all numbers in the place of the atoms, so it does
not matter how they are tied to each other.

Hypotheses, each checked by :func:`_rate`: a function is an atom that stays the same only when its argument does, a
direction turns along only when its vector does. No derivative is ever taken of a root, a quotient, a direction or any
other function, so what they do where they are singular or jump does not matter. Cutoffs and learned functions are told
apart by the sites that they fade with, for a ghost may take one of them. Rotations and translations are
connected; inversion is not, and :func:`parity` compares the polynomial with its mirror image itself.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

from qffc.ir.short_repr import shortened
from qffc.ir.values import CarriedVector, Cutoff, Function, Gathered, Norm, Position, Power, Radial, Unit, Value, dot
from qffc.passes.equivariance.polynomials.coordinates import (
    Atom,
    Polynomial,
    Polynomials,
    TooLarge,
    Written,
    written,
)

Motion = Literal["rotation", "translation"]


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
        form = written(value, ghosts=True)
        for k, part in enumerate(form.parts):
            left = _change(form, part, motion, axis) - _wanted(form.parts, motion, axis)[k]
            if left:
                subject = f"component {'xyz'[k]} of {value}" if len(form.parts) == 3 else value.text
                unit = "radian about" if motion == "rotation" else "Angstrom along"
                return f"{subject} is off by {shortened(_shown(left, form))} per {unit} {'xyz'[axis]}"
    except TooLarge as problem:
        return str(problem)
    except _LooseAtom as problem:
        return f"{value} depends on {problem}" if problem.node != value else f"{value}: {problem.why}"
    return None


class _LooseAtom(Exception):
    """An atom follows no law that is known."""

    def __init__(self, node: Value, why: str) -> None:
        self.node, self.why = node, why
        super().__init__(f"{node}, where {why}")


def _change(form: Written, part: Polynomial, motion: Motion, axis: int) -> Polynomial:
    """The derivative of a polynomial along a motion: a position p changes by e x p about the axis e, by e along it."""
    ring = part.context()
    total = ring.constant(0)
    for k, atom in enumerate(form.atoms):
        slope = part.derivative(k)
        if slope:
            total += slope * _rate(form, ring, atom, motion, axis)
    return total


def _rate(form: Written, ring: Any, atom: Atom, motion: Motion, axis: int) -> Polynomial:
    """How fast an atom changes; for all but positions the law that makes it known is established here."""
    node = atom.node
    match node:
        case Position():
            if motion == "translation":
                return ring.constant(int(atom.axis == axis))
        case Unit(vector):
            _need(node, _residual(vector, motion, axis))
            if motion == "translation":
                return ring.constant(0)
        case Gathered(_, body):
            _need(node, _residual(body, motion, axis))
            if motion == "translation" or not node.law.rank:
                return ring.constant(0)
        case CarriedVector() if motion == "translation":
            return ring.constant(0)
        case CarriedVector():
            pass
        case Norm(vector):
            _need(node, _residual(dot(vector, vector), motion, axis))
            return ring.constant(0)
        case Power(base, _):
            _need(node, _residual(base, motion, axis))
            return ring.constant(0)
        case Function() | Cutoff() | Radial():
            _need(node, _residual(node.argument, motion, axis))
            return ring.constant(0)
        case _:
            return ring.constant(0)  # parameters, moments and pi
    own, place = atom.axis or 0, {other.name: k for k, other in enumerate(form.atoms)}
    partner, sign = _turned(own, axis)
    if not sign:
        return ring.constant(0)
    return ring.gen(place[f"{atom.name[:-1]}{'xyz'[partner]}"]) * sign


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
        return tuple(part.context().constant(0) for part in parts)
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
        form = written(value, ghosts=True)
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
        case Position() | CarriedVector():
            return -1
        case Unit(vector):
            return parity(vector)
        case Gathered(_, body):
            return parity(body)
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
