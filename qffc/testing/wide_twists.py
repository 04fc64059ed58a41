"""Twists: changes of a program that disguise what it is, or break it a little; what comes out may be no valid program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random

from qffc.ir.exchange_group import like
from qffc.ir.generators import Conserved, DeclaredSymmetry, Generator, TableMoves
from qffc.ir.observables import DotObservable, Observable, PauliObservable, SumObservable
from qffc.ir.ops import Chirality, Coupling, Exchange, Op, PauliRotation, Relabel, Rotate, Singlet, Zero
from qffc.ir.pauli import LETTERS, PauliString
from qffc.ir.program import EnergyReadout, Program, has_features, readout_value
from qffc.ir.values import (
    AXES,
    Add,
    FrameVector,
    Function,
    Moment,
    Number,
    Pi,
    Value,
    add,
    mul,
    power,
    rebuild,
    substitute_sites,
    unit,
)
from qffc.testing.mutations import with_value
from qffc.testing.wide_values import WideScene

Twist = Callable[[Program, Random], Program]


def scene_of(program: Program, random: Random) -> WideScene:
    """Return what values of a program may name."""
    return WideScene(random, tuple(site.name for site in program.sites), program.parameters, random.choice((0.0, 0.4)))


def _put(program: Program, place: int, *ops: Op, instead: int = 0) -> Program:
    return program.with_ops((*program.ops[:place], *ops, *program.ops[place + instead :]))


def _gates(program: Program) -> list[int]:
    return [index for index, op in enumerate(program.ops) if op.value is not None]


def _start(program: Program) -> int:
    """The place behind the last preparation."""
    return 1 + max(index for index, op in enumerate(program.ops) if isinstance(op, Singlet | Zero))


def _with_readout(program: Program, value: Value) -> Program:
    if isinstance(program.readout, EnergyReadout):
        return replace(program, readout=EnergyReadout(value))
    return replace(program, readout=replace(program.readout, weight=value))


# --------------------------------------------------------------------------- values


def respell_gate(program: Program, random: Random) -> Program:
    """Spell one value of a gate in another way that is equal, wherever it is a number."""
    index = random.choice(_gates(program))
    value = program.ops[index].value
    assert value is not None
    nearly = random.random() < 0.3
    return _put(
        program,
        index,
        with_value(program.ops[index], scene_of(program, random).respelled(value, nearly=nearly)),
        instead=1,
    )


def respell_alike(program: Program, random: Random) -> Program:
    """Spell the values of gates that a renaming of sites relates in one other way, so that symmetry may survive."""
    sites = [(a.name, b.name) for a in program.sites for b in program.sites if a.name < b.name and like(a, b)]
    swap = dict((pair := random.choice(sites), pair[::-1])) if sites else {}
    index = random.choice(_gates(program))
    value = program.ops[index].value
    assert value is not None
    scene = scene_of(program, random)
    new = scene.respelled(value, nearly=random.random() < 0.2)
    image, new_image = substitute_sites(value, swap), _renamed(new, swap)
    ops = []
    for op in program.ops:
        if op.value is not None and op.value == value:
            ops.append(with_value(op, new))
        elif op.value is not None and substitute_sites(op.value, {}) == image:
            ops.append(with_value(op, new_image))
        else:
            ops.append(op)
    return program.with_ops(tuple(ops))


def _renamed(value: Value, sites: dict[str, str]) -> Value:
    """A value with its sites renamed; its displacements may come out turned round, as another author might write them."""
    return substitute_sites(value, sites)


def respell_readout(program: Program, random: Random) -> Program:
    """Spell the energy or the weight in another way."""
    return _with_readout(program, scene_of(program, random).respelled(readout_value(program.readout), nearly=False))


def odd_value(program: Program, random: Random) -> Program:
    """Put any value of the right rank in the place of one."""
    index = random.choice(_gates(program))
    scene, op = scene_of(program, random), program.ops[index]
    return _put(program, index, with_value(op, scene.vector() if isinstance(op, Rotate) else scene.number()), instead=1)


# --------------------------------------------------------------------------- gates


def nothing_gate(program: Program, random: Random) -> Program:
    """Put gates somewhere that do nothing, together."""
    scene = scene_of(program, random)
    qubits = random.sample(range(len(program.qubits)), len(program.qubits))
    place = random.randint(_start(program), len(program.ops))
    value, vector = scene.number(1), scene.vector(1)
    letters = tuple(sorted((qubit, random.choice(LETTERS)) for qubit in qubits[: random.randint(1, 2)]))
    choices: list[Callable[[], tuple[Op, ...]]] = [
        lambda: (Rotate(qubits[0], vector), Rotate(qubits[0], scene.respelled(-vector))),
        lambda: (PauliRotation(letters, value), PauliRotation(letters, scene.respelled(-value))),
        lambda: (PauliRotation(letters, add(value, scene.one())), PauliRotation(letters, add(-value, -scene.one()))),
        lambda: (PauliRotation(letters, scene.zero()),),
        lambda: (Rotate(qubits[0], scene.no_vector()),),
        lambda: (Rotate(qubits[0], mul(Number(Fraction(2)), Pi(), unit(vector))),),
        lambda: (PauliRotation(letters, 2 * Pi()),),
    ]
    if len(qubits) > 1:
        a, b = qubits[:2]
        choices += [
            lambda: (Exchange(a, b, value), Exchange(b, a, scene.respelled(-value))),
            lambda: (Exchange(a, b, Pi() * Fraction(1, 4)), Relabel(((a, b), (b, a)))),
            lambda: (Relabel(((a, b), (b, a))), Exchange(a, b, Pi() * Fraction(-1, 4))),
            lambda: (Exchange(a, b, scene.zero()),),
        ]
    return _put(program, place, *random.choice(choices)())


def singlet_gate(program: Program, random: Random) -> Program:
    """Put gates behind the preparations that leave a singlet as it is, or nearly so."""
    pairs = [op.qubits for op in program.ops if isinstance(op, Singlet)]
    a, b = random.choice(pairs)
    scene = scene_of(program, random)
    vector, value, letter = scene.vector(1), scene.number(1), random.choice(LETTERS)
    ops: list[Op] = random.choice(
        (
            [Rotate(a, vector), Rotate(b, scene.respelled(vector))],
            [PauliRotation(((a, letter),), value), PauliRotation(((b, letter),), scene.respelled(value))],
            [Exchange(a, b, value)],
            [PauliRotation(((a, letter), (b, letter)), value)],
            [Rotate(a, vector), Rotate(b, vector), Rotate(a, scene.vector(0))],
        )
    )
    random.shuffle(ops)
    return _put(program, _start(program), *ops)


def other_coupling(program: Program, random: Random) -> Program:
    """Write an exchange as three Pauli rotations, or a rotation by components of a vector."""
    index = random.choice([k for k in _gates(program) if isinstance(program.ops[k], Exchange | Rotate)])
    op, scene = program.ops[index], scene_of(program, random)
    if isinstance(op, Exchange):
        angle = mul(Number(Fraction(2)), op.angle)
        parts: list[Op] = [PauliRotation(((op.a, letter), (op.b, letter)), angle) for letter in LETTERS]
        if random.random() < 0.3:
            spoilt = parts[0]
            assert isinstance(spoilt, PauliRotation)
            parts[0] = replace(spoilt, angle=scene.respelled(angle, nearly=True))
        random.shuffle(parts)
        return _put(program, index, *parts, instead=1)
    assert isinstance(op, Rotate)
    return _put(program, index, replace(op, vector=scene.respelled(op.vector, nearly=True)), instead=1)


def random_gate(program: Program, random: Random) -> Program:
    """Put any gate anywhere."""
    return _put(
        program,
        random.randint(_start(program), len(program.ops)),
        gate(scene_of(program, random), len(program.qubits)),
    )


def gate(scene: WideScene, count: int) -> Op:
    """Return any gate or relabelling of so many qubits."""
    random = scene.random
    qubits = random.sample(range(count), count)
    kinds = ["rotate", "rotate", "pauli", "axis"] + ["exchange", "exchange", "relabel"] * (count > 1)
    kind = random.choice(kinds + ["chirality"] * (count > 2))
    if kind == "rotate":
        return Rotate(qubits[0], scene.vector())
    if kind == "axis":
        parts = [Number(Fraction(0))] * 3
        axis = random.randrange(len(AXES))
        return Rotate(qubits[0], FrameVector(*(scene.number(1) if k == axis else part for k, part in enumerate(parts))))
    if kind == "relabel":
        moved = sorted(qubits[: random.randint(2, min(3, count))])
        return Relabel(tuple(zip(moved, random.sample(moved, len(moved)), strict=True)))
    special = mul(Number(Fraction(random.randint(-4, 8), 4)), Pi())
    angle = special if random.random() < 0.25 else scene.number()
    if kind == "exchange":
        return Exchange(qubits[0], qubits[1], angle)
    if kind == "chirality":
        return Chirality(qubits[0], qubits[1], qubits[2], angle)
    return PauliRotation(_string(random, qubits), angle)


def _string(random: Random, qubits: list[int], most: int = 3) -> PauliString:
    return tuple((qubit, random.choice(LETTERS)) for qubit in qubits[: random.randint(1, min(most, len(qubits)))])


def prepare_otherwise(program: Program, random: Random) -> Program:
    """Prepare the qubits of a singlet along axes, by quarter turns, or a zero along another one."""
    index = random.choice([k for k, op in enumerate(program.ops) if isinstance(op, Singlet | Zero)])
    op, quarter = program.ops[index], Pi() * Fraction(random.randint(-3, 4), 2)
    ops: list[Op] = [op] if isinstance(op, Zero) else [Zero(qubit) for qubit in op.qubits]
    turns = [PauliRotation(((qubit, random.choice(LETTERS)),), quarter) for qubit in op.qubits]
    return _put(program, index, *ops, *turns[: random.randint(0, len(turns))], instead=1)


def unordered(program: Program, random: Random) -> Program:
    """Leave the order of couplings in a row to the compiler."""
    starts = [k for k, op in enumerate(program.ops) if isinstance(op, Coupling)]
    start = random.choice(starts)
    ops = list(program.ops)
    for place in range(start, min(start + random.randint(1, 4), len(ops))):
        op = ops[place]
        if not isinstance(op, Coupling):
            break
        ops[place] = replace(op, unordered=f"u{start}")
    return program.with_ops(tuple(ops))


# --------------------------------------------------------------------------- readout


def bend_readout(program: Program, random: Random) -> Program:
    """Make an energy that is not linear in the moments, or change what a moment is multiplied by."""
    value, scene = readout_value(program.readout), scene_of(program, random)
    if has_features(program.readout):
        return _with_readout(program, mul(value, random.choice((scene.one, scene.number))()))
    names = [name for name, _ in program.observables]
    one, other = (Moment(random.choice(names)) for _ in range(2))
    choices: list[Callable[[], Value]] = [
        lambda: power(value, 2),
        lambda: Function("tanh", value),
        lambda: add(value, mul(one, other)),
        lambda: _squared(value),
        lambda: add(value, mul(scene.one(), one), mul(Number(Fraction(-1)), one)),
        lambda: add(value, mul(scene.zero(), one)),
        lambda: add(value, scene.number(1)),
        lambda: mul(value, scene.number(1)),
        lambda: Function("sqrt", power(value, 2)),
    ]
    return _with_readout(program, random.choice(choices)())


def _squared(value: Value) -> Value:
    if isinstance(value, Moment):
        return power(value, 2)
    return rebuild(value, tuple(map(_squared, value.children))) if isinstance(value, Add) or value.children else value


def second_name(program: Program, random: Random) -> Program:
    """Read one operator under two names, or with its sign turned."""
    name, observable = random.choice(program.observables)
    weight = Fraction(random.choice((1, 1, -1)))
    again = (f"{name}_again", SumObservable(((weight, observable),)))
    items = (*program.observables, again)
    if has_features(program.readout):
        return replace(program, observables=items)
    scene, value = scene_of(program, random), readout_value(program.readout)
    new = scene.number(1)
    extra = random.choice((mul(new, Moment(name)) - mul(new, Moment(again[0])), Moment(again[0]) * Moment(name)))
    return _with_readout(replace(program, observables=items), add(value, extra))


def pauli_observable(program: Program, random: Random) -> Program:
    """Put a Pauli string in the place of an observable, or beside it."""
    index = random.randrange(len(program.observables))
    name, observable = program.observables[index]
    qubits = random.sample(range(len(program.qubits)), len(program.qubits))
    string = PauliObservable(_string(random, qubits))
    sum_ = SumObservable(((Fraction(1), observable), (Fraction(random.randint(-3, 3), 2), string)))
    items = list(program.observables)
    items[index] = (name, random.choice((string, sum_)))
    return replace(program, observables=tuple(items))


# --------------------------------------------------------------------------- declarations


def declare_generator(program: Program, random: Random) -> Program:
    """Declare a symmetry of any kind, which the program may have."""
    kind = random.choice(("sites", "qubits", "paulis", "entries", "charge", "mixed"))
    name, count = f"g{len(program.generators)}", len(program.qubits)
    letter = random.choice(LETTERS)
    everywhere: PauliString = tuple((qubit, letter) for qubit in range(count))
    paulis = random.choice((everywhere, everywhere, _string(random, list(range(count)))))
    sites, entries = _site_moves(program, random), _entry_moves(program, random)
    moved = random.sample(range(count), random.randint(min(2, count), count))
    qubits = tuple(zip(sorted(moved), random.sample(moved, len(moved)), strict=True))
    made: DeclaredSymmetry
    if kind == "charge":
        terms: list[tuple[Fraction, Observable]] = [
            (Fraction(random.choice((1, 1, 1, -1, 2))), PauliObservable(((qubit, letter),))) for qubit in range(count)
        ]
        if count > 1 and random.random() < 0.3:
            terms = [(Fraction(1), DotObservable(*random.sample(range(count), 2)))]
        made = Conserved(name, SumObservable(tuple(terms)))
    elif kind == "sites":
        made = Generator(name, sites=sites)
    elif kind == "entries":
        made = Generator(name, entries=entries)
    elif kind == "qubits":
        made = Generator(name, qubits=qubits)
    elif kind == "paulis":
        made = Generator(name, paulis=paulis)
    else:
        some = [random.random() < 0.5 for _ in range(3)]
        made = Generator(
            name,
            sites=sites if some[0] else (),
            qubits=qubits if some[1] and random.random() < 0.4 else (),
            entries=entries if some[1] else (),
            paulis=paulis if some[2] else (),
        )
    return replace(program, generators=(*program.generators, made))


def _site_moves(program: Program, random: Random) -> tuple[tuple[str, str], ...]:
    """A permutation of sites of one element and one role, of two molecules too."""
    kinds: dict[tuple[str | None, str], list[str]] = {}
    for site in program.sites:
        kinds.setdefault((site.species, site.role), []).append(site.name)
    groups = [names for names in kinds.values() if len(names) > 1]
    if not groups:
        return ()
    names = random.choice(groups)
    moved = random.sample(names, random.randint(2, len(names)))
    return tuple(zip(moved, (*moved[1:], moved[0]), strict=True))


def _entry_moves(program: Program, random: Random) -> tuple[TableMoves, ...]:
    found = []
    for parameter in program.parameters:
        sizes = [(axis, size) for axis, size in enumerate(parameter.axes) if isinstance(size, int) and size > 1]
        if not sizes or random.random() < 0.4:
            continue
        axis, size = random.choice(sizes)
        moved = random.sample(range(size), random.randint(2, min(size, 3)))
        moves = tuple(zip(moved, (*moved[1:], moved[0]), strict=True))
        found.append(TableMoves(parameter.name, moves, (axis,)))
    return tuple(found)


def average(program: Program, random: Random) -> Program:
    """Take the mean over exchanges, or over both mirror images."""
    exchange = program.scope == "molecule" and random.random() < 0.6
    return replace(program, average=("exchange",) if exchange else ("inversion",))


def molecules(program: Program, random: Random) -> Program:
    """Put the sites into molecules."""
    names = [random.choice("MN") for _ in program.sites]
    sites = tuple(replace(site, molecule=name) for site, name in zip(program.sites, names, strict=True))
    return replace(program, sites=sites)


def name_elements(program: Program, random: Random) -> Program:
    """Name elements at sites that were open, or the other way round, or change roles."""
    index = random.randrange(len(program.sites))
    site = program.sites[index]
    new = replace(site, species=random.choice((None, *program.species)))
    return replace(program, sites=(*program.sites[:index], new, *program.sites[index + 1 :]))


def more_channels(program: Program, random: Random) -> Program:
    """Run copies of the circuit; tables keep their entries for all."""
    return replace(program, channels=random.randint(2, 3))


VALUES: tuple[Twist, ...] = (respell_gate, respell_alike, respell_alike, respell_readout, odd_value)
GATES: tuple[Twist, ...] = (
    nothing_gate,
    singlet_gate,
    other_coupling,
    random_gate,
    prepare_otherwise,
    unordered,
)
READOUTS: tuple[Twist, ...] = (bend_readout, second_name, pauli_observable)
DECLARATIONS: tuple[Twist, ...] = (declare_generator, average, molecules, name_elements, more_channels)
