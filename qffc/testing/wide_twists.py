"""Twists: changes of a program that disguise what it is, or break it a little.

Here are those of values and gates; ``wide_declarations.py`` has the others. What comes out may be no valid program, and
raises a diagnostic then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random

from qffc.ir.declarations import EnergyReadout, readout_value
from qffc.ir.exchange_group import like
from qffc.ir.operation import Coupling, Op
from qffc.ir.ops import (
    COMPOSITE,
    Collective,
    Exchange,
    PauliRotation,
    Relabel,
    Rotate,
    Singlet,
    Zero,
    make_op,
    operation,
)
from qffc.ir.pauli import LETTERS, PauliString
from qffc.ir.program import Program
from qffc.ir.values import (
    AXES,
    FrameVector,
    Number,
    Pi,
    Value,
    add,
    cutoff,
    mul,
    substitute_sites,
    unit,
)
from qffc.testing.wide_values import WideScene

Twist = Callable[[Program, Random], Program]


def scene_of(program: Program, random: Random) -> WideScene:
    """Return what values of a program may name."""
    return WideScene(random, tuple(site.name for site in program.sites), program.parameters, random.choice((0.0, 0.4)))


def put(program: Program, place: int, *ops: Op, instead: int = 0) -> Program:
    """Return a program with operations at a place, in the place of so many others."""
    return program.with_ops((*program.ops[:place], *ops, *program.ops[place + instead :]))


def gates(program: Program) -> list[int]:
    """Return the places of the operations with a value."""
    return [index for index, op in enumerate(program.ops) if op.value is not None]


def start_of(program: Program) -> int:
    """Return the place behind the last preparation."""
    return 1 + max(index for index, op in enumerate(program.ops) if isinstance(op, Singlet | Zero))


def with_readout(program: Program, value: Value) -> Program:
    """Return a program with another energy or weight."""
    if isinstance(program.readout, EnergyReadout):
        return replace(program, readout=EnergyReadout(value))
    return replace(program, readout=replace(program.readout, weight=value))


# --------------------------------------------------------------------------- values


def respell_gate(program: Program, random: Random) -> Program:
    """Spell one value of a gate in another way that is equal, wherever it is a number."""
    index = random.choice(gates(program))
    value = program.ops[index].value
    assert value is not None
    nearly = random.random() < 0.3
    return put(
        program,
        index,
        program.ops[index].with_value(scene_of(program, random).respelled(value, nearly=nearly)),
        instead=1,
    )


def respell_alike(program: Program, random: Random) -> Program:
    """Spell the values of gates that a renaming of sites relates in one other way, so that symmetry may survive."""
    sites = [(a.name, b.name) for a in program.sites for b in program.sites if a.name < b.name and like(a, b)]
    swap = dict((pair := random.choice(sites), pair[::-1])) if sites else {}
    index = random.choice(gates(program))
    value = program.ops[index].value
    assert value is not None
    scene = scene_of(program, random)
    new = scene.respelled(value, nearly=random.random() < 0.2)
    # Displacements of the image may come out turned round, as another author might write them.
    image, new_image = substitute_sites(value, swap), substitute_sites(new, swap)
    ops = []
    for op in program.ops:
        if op.value is not None and op.value == value:
            ops.append(op.with_value(new))
        elif op.value is not None and substitute_sites(op.value, {}) == image:
            ops.append(op.with_value(new_image))
        else:
            ops.append(op)
    return program.with_ops(tuple(ops))


def respell_readout(program: Program, random: Random) -> Program:
    """Spell the energy or the weight in another way."""
    return with_readout(program, scene_of(program, random).respelled(readout_value(program.readout), nearly=False))


def odd_value(program: Program, random: Random) -> Program:
    """Put any value of the right rank in the place of one."""
    index = random.choice(gates(program))
    scene, op = scene_of(program, random), program.ops[index]
    return put(program, index, op.with_value(scene.vector() if isinstance(op, Rotate) else scene.number()), instead=1)


def by_a_jump(program: Program, random: Random) -> Program:
    """Multiply a value of a gate, or the energy, by what is constant but where it jumps, or by what is none of both."""
    scene = scene_of(program, random)
    factor = random.choice((scene.jump, scene.jump, scene.one, scene.zero))()
    if random.random() < 0.4:
        return with_readout(program, mul(factor, readout_value(program.readout)))
    index = random.choice(gates(program))
    value = program.ops[index].value
    assert value is not None
    if value.law.rank == 0 and random.random() < 0.5:
        return put(program, index, program.ops[index].with_value(add(value, factor)), instead=1)
    return put(program, index, program.ops[index].with_value(mul(factor, value)), instead=1)


def only_with_ghosts(program: Program, random: Random) -> Program:
    """Add what is zero while no site is taken by a ghost, times what breaks a symmetry."""
    scene = replace(scene_of(program, random), frame=0.8)
    distance = scene.distance()
    nothing = add(cutoff(scene.longer(distance), Fraction(5)), -cutoff(distance, Fraction(5)))
    index = random.choice(gates(program))
    value = program.ops[index].value
    assert value is not None
    more = mul(nothing, scene.vector(1) if value.law.rank else scene.number(1))
    return put(program, index, program.ops[index].with_value(add(value, more)), instead=1)


# --------------------------------------------------------------------------- gates


def nothing_gate(program: Program, random: Random) -> Program:
    """Put gates somewhere that do nothing, together."""
    scene = scene_of(program, random)
    qubits = random.sample(range(len(program.qubits)), len(program.qubits))
    place = random.randint(start_of(program), len(program.ops))
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
    if len(qubits) > 2:
        members = tuple(qubits[: random.randint(3, min(len(qubits), 6))])
        period = Collective(members, value).period
        choices += [
            lambda: (Collective(members, value), Collective(members[::-1], scene.respelled(-value))),
            lambda: (Collective(members, value), Exchange(members[0], members[1], value), Collective(members, -value)),
            lambda: (Collective(members, Pi() * period), Collective(members, scene.zero())),
        ]
    return put(program, place, *random.choice(choices)())


def singlet_gate(program: Program, random: Random) -> Program:
    """Put gates behind the preparations that leave a singlet as it is, or nearly so."""
    pairs = [op.qubits for op in program.ops if isinstance(op, Singlet)]
    a, b = random.choice(pairs)
    scene = scene_of(program, random)
    vector, value, letter = scene.vector(1), scene.number(1), random.choice(LETTERS)
    choices: list[list[Op]] = [
        [Rotate(a, vector), Rotate(b, scene.respelled(vector))],
        [PauliRotation(((a, letter),), value), PauliRotation(((b, letter),), scene.respelled(value))],
        [Exchange(a, b, value)],
        [PauliRotation(((a, letter), (b, letter)), value)],
        [Rotate(a, vector), Rotate(b, vector), Rotate(a, scene.vector(0))],
        [PauliRotation(((a, letter),), add(value, scene.one())), PauliRotation(((a, letter),), -value)],
        [Rotate(a, add(vector, scene.no_vector())), Rotate(a, mul(scene.one(), -vector))],
    ]
    ops = list(random.choice(choices))
    random.shuffle(ops)
    return put(program, start_of(program), *ops)


def other_coupling(program: Program, random: Random) -> Program:
    """Write an exchange as three Pauli rotations, or a rotation by components of a vector."""
    index = random.choice([k for k in gates(program) if isinstance(program.ops[k], Exchange | Rotate)])
    op, scene = program.ops[index], scene_of(program, random)
    if isinstance(op, Exchange):
        angle = mul(Number(Fraction(2)), op.angle)
        parts: list[Op] = [PauliRotation(((op.a, letter), (op.b, letter)), angle) for letter in LETTERS]
        if random.random() < 0.3:
            spoilt = parts[0]
            assert isinstance(spoilt, PauliRotation)
            parts[0] = replace(spoilt, angle=scene.respelled(angle, nearly=True))
        random.shuffle(parts)
        return put(program, index, *parts, instead=1)
    assert isinstance(op, Rotate)
    return put(program, index, replace(op, vector=scene.respelled(op.vector, nearly=True)), instead=1)


def random_gate(program: Program, random: Random) -> Program:
    """Put any gate anywhere."""
    return put(
        program,
        random.randint(start_of(program), len(program.ops)),
        gate(scene_of(program, random), len(program.qubits)),
    )


def gate(scene: WideScene, count: int) -> Op:
    """Return any gate or relabelling of so many qubits."""
    random = scene.random
    qubits = random.sample(range(count), count)
    kinds = ["rotate", "rotate", "pauli", "axis"] + ["exchange", "exchange", "relabel"] * (count > 1)
    kinds += ["chirality"] * (count > 2)
    composite = (kind.declaration for kind in COMPOSITE)
    kind = random.choice(kinds + [said.word for said in composite if said.angle and said.counts[0] <= count])
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
    if kind == "pauli":
        return PauliRotation(random_string(random, qubits), angle)
    return make_op(
        kind, qubits[: random.choice([size for size in operation(kind).declaration.counts if size <= count])], angle
    )


def random_string(random: Random, qubits: list[int], most: int = 3) -> PauliString:
    """Return random letters on some qubits."""
    return tuple((qubit, random.choice(LETTERS)) for qubit in qubits[: random.randint(1, min(most, len(qubits)))])


def prepare_otherwise(program: Program, random: Random) -> Program:
    """Prepare the qubits of a singlet along axes, by quarter turns, or a zero along another one."""
    index = random.choice([k for k, op in enumerate(program.ops) if isinstance(op, Singlet | Zero)])
    op, quarter = program.ops[index], Pi() * Fraction(random.randint(-3, 4), 2)
    ops: list[Op] = [op] if isinstance(op, Zero) else [Zero(qubit) for qubit in op.qubits]
    turns = [PauliRotation(((qubit, random.choice(LETTERS)),), quarter) for qubit in op.qubits]
    return put(program, index, *ops, *turns[: random.randint(0, len(turns))], instead=1)


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


VALUES: tuple[Twist, ...] = (
    respell_gate,
    respell_alike,
    respell_alike,
    respell_readout,
    odd_value,
    by_a_jump,
    only_with_ghosts,
)
GATES: tuple[Twist, ...] = (
    nothing_gate,
    singlet_gate,
    other_coupling,
    random_gate,
    prepare_otherwise,
    unordered,
)
