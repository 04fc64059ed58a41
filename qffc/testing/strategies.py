"""Hypothesis strategies for programs and instances, and for programs that are symmetric or broken."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from qffc.ir import (
    AtomicReadout,
    Basis,
    DotObservable,
    EnergyReadout,
    Instance,
    Observable,
    Parameter,
    PauliObservable,
    PauliRotation,
    PauliString,
    ProductObservable,
    Program,
    Qubit,
    Readout,
    Singlet,
    Site,
    SumObservable,
    Value,
    Zero,
    add,
    mul,
)
from qffc.ir.declarations import SCOPES, SYMMETRIES, Axis, Role, Scope, Symmetry
from qffc.ir.evaluate import GHOST
from qffc.ir.operation import Coupling, Moves, Op
from qffc.ir.ops import OPERATIONS, make_op, operation
from qffc.ir.pauli import LETTERS
from qffc.ir.values import (
    Moment,
    Number,
    Pi,
    walk,
)
from qffc.testing.deviation import deviations
from qffc.testing.mutations import MUTATIONS, Mutant, mutate
from qffc.testing.needs_hypothesis import assume, st
from qffc.testing.symmetric import symmetric_program
from qffc.testing.value_strategies import Scene, exact_numbers, value_in

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

_T = TypeVar("_T")
_MOST_NATIVE = 4
"""Qubits of the largest set that native gates are known for."""
_AVERAGED: dict[Scope, tuple[Symmetry, ...]] = {
    "molecule": ("inversion", "exchange"),
    "pair": (),
    "atom": ("inversion",),
}


@st.composite
def programs(draw: DrawFn, *, finite: bool = True, native: bool = False) -> Program:
    """Return a strategy for valid programs: every kind of operation, all scopes, both readouts, channels, averages.

    Some couplings are free in order.

    Args:
        draw: given by hypothesis.
        finite: only values that are finite for every geometry.
        native: only operations that can be written in native gates.

    Example:
        >>> programs().example().scope in ("molecule", "pair", "atom")  # doctest: +SKIP
        True
    """
    scope: Scope = draw(st.sampled_from(SCOPES))
    species = tuple(draw(st.lists(st.sampled_from(("H", "C", "O")), min_size=1, max_size=3, unique=True)))
    sites = draw(_sites(scope, species))
    parameters = draw(_parameters())
    count = draw(st.integers(1, 5))
    scene = Scene(tuple(site.name for site in sites), parameters, finite, symmetric=False)
    owners = st.one_of(st.none(), st.sampled_from(scene.sites))
    qubits = tuple(Qubit(f"q{index}", draw(owners)) for index in range(count))
    start = draw(_preparations(count))
    ops = [op for _ in range(draw(st.integers(0, 12 - len(start)))) for op in draw(_ops(scene, count, native))]
    observables = draw(st.lists(_observable(count), min_size=1, max_size=3))
    named = tuple((f"m{index}", observable) for index, observable in enumerate(observables))
    average = draw(_in_order(_AVERAGED[scope]))
    return Program(
        name=draw(st.sampled_from(("p", "water-2", "_x"))),
        symmetry=draw(_in_order(SYMMETRIES)),
        scope=scope,
        species=species,
        sites=sites,
        parameters=parameters,
        qubits=qubits,
        ops=(*start, *draw(_in_groups(ops))),
        observables=named,
        readout=draw(_readout(scene, tuple(name for name, _ in named), sites, scope)),
        channels=draw(st.integers(1, 3)),
        average=average,
    )


def symmetric_programs() -> SearchStrategy[Program]:
    """Return a strategy for programs that have the symmetries that they declare, by construction.

    All scopes, like sites with one or two qubits each in orders that their exchange keeps, species tables, radial
    functions, polar and axial vectors, differences of positions, both readouts and the average over inversion. At most
    six qubits; all values are finite for every geometry.

    Example:
        >>> symmetric_programs().example().symmetry  # doctest: +SKIP
        ('rotation', 'inversion', 'translation', 'exchange')
    """
    return st.randoms(use_true_random=False).map(symmetric_program)


@st.composite
def mutants(draw: DrawFn, program: Program) -> Mutant:
    """Return a strategy for mutants of a program: one thing is broken, of a kind that its ``kind`` names.

    Args:
        draw: given by hypothesis.
        program: a program with at least one operation that is no preparation.

    Example:
        >>> mutants(program).example().kind  # doctest: +SKIP
        'qubits swapped'
    """
    random = draw(st.randoms(use_true_random=False))
    kinds = random.sample(MUTATIONS, len(MUTATIONS))
    found = next((mutant for kind in kinds if (mutant := mutate(program, kind, random)) is not None), None)
    assume(found is not None)
    assert found is not None
    return found


@st.composite
def broken_programs(draw: DrawFn) -> Mutant:
    """Return a strategy for mutants of symmetric programs that have lost a declared symmetry, as numbers show.

    Args:
        draw: given by hypothesis.

    Example:
        >>> broken_programs().example().kind  # doctest: +SKIP
        'order changed'
    """
    mutant = draw(mutants(draw(symmetric_programs())))
    assume(max(deviations(mutant.program, np.random.default_rng(1), points=2).values()) > 1e-6)
    return mutant


@st.composite
def instances(draw: DrawFn, program: Program, *, apart: bool = False) -> Instance:
    """Return a strategy for geometries, species and parameters of a program.

    Args:
        draw: given by hypothesis.
        program: the program.
        apart: keep all atoms at least half an Angstrom apart; otherwise they may coincide or lie on a line. Ghosts are
            where the centre is.

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
    if program.scope == "atom":
        slots = [index for index, site in enumerate(program.sites) if site.role == "neighbour"]
        centre = next(index for index, site in enumerate(program.sites) if site.role == "centre")
        for index in slots[draw(st.integers(0, len(slots))) :]:
            species[index], positions[index] = GHOST, positions[centre]
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
    if scope == "atom":
        slots = [Site(name, None, "neighbour") for name in "abd"[: draw(st.integers(1, 3))]]
        return tuple(draw(st.permutations([Site("c", None, "centre"), *slots])))
    others: SearchStrategy[list[Role]] = st.lists(st.sampled_from(("neighbour", "free")), min_size=0, max_size=3)
    first: SearchStrategy[Role] = st.sampled_from(("centre", "free"))
    chosen = [draw(first), *draw(others)]
    return tuple(Site(f"s{index}", draw(element), role) for index, role in enumerate(chosen))


