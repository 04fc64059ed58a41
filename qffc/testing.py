"""Hypothesis strategies for programs, so that passes can be tested on circuits that nobody thought of.

Needs the optional dependency ``hypothesis``: ``pip install 'qffc[testing]'``. Everything generated is valid and small:
at most five qubits and twelve operations. Angles prefer the places where formulas like to break, multiples of pi/4.

Example:
    >>> from hypothesis import given, settings
    >>> from qffc.ir import parse_program
    >>> @settings(max_examples=5, deadline=None, database=None)
    ... @given(programs())
    ... def test_text(program):
    ...     assert parse_program(program.text) == program
    >>> test_text()
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from qffc.ir import (
    AtomicReadout,
    Basis,
    Chirality,
    DotObservable,
    EnergyReadout,
    Exchange,
    Instance,
    Observable,
    Op,
    Parameter,
    PauliObservable,
    PauliRotation,
    PauliString,
    ProductObservable,
    Program,
    Qubit,
    Readout,
    Relabel,
    Rotate,
    Singlet,
    Site,
    SumObservable,
    Value,
    Zero,
    add,
    cross,
    dot,
    mul,
    norm,
    power,
    unit,
)
from qffc.ir.pauli import LETTERS
from qffc.ir.program import SYMMETRIES, Axis, Role, Scope, Symmetry
from qffc.ir.values import (
    AXES,
    FUNCTIONS,
    ChannelIndex,
    Component,
    Cutoff,
    Displacement,
    FrameVector,
    Function,
    Index,
    Moment,
    Number,
    ParameterEntry,
    Pi,
    Position,
    Radial,
    SpeciesOf,
)

try:
    from hypothesis import strategies as st
except ImportError as problem:
    raise ImportError("qffc.testing needs hypothesis; install it with: pip install 'qffc[testing]'") from problem

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = ["instances", "programs", "symmetric_programs", "values"]

_T = TypeVar("_T")
_BOUNDED = ("sin", "cos", "tanh")
"""Functions that are finite and smooth for every number."""


@dataclass(frozen=True)
class _Scene:
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
    return _value(_Scene(sites, parameters, finite, symmetric), rank, 3)


@st.composite
def programs(draw: DrawFn, *, finite: bool = True) -> Program:
    """Return a strategy for valid programs: every kind of operation, both scopes, both readouts, channels, averages.

    Args:
        draw: given by hypothesis.
        finite: only values that are finite for every geometry.

    Example:
        >>> programs().example().scope in ("molecule", "pair")  # doctest: +SKIP
        True
    """
    scope: Scope = draw(st.sampled_from(("molecule", "pair")))
    species = tuple(draw(st.lists(st.sampled_from(("H", "C", "O")), min_size=1, max_size=3, unique=True)))
    sites = draw(_sites(scope, species))
    parameters = draw(_parameters())
    count = draw(st.integers(1, 5))
    scene = _Scene(tuple(site.name for site in sites), parameters, finite, symmetric=False)
    owners = st.one_of(st.none(), st.sampled_from(scene.sites))
    qubits = tuple(Qubit(f"q{index}", draw(owners)) for index in range(count))
    start = draw(_preparations(count, only_singlets=False))
    ops = [draw(_op(scene, count)) for _ in range(draw(st.integers(0, 12 - len(start))))]
    observables = draw(st.lists(_observable(count), min_size=1, max_size=3))
    named = tuple((f"m{index}", observable) for index, observable in enumerate(observables))
    averaged: tuple[Symmetry, ...] = ("inversion", "exchange")
    average = draw(_in_order(averaged)) if scope == "molecule" else ()
    return Program(
        name=draw(st.sampled_from(("p", "water-2", "_x"))),
        symmetry=draw(_in_order(SYMMETRIES)),
        scope=scope,
        species=species,
        sites=sites,
        parameters=parameters,
        qubits=qubits,
        ops=(*start, *ops),
        observables=named,
        readout=draw(_readout(scene, tuple(name for name, _ in named), any(site.role == "centre" for site in sites))),
        channels=draw(st.integers(1, 3)),
        average=average,
    )


@st.composite
def symmetric_programs(draw: DrawFn) -> Program:
    """Return a strategy for programs that are symmetric under rotation and translation by construction.

    Singlets, rotations about vectors that turn with the molecule, exchanges, chiralities, relabellings, and observables
    made of inner products; all values are finite for every geometry.

    Example:
        >>> symmetric_programs().example().symmetry  # doctest: +SKIP
        ('rotation', 'translation')
    """
    species = ("H", "O")
    sites = (Site("c", "O", "centre"), Site("a", "H", "neighbour"), Site("b", "H", "neighbour"))
    parameters = (Parameter("J", ("species",)), Parameter("f", (), basis=Basis("bessel", 3, Fraction(5))))
    count = draw(st.sampled_from((2, 4)))
    scene = _Scene(("c", "a", "b"), parameters, finite=True, symmetric=True)
    start = draw(_preparations(count, only_singlets=True))
    ops = [draw(_op(scene, count)) for _ in range(draw(st.integers(0, 10)))]
    observable = draw(_dots(count))
    energy = draw(st.sampled_from((Moment("e"), mul(Moment("e"), norm(Displacement("c", "a"))))))
    return Program(
        name="symmetric",
        symmetry=("rotation", "translation"),
        scope="molecule",
        species=species,
        sites=sites,
        parameters=parameters,
        qubits=tuple(Qubit(f"q{index}", draw(st.sampled_from(scene.sites))) for index in range(count)),
        ops=(*start, *ops),
        observables=(("e", observable),),
        readout=EnergyReadout(energy),
    )


@st.composite
def instances(draw: DrawFn, program: Program, *, apart: bool = False) -> Instance:
    """Return a strategy for geometries, species and parameters of a program.

    Args:
        draw: given by hypothesis.
        program: the program.
        apart: keep all atoms at least half an Angstrom apart; otherwise they may coincide or lie on a line.

    Example:
        >>> instances(program).example().positions.shape  # doctest: +SKIP
        (3, 3)
    """
    coordinate = st.one_of(st.sampled_from((0.0, 0.5, -1.0)), st.floats(-2.0, 2.0, width=32))
    rows = [[draw(coordinate) for _ in range(3)] for _ in program.sites]
    positions = np.array(rows, dtype=np.float64)
    if apart:
        # Coordinates of one atom stay within -0.25..0.25 of a corner of its own.
        corners = np.array([[(k % 2), (k // 2 % 2), (k // 4)] for k in range(len(rows))], dtype=np.float64)
        positions = corners + positions / 8
    known = [None if site.species is None else program.species.index(site.species) for site in program.sites]
    species = [draw(st.integers(0, len(program.species) - 1)) if index is None else index for index in known]
    tables = {parameter.name: _table(draw, program.shape(parameter)) for parameter in program.parameters}
    channel = draw(st.integers(0, program.channels - 1))
    return Instance(positions, np.array(species, dtype=np.int64), tables, channel)


def _table(draw: DrawFn, shape: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    angle = st.one_of(st.integers(-4, 4).map(lambda k: k * math.pi / 4), st.floats(-3.0, 3.0, width=32))
    return np.array([draw(angle) for _ in range(math.prod(shape))], dtype=np.float64).reshape(shape)


# --------------------------------------------------------------------------- parts of a program


@st.composite
def _sites(draw: DrawFn, scope: Scope, species: tuple[str, ...]) -> tuple[Site, ...]:
    element = st.sampled_from(species)
    if scope == "pair":
        roles: list[Role] = ["centre", "neighbour", "neighbour"]
        some = st.one_of(st.none(), element)
        return tuple(Site(name, draw(some), role) for name, role in zip("cab", roles, strict=True))
    others: SearchStrategy[list[Role]] = st.lists(st.sampled_from(("neighbour", "free")), min_size=0, max_size=3)
    first: SearchStrategy[Role] = st.sampled_from(("centre", "free"))
    chosen = [draw(first), *draw(others)]
    return tuple(Site(f"s{index}", draw(element), role) for index, role in enumerate(chosen))


@st.composite
def _parameters(draw: DrawFn) -> tuple[Parameter, ...]:
    axis: SearchStrategy[Axis] = st.sampled_from(("species", "channel", 1, 3))
    found = []
    for index in range(draw(st.integers(0, 3))):
        default = draw(st.one_of(st.none(), _fractions()))
        basis = draw(st.one_of(st.none(), _bases()))
        frozen = default is not None and draw(st.booleans())
        axes = tuple(draw(st.lists(axis, max_size=2)))
        found.append(Parameter(f"p{index}", axes, default, frozen, basis))
    return tuple(found)


def _bases() -> SearchStrategy[Basis]:
    radii = st.sampled_from((Fraction(5), Fraction(7, 2)))
    return st.builds(Basis, st.sampled_from(("bessel", "chebyshev")), st.integers(1, 4), radii)


@st.composite
def _in_order(draw: DrawFn, names: tuple[_T, ...]) -> tuple[_T, ...]:
    return tuple(name for name in names if draw(st.booleans()))


@st.composite
def _preparations(draw: DrawFn, count: int, *, only_singlets: bool) -> list[Op]:
    order = draw(st.permutations(range(count)))
    ops: list[Op] = []
    while order:
        if len(order) > 1 and (only_singlets or draw(st.booleans())):
            ops.append(Singlet(order[0], order[1]))
            order = order[2:]
        else:
            ops.append(Zero(order[0]))
            order = order[1:]
    return ops


@st.composite
def _op(draw: DrawFn, scene: _Scene, count: int) -> Op:
    kinds = ["rotate", "relabel"] + ["exchange"] * (count > 1) + ["chirality"] * (count > 2)
    kinds += ["pauli_rotation"] * (not scene.symmetric)
    kind = draw(st.sampled_from(kinds))
    order = draw(st.permutations(range(count)))
    if kind == "rotate":
        return Rotate(order[0], draw(_value(scene, 1, 2)))
    if kind == "relabel":
        moved = sorted(order[: draw(st.integers(1, count))])
        return Relabel(tuple(zip(moved, draw(st.permutations(moved)), strict=True)))
    angle = draw(_angle(scene))
    if kind == "exchange":
        return Exchange(order[0], order[1], angle)
    if kind == "chirality":
        return Chirality(order[0], order[1], order[2], angle)
    return PauliRotation(draw(_string(count)), angle)


def _angle(scene: _Scene) -> SearchStrategy[Value]:
    special: SearchStrategy[Value] = st.integers(-4, 8).map(lambda k: mul(Number(Fraction(k, 4)), Pi()))
    return st.one_of(special, _value(scene, 0, 2))


@st.composite
def _string(draw: DrawFn, count: int) -> PauliString:
    on = draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=3, unique=True))
    return tuple((qubit, draw(st.sampled_from(LETTERS))) for qubit in on)


@st.composite
def _dots(draw: DrawFn, count: int) -> Observable:
    first, second, *rest = draw(st.permutations(range(count)))
    factors = [DotObservable(first, second)] + ([DotObservable(*rest[:2])] if len(rest) > 1 else [])
    kind = draw(st.sampled_from(("dot", "product", "sum")))
    if kind == "sum":
        return SumObservable(tuple((draw(_fractions()), factor) for factor in factors))
    return ProductObservable(tuple(factors)) if kind == "product" and len(factors) > 1 else factors[0]


@st.composite
def _observable(draw: DrawFn, count: int) -> Observable:
    plain = st.one_of(st.builds(PauliObservable, _string(count)), _dots(count) if count > 1 else st.nothing())
    kind = draw(st.sampled_from(("plain", "product", "sum", "sum in product", "product in sum")))
    if kind == "sum":
        terms = st.lists(st.tuples(_fractions(), plain), min_size=1, max_size=3)
        return SumObservable(tuple(draw(terms)))
    if kind == "plain" or count < 2:
        return draw(plain)
    split = draw(st.integers(1, count - 1))
    left: Observable = PauliObservable(((split - 1, draw(st.sampled_from(LETTERS))),))
    right: Observable = PauliObservable(((split, draw(st.sampled_from(LETTERS))),))
    if kind == "sum in product":
        left = SumObservable(((draw(_fractions()), left), (Fraction(1), left)))
    product = ProductObservable((right, left))
    return SumObservable(((draw(_fractions()), product),)) if kind == "product in sum" else product


@st.composite
def _readout(draw: DrawFn, scene: _Scene, names: tuple[str, ...], has_centre: bool) -> Readout:
    if has_centre and draw(st.booleans()):
        features = tuple(draw(st.lists(st.sampled_from(names), min_size=1, unique=True)))
        hidden = tuple(draw(st.lists(st.integers(1, 16), min_size=1, max_size=2)))
        return AtomicReadout(draw(_value(scene, 0, 2)), features, hidden, draw(st.sampled_from(("silu", "tanh"))))
    terms = [mul(draw(_value(scene, 0, 1)), Moment(name)) for name in names]
    return EnergyReadout(add(*terms, draw(_value(scene, 0, 1))))


# --------------------------------------------------------------------------- values


def _fractions() -> SearchStrategy[Fraction]:
    return st.builds(Fraction, st.integers(-8, 8), st.sampled_from((1, 2, 3, 5)))


def _value(scene: _Scene, rank: int, depth: int) -> SearchStrategy[Value]:
    return _vector(scene, depth) if rank else _number(scene, depth)


@st.composite
def _number(draw: DrawFn, scene: _Scene, depth: int) -> Value:
    leaves: list[Callable[[], Value]] = [
        lambda: Number(draw(_fractions())),
        Pi,
        lambda: norm(draw(_vector(scene, 0))),
    ]
    leaves += [partial(_entry, draw, scene, parameter) for parameter in scene.parameters]
    inner: list[Callable[[], Value]] = [
        lambda: add(draw(_number(scene, depth - 1)), draw(_number(scene, depth - 1))),
        lambda: mul(draw(_number(scene, depth - 1)), draw(_number(scene, depth - 1))),
        lambda: power(draw(_number(scene, depth - 1)), draw(st.integers(2, 3))),
        lambda: Function(draw(st.sampled_from(_BOUNDED)), draw(_number(scene, depth - 1))),
        lambda: dot(draw(_vector(scene, depth - 1)), draw(_vector(scene, depth - 1))),
        lambda: norm(draw(_vector(scene, depth - 1))),
        lambda: Cutoff(draw(_number(scene, depth - 1)), draw(st.sampled_from((Fraction(5), Fraction(3, 2))))),
    ]
    if not scene.symmetric:
        inner.append(lambda: Component(draw(_vector(scene, depth - 1)), draw(st.sampled_from(AXES))))
    if not scene.finite:
        inner.append(lambda: Function(draw(st.sampled_from(FUNCTIONS)), draw(_number(scene, depth - 1))))
        inner.append(lambda: _inverse(draw(_number(scene, depth - 1))))
    return draw(st.sampled_from(leaves if depth <= 0 else leaves + inner))()


def _inverse(value: Value) -> Value:
    return value if value == Number(Fraction(0)) else power(value, -1)


@st.composite
def _vector(draw: DrawFn, scene: _Scene, depth: int) -> Value:
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


def _entry(draw: DrawFn, scene: _Scene, parameter: Parameter) -> Value:
    def index(axis: Axis) -> Index:
        if isinstance(axis, int):
            return draw(st.integers(0, axis - 1))
        return ChannelIndex() if axis == "channel" else SpeciesOf(draw(st.sampled_from(scene.sites)))

    entry = ParameterEntry(parameter.name, tuple(index(axis) for axis in parameter.axes))
    return entry if parameter.basis is None else Radial(entry, draw(_distance(scene)))


def _distance(scene: _Scene) -> SearchStrategy[Value]:
    site = st.sampled_from(scene.sites)
    return st.builds(lambda a, b: norm(Displacement(a, b)), site, site)
