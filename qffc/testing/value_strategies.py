"""Hypothesis strategies for symbolic values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from qffc.ir import (
    Basis,
    Parameter,
    Value,
    add,
    cross,
    dot,
    mul,
    norm,
    power,
    unit,
)
from qffc.ir.declarations import Axis
from qffc.ir.values import (
    AXES,
    FUNCTIONS,
    ChannelIndex,
    Component,
    Displacement,
    FrameVector,
    Index,
    Number,
    ParameterEntry,
    Pi,
    Position,
    Radial,
    SpeciesOf,
    cutoff,
    function,
)
from qffc.testing.needs_hypothesis import st

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


_BOUNDED = ("sin", "cos", "tanh")
"""Functions that are finite and smooth for every number."""


@dataclass(frozen=True)
class Scene:
    """What a value may name."""

    sites: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    finite: bool
    symmetric: bool


def values(
    sites: tuple[str, ...] = ("a", "b", "c"),
    parameters: tuple[Parameter, ...] = (Parameter("J", ()), Parameter("f", (), basis=Basis("bessel", 3, Fraction(5)))),
    *,
    rank: int = 0,
    finite: bool = False,
    symmetric: bool = False,
) -> SearchStrategy[Value]:
    """Return a strategy for symbolic values.

    Args:
        sites: names of the sites that a value may use; at least one.
        parameters: parameters that a value may use.
        rank: 0 for numbers, 1 for vectors.
        finite: only values that are finite for every geometry.
        symmetric: only values that turn with the molecule and do not see where it stands.

    Example:
        >>> values(rank=1).example().law.rank  # doctest: +SKIP
        1
    """
    return value_in(Scene(sites, parameters, finite, symmetric), rank, 3)


def exact_numbers() -> SearchStrategy[Fraction]:
    """Return a strategy for small rational numbers."""
    return st.builds(Fraction, st.integers(-8, 8), st.sampled_from((1, 2, 3, 5)))


def value_in(scene: Scene, rank: int, depth: int) -> SearchStrategy[Value]:
    """Return a strategy for values of a rank, built at most so many steps deep."""
    return _vector(scene, depth) if rank else _number(scene, depth)


@st.composite
def _number(draw: DrawFn, scene: Scene, depth: int) -> Value:
    leaves: list[Callable[[], Value]] = [
        lambda: Number(draw(exact_numbers())),
        Pi,
        lambda: norm(draw(_vector(scene, 0))),
    ]
    leaves += [partial(_entry, draw, scene, parameter) for parameter in scene.parameters]
    inner: list[Callable[[], Value]] = [
        lambda: add(draw(_number(scene, depth - 1)), draw(_number(scene, depth - 1))),
        lambda: mul(draw(_number(scene, depth - 1)), draw(_number(scene, depth - 1))),
        lambda: power(draw(_number(scene, depth - 1)), draw(st.integers(2, 3))),
        lambda: function(draw(st.sampled_from(_BOUNDED)), draw(_number(scene, depth - 1))),
        lambda: dot(draw(_vector(scene, depth - 1)), draw(_vector(scene, depth - 1))),
        lambda: norm(draw(_vector(scene, depth - 1))),
        lambda: cutoff(draw(_number(scene, depth - 1)), draw(st.sampled_from((Fraction(5), Fraction(3, 2))))),
    ]
    if not scene.symmetric:
        inner.append(lambda: Component(draw(_vector(scene, depth - 1)), draw(st.sampled_from(AXES))))
    if not scene.finite:
        inner.append(lambda: function(draw(st.sampled_from(FUNCTIONS)), draw(_number(scene, depth - 1))))
        inner.append(lambda: _inverse(draw(_number(scene, depth - 1))))
    return draw(st.sampled_from(leaves if depth <= 0 else leaves + inner))()


def _inverse(value: Value) -> Value:
    return value if value == Number(Fraction(0)) else power(value, -1)


@st.composite
def _vector(draw: DrawFn, scene: Scene, depth: int) -> Value:
    site = st.sampled_from(scene.sites)
    leaves: list[Callable[[], Value]] = [lambda: Displacement(draw(site), draw(site))]
    if not scene.symmetric:
        leaves.append(lambda: Position(draw(site)))
    inner: list[Callable[[], Value]] = [
        lambda: add(draw(_vector(scene, depth - 1)), draw(_vector(scene, depth - 1))),
        lambda: mul(draw(_number(scene, depth - 1)), draw(_vector(scene, depth - 1))),
        lambda: cross(draw(_vector(scene, depth - 1)), draw(_vector(scene, depth - 1))),
        lambda: unit(draw(_vector(scene, depth - 1))),
    ]
    if not scene.symmetric:
        inner.append(lambda: FrameVector(*(draw(_number(scene, depth - 1)) for _ in range(3))))
    return draw(st.sampled_from(leaves if depth <= 0 else leaves + inner))()


def _entry(draw: DrawFn, scene: Scene, parameter: Parameter) -> Value:
    def index(axis: Axis) -> Index:
        if isinstance(axis, int):
            return draw(st.integers(0, axis - 1))
        return ChannelIndex() if axis == "channel" else SpeciesOf(draw(st.sampled_from(scene.sites)))

    entry = ParameterEntry(parameter.name, tuple(index(axis) for axis in parameter.axes))
    return entry if parameter.basis is None else Radial(entry, draw(_distance(scene)))


def _distance(scene: Scene) -> SearchStrategy[Value]:
    site = st.sampled_from(scene.sites)
    return st.builds(lambda a, b: norm(Displacement(a, b)), site, site)
