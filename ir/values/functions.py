"""Symbolic functions of one number: the named ones, the cutoff, and learned radial functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from qffc.ir.diagnostics import error
from qffc.ir.values.arithmetic import Number, Value, need_rank, split_coefficient
from qffc.ir.values.laws import Law
from qffc.ir.values.leaves import ParameterEntry, Pi

FUNCTIONS = ("acos", "cos", "exp", "log", "sin", "sqrt", "tanh")

_ZERO, _ONE = Number(Fraction(0)), Number(Fraction(1))
_KNOWN: Mapping[tuple[str, Value], Value] = {
    ("acos", -_ONE): Pi(),
    ("acos", _ZERO): Pi() * Fraction(1, 2),
    ("acos", _ONE): _ZERO,
    ("cos", _ZERO): _ONE,
    ("exp", _ZERO): _ONE,
    ("log", _ONE): _ZERO,
    ("sin", _ZERO): _ZERO,
    ("tanh", _ZERO): _ZERO,
}
"""Exact values of functions at exact numbers."""


def function(name: str, argument: Value) -> Value:
    """Return a function of a number in canonical form: exact where it is known, and odd or even in its sign.

    Example:
        >>> t = ParameterEntry("t")
        >>> function("exp", 0 * t), function("sqrt", Number(Fraction(4, 9))), function("sin", -t)
        (<Number 1>, <Number 2/3>, <Mul -1*sin(t)>)
    """
    need_rank(argument, 0, name)
    known = _KNOWN.get((name, argument))
    if known is not None:
        return known
    if name == "sqrt" and isinstance(argument, Number):
        root = _exact_root(argument.value)
        return Function(name, argument) if root is None else Number(root)
    turn, body = split_coefficient(argument)
    if name in ("cos", "sin") and isinstance(body, Pi):
        number = _exact_sine(turn + Fraction(1, 2) if name == "cos" else turn)
        if number is not None:
            return Number(number)
    if name == "cos" and isinstance(argument, Function) and argument.name == "acos":
        return argument.argument
    if name in ("cos", "sin", "tanh") and turn < 0:
        turned = function(name, -argument)
        return turned if name == "cos" else -turned
    return Function(name, argument)


def cutoff(argument: Value, radius: Fraction) -> Value:
    """Return a smooth step in canonical form: 1 at the distance 0, and 0 from the radius on.

    Example:
        >>> cutoff(Number(Fraction(0)), Fraction(5)), cutoff(Number(Fraction(7)), Fraction(5))
        (<Number 1>, <Number 0>)
    """
    step = Cutoff(argument, radius)
    if argument == _ZERO:
        return _ONE
    return _ZERO if isinstance(argument, Number) and argument.value >= radius else step


def _exact_sine(turn: Fraction) -> Fraction | None:
    """The sine of a multiple of pi where it is rational; there is no other such multiple (Niven)."""
    turn %= 2
    if turn >= 1:
        above = _exact_sine(turn - 1)
        return None if above is None else -above
    known = {Fraction(0): Fraction(0), Fraction(1, 6): Fraction(1, 2), Fraction(1, 2): Fraction(1)}
    return known.get(min(turn, 1 - turn))


def _exact_root(number: Fraction) -> Fraction | None:
    if number < 0:
        return None
    above, below = isqrt(number.numerator), isqrt(number.denominator)
    return Fraction(above, below) if (above**2, below**2) == (number.numerator, number.denominator) else None


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
        need_rank(self.argument, 0, self.name)

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.argument,)

    @property
    def is_positive(self) -> bool:
        return self.name == "exp"

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


@dataclass(frozen=True, eq=False, repr=False)
class Cutoff(Value):
    """A smooth step from 1 at 0 to 0 at ``radius`` (Angstrom), where value, slope and curvature vanish.

    The polynomial envelope of Gasteiger et al. (arXiv:2003.03123) with p = 6.
    """

    argument: Value
    radius: Fraction

    def __post_init__(self) -> None:
        need_rank(self.argument, 0, "cutoff")
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
        need_rank(self.argument, 0, f"radial function {self.table.name}")

    @property
    def children(self) -> tuple[Value, ...]:
        return (self.table, self.argument)

    def _spell(self) -> str:
        return f"radial({self.table}, {self.argument})"

    def _law(self) -> Law:
        return _even(self.argument.law)


def _even(law: Law) -> Law:
    if law.parity == 1:
        return law
    return Law(0, None, law.covariant)