@st.composite
def _parameters(draw: DrawFn) -> tuple[Parameter, ...]:
    axis: SearchStrategy[Axis] = st.sampled_from(("species", "channel", 1, 3))
    found = []
    for index in range(draw(st.integers(0, 3))):
        default = draw(st.one_of(st.none(), exact_numbers()))
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
def _preparations(draw: DrawFn, count: int) -> list[Op]:
    order = draw(st.permutations(range(count)))
    ops: list[Op] = []
    while order:
        if len(order) > 1 and draw(st.booleans()):
            ops.append(Singlet(order[0], order[1]))
            order = order[2:]
        else:
            ops.append(Zero(order[0]))
            order = order[1:]
    return ops


@st.composite
def _ops(draw: DrawFn, scene: Scene, count: int, native: bool) -> list[Op]:
    """One operation, or an exchange in its three parts."""
    declared = [kind.declaration for kind in OPERATIONS if not kind.declaration.prepares]
    kinds = [said.word for said in declared if said.counts[0] <= count] + ["parts"] * (count > 1)
    kind = draw(st.sampled_from(kinds))
    order = draw(st.permutations(range(count)))
    if kind == "parts":
        angle = draw(_angle(scene))
        return [PauliRotation(((order[0], letter), (order[1], letter)), angle) for letter in LETTERS]
    said = operation(kind).declaration
    moves: Moves = ()
    if said.moves is not None:
        moved = sorted(order[: draw(st.integers(1, count))])
        moves = tuple(zip(moved, draw(st.permutations(moved)), strict=True))
    value = draw(value_in(scene, 1, 2)) if said.vector else draw(_angle(scene)) if said.angle else None
    string = draw(_string(count)) if said.string else ()
    most = min(count, _MOST_NATIVE) if native else count
    size = draw(st.sampled_from([size for size in said.counts if size <= most]))
    return [make_op(kind, order[:size], value, string=string, moves=moves)]


@st.composite
def _in_groups(draw: DrawFn, ops: list[Op]) -> list[Op]:
    """Some couplings in a row free in order."""
    result: list[Op] = []
    group: str | None = None
    for place, op in enumerate(ops):
        if not isinstance(op, Coupling):
            group = None
            result.append(op)
            continue
        group = draw(st.sampled_from((None, group, group, f"g{place}")))
        result.append(replace(op, unordered=group))
    return result


def _angle(scene: Scene) -> SearchStrategy[Value]:
    special: SearchStrategy[Value] = st.integers(-4, 8).map(lambda k: mul(Number(Fraction(k, 4)), Pi()))
    return st.one_of(special, value_in(scene, 0, 2))


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
        return SumObservable(tuple((draw(exact_numbers()), factor) for factor in factors))
    return ProductObservable(tuple(factors)) if kind == "product" and len(factors) > 1 else factors[0]


@st.composite
def _observable(draw: DrawFn, count: int) -> Observable:
    plain = st.one_of(st.builds(PauliObservable, _string(count)), _dots(count) if count > 1 else st.nothing())
    kind = draw(st.sampled_from(("plain", "product", "sum", "sum in product", "product in sum")))
    if kind == "sum":
        terms = st.lists(st.tuples(exact_numbers(), plain), min_size=1, max_size=3)
        return SumObservable(tuple(draw(terms)))
    if kind == "plain" or count < 2:
        return draw(plain)
    split = draw(st.integers(1, count - 1))
    left: Observable = PauliObservable(((split - 1, draw(st.sampled_from(LETTERS))),))
    right: Observable = PauliObservable(((split, draw(st.sampled_from(LETTERS))),))
    if kind == "sum in product":
        left = SumObservable(((draw(exact_numbers()), left), (Fraction(1), left)))
    product = ProductObservable((right, left))
    return SumObservable(((draw(exact_numbers()), product),)) if kind == "product in sum" else product


@st.composite
def _readout(draw: DrawFn, scene: Scene, names: tuple[str, ...], sites: tuple[Site, ...], scope: Scope) -> Readout:
    weighted = add(*(mul(draw(value_in(scene, 0, 1)), Moment(name)) for name in names), draw(value_in(scene, 0, 1)))
    if not any(site.role == "centre" for site in sites) or draw(st.booleans()):
        return EnergyReadout(weighted)
    features = tuple(draw(st.lists(st.sampled_from(names), unique=True)))
    hidden = tuple(draw(st.lists(st.integers(1, 16), max_size=2)))
    weight = draw(value_in(scene, 0, 2)) if features else weighted
    if not features and not any(isinstance(node, Moment) for node in walk(weighted)):  # each has the weight 0
        weight = Moment(names[0])
    activation: Literal["silu", "tanh"] = draw(st.sampled_from(("silu", "tanh"))) if hidden else "silu"
    return AtomicReadout(weight, features, hidden, activation, scope != "atom" and draw(st.booleans()))
