"""Random programs of all kinds: candidates for symmetry that often miss it by little.

They are there to fool the rules of the equivariance check. Nothing is known of them, so what a verdict says has to be
held against numbers that come from elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from random import Random

from qffc.ir.declarations import (
    SCOPES,
    SYMMETRIES,
    AtomicReadout,
    Basis,
    EnergyReadout,
    Parameter,
    Qubit,
    Readout,
    Role,
    Scope,
    Site,
)
from qffc.ir.diagnostics import QffcError
from qffc.ir.observables import DotObservable, Observable, PauliObservable, ProductObservable, SumObservable
from qffc.ir.operation import Op
from qffc.ir.ops import PauliRotation, Relabel, Singlet, Zero
from qffc.ir.pauli import LETTERS
from qffc.ir.program import Program
from qffc.ir.values import Moment, Pi, Value, add, mul
from qffc.ir.values.substitution import substitute_sites
from qffc.testing.internal import internally_symmetric_program
from qffc.testing.mutations import MUTATIONS, mutate
from qffc.testing.symmetric import symmetric_program
from qffc.testing.wide_declarations import DECLARATIONS, READOUTS, declare_generator
from qffc.testing.wide_twists import GATES, VALUES, Twist, gate
from qffc.testing.wide_values import WideScene

_PARAMETERS = (
    Parameter("t", ()),
    Parameter("w", (4,)),
    Parameter("J", ("species", "species")),
    Parameter("k", (3, "channel")),
    Parameter("f", ("species",), basis=Basis("bessel", 2, Fraction(6))),
    Parameter("h", (2,), basis=Basis("chebyshev", 3, Fraction(4))),
)
_MOST_QUBITS = 6
_MOST_TWISTS = 4
_TRIES = 60


def wide_program(random: Random) -> Program:
    """Return a valid program of at most six qubits.

    Args:
        random: the source of all choices; equal seeds give equal programs.

    Example:
        >>> wide_program(Random(1)) == wide_program(Random(1))
        True
    """
    program = _start(random)
    for _ in range(random.randint(0, _MOST_TWISTS)):
        program = _twisted(program, random)
    if random.random() < 0.5:
        program = replace(program, symmetry=SYMMETRIES)
    if not program.declared:
        program = replace(program, symmetry=random.choice((SYMMETRIES, ("exchange",), ("rotation", "translation"))))
    return replace(program, name="wide")


def _twisted(program: Program, random: Random) -> Program:
    kinds: Sequence[tuple[Twist, ...]] = (VALUES, VALUES, GATES, GATES, READOUTS, DECLARATIONS)
    for _ in range(_TRIES):
        try:
            found = random.choice(random.choice(kinds))(program, random)
        except (QffcError, IndexError, ValueError):
            continue  # there is nothing of the kind, or what comes out is no valid program
        if found != program:
            return found
    return program


def _start(random: Random) -> Program:
    kind = random.choice(("symmetric", "symmetric", "mutant", "internal", "orbits", "orbits", "any"))
    if kind == "symmetric":
        return symmetric_program(random)
    if kind == "mutant":
        program = symmetric_program(random)
        mutant = mutate(program, random.choice(MUTATIONS), random)
        return program if mutant is None else mutant.program
    if kind == "internal":
        return internally_symmetric_program(random)
    for _ in range(_TRIES):
        try:
            program = _orbits(random) if kind == "orbits" else _any(random)
            return declare_generator(program, random) if random.random() < 0.3 else program
        except QffcError:
            continue  # a declaration that does not fit
    return symmetric_program(random)


# --------------------------------------------------------------------------- skeletons


def _sites(scope: Scope, random: Random) -> tuple[Site, ...]:
    if scope == "pair":
        roles: tuple[Role, ...] = ("centre", "neighbour", "neighbour")
        named = [random.choice((None, None, "H", "O")) for _ in roles]
        return tuple(Site(name, element, role) for name, element, role in zip("cab", named, roles, strict=True))
    if scope == "atom":
        slots = [Site(name, None, "neighbour") for name in "abg"[: random.randint(1, 3)]]
        centre = Site("c", None, "centre")
        return (centre, *slots) if random.random() < 0.8 else (*slots, centre)
    count = random.randint(1, 4)
    kinds: tuple[Role, ...] = ("neighbour", "free") if random.random() < 0.3 else ("free",)
    some = [Site(f"s{k}", random.choice("HHO"), random.choice(kinds)) for k in range(count)]
    if random.random() < 0.5:
        some.append(Site("c", random.choice("HO"), "centre"))
    if random.random() < 0.3:
        some = [replace(site, molecule=random.choice("MN")) for site in some]
    return tuple(some)


def _any(random: Random) -> Program:
    """Operations and values without any plan."""
    scope = random.choice(SCOPES)
    sites = _sites(scope, random)
    count = random.randint(1, 4)
    scene = WideScene(random, tuple(site.name for site in sites), _PARAMETERS, random.choice((0.0, 0.1, 0.5)))
    ops = [*_prepared(random, count), *(gate(scene, count) for _ in range(random.randint(0, 6)))]
    return _finished(scene, sites, scope, count, tuple(ops))


def _orbits(random: Random) -> Program:
    """Blocks and their images under an exchange of two sites and of the halves of the qubits; often one is off."""
    scope = random.choice(SCOPES)
    sites = _sites(scope, random)
    pairs = [
        (a.name, b.name)
        for index, a in enumerate(sites)
        for b in sites[index + 1 :]
        if a.role == b.role and None in {a.species, b.species, None if a.species == b.species else ""}
    ]
    if not pairs:
        return _any(random)
    a, b = random.choice(pairs)
    half = random.choice((1, 2, 2, 3))
    scene = WideScene(random, tuple(site.name for site in sites), _PARAMETERS, random.choice((0.0, 0.0, 0.3)))
    swap = {q: (q + half) % (2 * half) for q in range(2 * half)}
    ops: list[Op] = _halves(random, half)
    for _ in range(random.randint(1, 4)):
        block = [gate(scene, half) for _ in range(random.randint(1, 2))]
        if random.random() < 0.3:
            block = [gate(scene, 2 * half)]
        mirrored = [_image(op, swap, {a: b, b: a}) for op in block]
        if random.random() < 0.15:
            mirrored = [_off(op, scene) for op in mirrored]
        ops += [*block, *mirrored]
    return _finished(scene, sites, scope, 2 * half, tuple(ops), swap, {a: b, b: a})


def _image(op: Op, qubits: dict[int, int], sites: dict[str, str]) -> Op:
    value = op.value
    if isinstance(op, Relabel):
        return Relabel(tuple((qubits[source], qubits[target]) for source, target in op.moves))
    moved = op.relabelled(qubits)
    return moved if value is None else moved.with_value(substitute_sites(value, sites))


def _off(op: Op, scene: WideScene) -> Op:
    """An operation by a value that is spelled in another way, or is another one."""
    if op.value is None:
        return op
    return op.with_value(scene.respelled(op.value, nearly=scene.random.random() < 0.5))


def _halves(random: Random, half: int) -> list[Op]:
    if half == 1 or random.random() < 0.3:
        return [Singlet(k, k + half) for k in range(half)]
    if half == 2 and random.random() < 0.7:
        return [Singlet(0, 1), Singlet(2, 3)]
    ops: list[Op] = [Zero(k) for k in range(2 * half)]
    letter = random.choice(LETTERS)
    return ops + [PauliRotation(((k, letter),), _quarter(random)) for k in range(2 * half) if random.random() < 0.5]


def _quarter(random: Random) -> Value:
    return Pi() * Fraction(random.choice((-1, 1, 1, 2)), 2)


def _prepared(random: Random, count: int) -> list[Op]:
    order = random.sample(range(count), count)
    ops: list[Op] = []
    while order:
        if len(order) > 1 and random.random() < 0.7:
            ops.append(Singlet(order.pop(), order.pop()))
        else:
            ops.append(Zero(order.pop()))
    return ops


def _finished(
    scene: WideScene,
    sites: tuple[Site, ...],
    scope: Scope,
    count: int,
    ops: tuple[Op, ...],
    qubits: dict[int, int] | None = None,
    swap: dict[str, str] | None = None,
) -> Program:
    random = scene.random
    observables = [_observable(random, count) for _ in range(random.randint(1, 2))]
    weights = [scene.number(1) for _ in observables]
    if qubits is not None and swap is not None:
        observables += [observable.relabelled(qubits) for observable in observables]
        weights += [substitute_sites(weight, swap) for weight in weights]
    named = tuple((f"m{k}", observable) for k, observable in enumerate(observables))
    return Program(
        name="wide",
        symmetry=SYMMETRIES,
        scope=scope,
        species=("H", "O"),
        sites=sites,
        parameters=_PARAMETERS,
        qubits=tuple(Qubit(f"q{k}", random.choice((*scene.sites, None))) for k in range(count)),
        ops=ops,
        observables=named,
        readout=_readout(scene, named, weights, any(site.role == "centre" for site in sites), scope),
        channels=random.choice((1, 1, 2)),
    )


def _observable(random: Random, count: int) -> Observable:
    qubits = random.sample(range(count), count)
    choices: list[Observable] = [PauliObservable(((qubits[0], random.choice(LETTERS)),))]
    if count > 1:
        dot = DotObservable(qubits[0], qubits[1])
        string = tuple((qubit, random.choice(LETTERS)) for qubit in qubits[:2])
        choices += [dot, dot, dot, PauliObservable(string)]
        choices.append(SumObservable(((Fraction(random.randint(-3, 3), 2), dot), (Fraction(1), choices[0]))))
    if count > 3:
        choices += [ProductObservable((DotObservable(*qubits[:2]), DotObservable(*qubits[2:4])))] * 2
    return random.choice(choices)


def _readout(
    scene: WideScene, named: tuple[tuple[str, Observable], ...], weights: list[Value], centre: bool, scope: Scope
) -> Readout:
    random = scene.random
    moments: list[Value] = [Moment(name) for name, _ in named]
    if random.random() < 0.2:
        moments = [moment * moment for moment in moments]
    value = add(*(mul(weight, moment) for weight, moment in zip(weights, moments, strict=True)))
    apart = scope == "pair" and random.random() < 0.3
    if centre and random.random() < 0.4:
        return AtomicReadout(scene.number(1), tuple(name for name, _ in named), (), by_species=apart)
    return EnergyReadout(value)
