"""Twists of what is read and of what is declared; what comes out may be no valid program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random

from qffc.ir.declarations import has_features, readout_value
from qffc.ir.generators import Conserved, DeclaredSymmetry, Generator, TableMoves
from qffc.ir.observables import DotObservable, Observable, PauliObservable, SumObservable
from qffc.ir.operation import Op
from qffc.ir.ops import Exchange, Relabel
from qffc.ir.pauli import LETTERS, PauliString
from qffc.ir.program import Program
from qffc.ir.values import (
    Add,
    Moment,
    Number,
    Pi,
    Value,
    add,
    function,
    mul,
    power,
    rebuild,
)
from qffc.testing.wide_twists import Twist, put, random_string, scene_of, start_of, with_readout


def bend_readout(program: Program, random: Random) -> Program:
    """Make an energy that is not linear in the moments, or change what a moment is multiplied by."""
    value, scene = readout_value(program.readout), scene_of(program, random)
    if has_features(program.readout):
        return with_readout(program, mul(value, random.choice((scene.one, scene.number))()))
    names = [name for name, _ in program.observables]
    one, other = (Moment(random.choice(names)) for _ in range(2))
    choices: list[Callable[[], Value]] = [
        lambda: power(value, 2),
        lambda: function("tanh", value),
        lambda: add(value, mul(one, other)),
        lambda: _squared(value),
        lambda: add(value, mul(scene.one(), one), mul(Number(Fraction(-1)), one)),
        lambda: add(value, mul(scene.zero(), one)),
        lambda: add(value, scene.number(1)),
        lambda: mul(value, scene.number(1)),
        lambda: function("sqrt", power(value, 2)),
    ]
    return with_readout(program, random.choice(choices)())


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
    return with_readout(replace(program, observables=items), add(value, extra))


def pauli_observable(program: Program, random: Random) -> Program:
    """Put a Pauli string in the place of an observable, or beside it."""
    index = random.randrange(len(program.observables))
    name, observable = program.observables[index]
    qubits = random.sample(range(len(program.qubits)), len(program.qubits))
    string = PauliObservable(random_string(random, qubits))
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
    paulis = random.choice((everywhere, everywhere, random_string(random, list(range(count)))))
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


def mixed_average(program: Program, random: Random) -> Program:
    """Take the mean over exchanges, and declare a permutation of sites that is none of them, or is one."""
    sites = tuple(replace(site, molecule=random.choice("MN")) for site in program.sites)
    if random.random() < 0.3:
        sites = program.sites
    mixed = replace(program, sites=sites, average=("exchange",))
    return replace(mixed, generators=(*program.generators, Generator("mix", sites=_site_moves(mixed, random))))


def swapped_generator(program: Program, random: Random) -> Program:
    """Trade qubits somewhere, by a gate or by name, and declare what acts on some of them."""
    letters = tuple((qubit, random.choice(LETTERS)) for qubit in range(len(program.qubits)) if random.random() < 0.5)
    a, b = random.sample(range(len(program.qubits)), 2)
    swap: Op = Exchange(a, b, Pi() * Fraction(random.choice((1, -1, 3)), 4))
    if random.random() < 0.3:
        swap = Relabel(((a, b), (b, a)))
    place = random.randint(start_of(program), len(program.ops))
    item = Generator("part", paulis=letters) if letters else Generator("part", qubits=((a, b), (b, a)))
    value = readout_value(program.readout)
    changed = replace(put(program, place, swap), generators=(*program.generators, item))
    return changed if has_features(program.readout) else with_readout(changed, _squared(value))


def more_channels(program: Program, random: Random) -> Program:
    """Run copies of the circuit; tables keep their entries for all."""
    return replace(program, channels=random.randint(2, 3))


READOUTS: tuple[Twist, ...] = (bend_readout, second_name, pauli_observable)
DECLARATIONS: tuple[Twist, ...] = (
    declare_generator,
    average,
    molecules,
    name_elements,
    more_channels,
    mixed_average,
    swapped_generator,
)
