"""Random values of all kinds, and other spellings of a value: equal ones, and some that are nearly equal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from qffc.ir.declarations import Parameter
from qffc.ir.values import (
    AXES,
    FUNCTIONS,
    Add,
    ChannelIndex,
    Component,
    Cross,
    Displacement,
    Dot,
    FrameVector,
    Index,
    Mul,
    Norm,
    Number,
    ParameterEntry,
    Pi,
    Position,
    Power,
    Radial,
    SpeciesOf,
    Value,
    add,
    cross,
    cutoff,
    dot,
    function,
    mul,
    norm,
    power,
    rebuild,
    unit,
)

Choices = list[Callable[[], Value]]


@dataclass(frozen=True)
class WideScene:
    """What values may name.

    Args:
        random: the source of choices.
        sites: names of the sites; at least one.
        parameters: of the program.
        frame: how often, of 1, a value may see the laboratory: positions, components, written-out vectors.
    """

    random: Random
    sites: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    frame: float = 0.3

    # ------------------------------------------------------------------ anything

    def number(self, depth: int = 2) -> Value:
        """Return a number built at most so many steps deep."""
        pick = self.random
        leaves: Choices = [self.constant, self.entry, self.entry, self.distance, self.distance]
        if depth <= 0:
            return pick.choice(leaves)()
        inner: Choices = [
            lambda: add(self.number(depth - 1), self.number(depth - 1)),
            lambda: add(self.number(depth - 1), -self.number(depth - 1)),
            lambda: mul(self.number(depth - 1), self.number(depth - 1)),
            lambda: power(self.number(depth - 1), pick.choice((2, 2, 3, 4))),
            lambda: self.inverse(self.number(depth - 1)),
            lambda: function(pick.choice(FUNCTIONS), self.number(depth - 1)),
            lambda: function(pick.choice(("sin", "cos", "tanh")), self.number(depth - 1)),
            lambda: dot(self.vector(depth - 1), self.vector(depth - 1)),
            lambda: dot(self.vector(0), cross(self.vector(0), self.vector(0))),
            lambda: norm(self.vector(depth - 1)),
            lambda: cutoff(self.number(depth - 1), pick.choice((Fraction(5), Fraction(3, 2)))),
            lambda: self.learned(self.number(depth - 1)),
        ]
        if pick.random() < self.frame:
            inner = [lambda: Component(self.vector(depth - 1), pick.choice(AXES))]
        return pick.choice(leaves + inner)()

    def vector(self, depth: int = 2) -> Value:
        """Return a vector built at most so many steps deep."""
        pick = self.random
        leaves: Choices = [self.displacement]
        if pick.random() < self.frame:
            leaves = [lambda: Position(pick.choice(self.sites))]
        if depth <= 0:
            return pick.choice(leaves)()
        inner: Choices = [
            lambda: add(self.vector(depth - 1), self.vector(depth - 1)),
            lambda: add(self.vector(depth - 1), -self.vector(depth - 1)),
            lambda: mul(self.number(depth - 1), self.vector(depth - 1)),
            lambda: cross(self.vector(depth - 1), self.vector(depth - 1)),
            lambda: unit(self.vector(depth - 1)),
        ]
        if pick.random() < self.frame:
            inner = [lambda: FrameVector(*(self.number(depth - 1) for _ in AXES))]
        return pick.choice(leaves * 3 + inner)()

    def constant(self) -> Value:
        """Return an exact number, or a part of pi."""
        number = Number(Fraction(self.random.randint(-6, 6), self.random.choice((1, 2, 4))))
        return mul(number, Pi()) if self.random.random() < 0.3 else number

    def entry(self) -> Value:
        """Return an entry of a plain table; a number where there is none."""
        plain = [parameter for parameter in self.parameters if parameter.basis is None]
        return self.entry_of(self.random.choice(plain)) if plain else self.constant()

    def entry_of(self, parameter: Parameter) -> ParameterEntry:
        """Return any entry of a table."""
        indices: list[Index] = []
        for axis in parameter.axes:
            if isinstance(axis, int):
                indices.append(self.random.randrange(axis))
            else:
                indices.append(ChannelIndex() if axis == "channel" else SpeciesOf(self.random.choice(self.sites)))
        return ParameterEntry(parameter.name, tuple(indices))

    def learned(self, argument: Value) -> Value:
        """Return a learned function of a number, whatever its sign; a cutoff where no table is one."""
        tables = [parameter for parameter in self.parameters if parameter.basis is not None]
        return Radial(self.entry_of(self.random.choice(tables)), argument) if tables else cutoff(argument, Fraction(5))

    def displacement(self) -> Value:
        """Return the vector between two sites, most often different ones."""
        if len(self.sites) < 2 or self.random.random() < 0.03:
            return Displacement(self.sites[0], self.random.choice(self.sites))
        return Displacement(*self.random.sample(self.sites, 2))

    def distance(self) -> Value:
        """Return the distance of two sites."""
        return norm(self.displacement())

    def inverse(self, value: Value) -> Value:
        """Return one over a value, or what it is where that is 0 by its spelling."""
        return value if value == Number(Fraction(0)) else power(value, -1)

    # ------------------------------------------------------------------ nothing and one, in disguise

    def zero(self) -> Value:
        """Return a number that is 0 wherever it is one."""
        pick, v, n = self.random, self.vector(0), self.number(1)
        a, b = (self.random.choice(self.sites) for _ in range(2))
        choices: Choices = [
            lambda: function(pick.choice(("sin", "tanh", "sqrt")), Number(Fraction(0))),
            lambda: function("log", Number(Fraction(1))),
            lambda: function("acos", Number(Fraction(1))),
            lambda: function("sin", Pi()),
            lambda: add(function(pick.choice(("cos", "exp")), Number(Fraction(0))), Number(Fraction(-1))),
            lambda: add(function("sqrt", Number(Fraction(9, 4))), Number(Fraction(-3, 2))),
            lambda: add(norm(Displacement(a, b)), -norm(Displacement(b, a))),
            lambda: norm(self.no_vector()),
            lambda: dot(self.no_vector(), self.vector(0)),
            lambda: add(dot(v, v), -power(norm(v), 2)),
            lambda: dot(v, cross(v, self.vector(0))),
            lambda: add(power(function("sin", n), 2), power(function("cos", n), 2), Number(Fraction(-1))),
            lambda: add(power(add(n, Number(Fraction(1))), 2), -power(n, 2), mul(Number(Fraction(-2)), n), -self.one()),
            lambda: add(cutoff(self.longer(norm(v)), Fraction(5)), -cutoff(norm(v), Fraction(5))),
            lambda: add(self.learned(norm(v)), -self.learned(self.longer(norm(v)))),
            lambda: Component(self.no_vector(), pick.choice(AXES)),
            # Only where it is a number: its logarithm, its root, its arc.
            lambda: add(function("log", power(n, 2)), mul(Number(Fraction(-2)), function("log", n))),
            lambda: add(power(function("sqrt", n), 2), -n),
            lambda: add(function("cos", function("acos", n)), -n),
            lambda: add(function("exp", function("log", n)), -n),
            lambda: add(function("acos", n), function("acos", -n), -Pi()),
        ]
        return pick.choice(choices)()

    def one(self) -> Value:
        """Return a number that is 1 wherever it is one, or that is so on one side alone."""
        pick, v, n = self.random, self.vector(0), self.number(1)
        lifted = add(n, Number(Fraction(1)))
        choices: Choices = [
            lambda: Number(Fraction(1)),
            lambda: function(pick.choice(("cos", "exp")), Number(Fraction(0))),
            lambda: cutoff(Number(Fraction(0)), Fraction(5)),
            lambda: mul(Number(Fraction(2, 3)), function("sqrt", Number(Fraction(9, 4)))),
            lambda: norm(unit(v)),
            lambda: mul(norm(v), self.inverse(function("sqrt", dot(v, v)))),
            lambda: add(power(function("sin", n), 2), power(function("cos", n), 2)),
            lambda: mul(function("exp", n), function("exp", -n)),
            # A sign, which is a 1 half of the time.
            lambda: mul(lifted, self.inverse(function("sqrt", self.expanded_square(n)))),
            lambda: mul(lifted, self.inverse(function("sqrt", power(lifted, 2)))),
            lambda: mul(n, self.inverse(norm(FrameVector(n, *2 * (Number(Fraction(0)),))))),
            lambda: mul(function("sqrt", 1 - power(function("cos", n), 2)), self.inverse(function("sin", n))),
            lambda: function("tanh", mul(Number(Fraction(10**6)), n)),
            lambda: mul(self.jump(), self.jump()),
            self.jump,
        ]
        return pick.choice(choices)()

    def longer(self, value: Value) -> Value:
        """Return a number and nothing more, by sites that it does not depend on."""
        v, w = self.displacement(), self.displacement()
        return add(value, self.random.choice((dot(v, v) - power(norm(v), 2), dot(cross(v, w), v), norm(v) - norm(-v))))

    def expanded_square(self, value: Value) -> Value:
        """Return (value + 1)^2, multiplied out."""
        return add(power(value, 2), mul(Number(Fraction(2)), value), Number(Fraction(1)))

    def jump(self) -> Value:
        """Return a function of coordinates that is constant but where it jumps."""
        pick = self.random
        coordinate = Component(Position(pick.choice(self.sites)), pick.choice(AXES))
        c = add(coordinate, Number(Fraction(pick.choice((0, 1, -1)))))
        square = power(c, 2) if pick.random() < 0.5 else add(*(mul(c, part) for part in self._terms(c)))
        choices: Choices = [
            lambda: mul(c, self.inverse(function("sqrt", square))),
            lambda: mul(c, self.inverse(norm(FrameVector(c, *2 * (Number(Fraction(0)),))))),
            lambda: Component(unit(FrameVector(c, *2 * (Number(Fraction(0)),))), "x"),
            lambda: function("acos", mul(c, self.inverse(function("sqrt", square)))),
            lambda: add(function("acos", function("cos", c)), -function("acos", function("cos", add(c, 2 * Pi())))),
            lambda: mul(function("sqrt", 1 - power(function("cos", c), 2)), self.inverse(function("sin", c))),
        ]
        return pick.choice(choices)()

    def _terms(self, value: Value) -> tuple[Value, ...]:
        return value.children if isinstance(value, Add) else (value,)

    def no_vector(self) -> Value:
        """Return a vector that is zero."""
        a, b, c = (self.random.choice(self.sites) for _ in range(3))
        choices: Choices = [
            lambda: add(Displacement(a, b), Displacement(b, a)),
            lambda: add(Displacement(a, b), Displacement(b, c), Displacement(c, a)),
            lambda: add(Position(a), -Position(b), Displacement(a, b)),
            lambda: mul(function("sin", Number(Fraction(0))), self.vector(0)),
            lambda: Displacement(a, a),
            lambda: cross(Displacement(a, b), Displacement(b, a)),
            lambda: FrameVector(*3 * (Number(Fraction(0)),)),
        ]
        return self.random.choice(choices)()

    # ------------------------------------------------------------------ other spellings

    def respelled(self, value: Value, *, nearly: bool = False) -> Value:
        """Return a value with one part of it spelled in another way.

        Args:
            value: any value.
            nearly: whether the other spelling may be another value at places.
        """
        if value.children and self.random.random() < 0.6 and not isinstance(value, Radial):
            children = list(value.children)
            k = self.random.randrange(len(children))
            children[k] = self.respelled(children[k], nearly=nearly)
            return rebuild(value, tuple(children))
        if isinstance(value, Radial):
            return Radial(value.table, self.respelled(value.argument, nearly=nearly))
        return self.random.choice(self._vectors(value) if value.law.rank else self._numbers(value, nearly))()

    def _vectors(self, value: Value) -> Choices:
        middle = self.random.choice(self.sites)
        parts = tuple(Component(value, axis) for axis in AXES)
        choices: Choices = [
            lambda: mul(norm(value), unit(value)),
            lambda: FrameVector(*parts),
            lambda: add(value, self.no_vector()),
            lambda: mul(self.one(), value),
            lambda: -mul(Number(Fraction(-1)), value),
        ]
        if isinstance(value, Displacement):
            a, b = value.origin, value.site
            choices += 2 * [
                lambda: add(Position(b), -Position(a)),
                lambda: -Displacement(b, a),
                lambda: add(Displacement(a, middle), Displacement(middle, b)),
                lambda: add(Displacement(middle, b), -Displacement(middle, a)),
            ]
        if isinstance(value, Cross):
            (x, y, z), (u, v, w) = ([Component(side, axis) for axis in AXES] for side in value.children)
            choices += [lambda: FrameVector(y * w - z * v, z * u - x * w, x * v - y * u)] * 3
        return choices

    def _numbers(self, value: Value, nearly: bool) -> Choices:
        choices: Choices = [lambda: add(value, self.zero()), lambda: mul(value, self.one())]
        if isinstance(value, Dot):
            pairs = [tuple(Component(side, axis) for side in value.children) for axis in AXES]
            choices += [lambda: add(*(mul(*pair) for pair in pairs))] * 4
        if isinstance(value, Norm):
            inside = value.vector
            choices += [lambda: function("sqrt", dot(inside, inside)), lambda: dot(unit(inside), inside)] * 2
        if isinstance(value, Power) and value.exponent > 1:
            choices += [lambda: function("exp", mul(Number(Fraction(value.exponent)), function("log", value.base)))]
        if isinstance(value, Mul) and isinstance(value.factors[0], Number):
            choices += [lambda: add(*(mul(Number(Fraction(1, 2)), value),) * 2)]
        if nearly:
            choices += [
                lambda: function("sqrt", power(value, 2)),
                lambda: power(function("sqrt", value), 2),
                lambda: function("acos", function("cos", value)),
                lambda: cutoff(value, Fraction(5)),
                lambda: mul(value, cutoff(self.number(0), Fraction(5))),
                lambda: mul(Number(Fraction(10**15)), function("sqrt", Number(Fraction(1, 10**30))), value),
            ]
        return choices
