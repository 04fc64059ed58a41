"""The pass schedule-layers: depth at its bound, nothing lost, symmetry kept or gained."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qffc as qf
from qffc.dsl import Author
from qffc.ir import (
    Chirality,
    DotObservable,
    EnergyReadout,
    Exchange,
    PauliRotation,
    Program,
    Qubit,
    Singlet,
    Site,
    parse_program,
)
from qffc.ir.declarations import Parameter, Readout
from qffc.ir.operation import Coupling, Op
from qffc.ir.ops import Zero
from qffc.ir.values import Moment, ParameterEntry, Pi, as_value
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.counts import count_ops
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.numbers.generic_point import generic_slots
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.pipeline import run_pipeline
from qffc.passes.schedule.clock import circuit_depth
from qffc.passes.schedule.layers import Schedule, ScheduleLayers
from qffc.targets.catalogue import target
from qffc.testing import symmetric_programs

IDEAL = target("ideal")


def schedule(program: Program) -> tuple[Program, Schedule]:
    result = run_pipeline((ScheduleLayers(),), program, IDEAL)
    output = result.outputs[0][1]
    assert isinstance(output, Schedule)
    return result.program, output


def lowered_depth(program: Program) -> int:
    kernel = PytketKernel(split_program(program), target("H2-1LE"), shorten_runs=False, fuse_pairs=False)
    return kernel.counts(kernel.bind(generic_slots(kernel.split))).two_qubit_depth


def proven(program: Program) -> set[str]:
    return {verdict.generator for verdict in check_equivariance(program).verdicts if verdict.status == "proven"}


@pytest.mark.parametrize(
    ("name", "qubits", "before", "after"),
    [
        ("ring", 4, 24, 12),
        ("ring", 6, 36, 12),
        ("ring", 8, 48, 12),
        ("all-pairs", 4, 25, 18),
        ("all-pairs", 6, 39, 30),
        ("all-pairs", 8, 53, 42),
    ],
)
def test_depth_at_the_bound(name: str, qubits: int, before: int, after: int) -> None:
    program = load(name, qubits=qubits, depth=6)
    layered, report = schedule(program)
    assert (report.before, report.after, report.bound) == (before, after, after)
    assert (lowered_depth(program), lowered_depth(layered)) == (before, after)
    assert count_ops(layered).two_qubit_depth == after + 1  # the first layer of pairs is absorbed by the singlets
    assert {(group.layers, group.bound) for group in report.groups} == {(2, 2) if name == "ring" else (qubits - 1,) * 2}


@st.composite
def free_programs(draw: st.DrawFn) -> Program:
    """Couplings of up to three qubits in groups and outside, on singlets or on zeros."""
    count = draw(st.sampled_from([4, 5, 6]))
    start: list[Op] = [Singlet(k, k + 1) for k in range(0, count - 1, 2)]
    start = start if draw(st.booleans()) else []
    start += [Zero(k) for k in range(count) if not any(k in op.qubits for op in start)]
    ops: list[Op] = []
    for group in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from([None, f"g{group}"]))
        for _ in range(draw(st.integers(1, 8))):
            angle = ParameterEntry("J", (len(ops) % 4,))
            a, b, c = draw(st.permutations(range(count)))[:3]
            kind = draw(st.sampled_from(["exchange"] * 4 + ["chirality", "pauli"]))
            if kind == "exchange":
                ops.append(Exchange(a, b, angle, unordered=name))
            elif kind == "chirality":
                ops.append(Chirality(a, b, c, angle, unordered=name))
            else:
                ops.append(PauliRotation(((a, "X"), (b, "Z")), angle, unordered=name))
    return bare_program(count, (*start, *ops))


def bare_program(count: int, ops: tuple[Op, ...]) -> Program:
    return Program(
        name="free",
        symmetry=(),
        scope="molecule",
        species=("H",),
        sites=(Site("A", "H", "free"),),
        parameters=(Parameter("J", (4,)),),
        qubits=tuple(Qubit(f"q{k}") for k in range(count)),
        ops=ops,
        observables=(("m", DotObservable(0, 1)),),
        readout=EnergyReadout(Moment("m")),
    )


@given(free_programs())
def test_only_the_order_inside_groups_changes(program: Program) -> None:
    layered, report = schedule(program)
    assert Counter(layered.ops) == Counter(map(ordered, program.ops))
    groups = [group_of(op) for op in program.ops]
    for start, end in runs(groups):
        assert Counter(layered.ops[start:end]) == Counter(map(ordered, program.ops[start:end]))
    assert report.bound <= report.after <= report.before
    assert (report.before, report.after) == (circuit_depth(program), circuit_depth(layered))
    assert all(group.bound <= group.layers for group in report.groups)
    assert (layered is program) == (not any(groups))
    if report.after == report.before:
        assert layered.ops == tuple(map(ordered, program.ops))
    assert schedule(layered)[0] is layered


def group_of(op: Op) -> str | None:
    return op.unordered if isinstance(op, Coupling) else None


def ordered(op: Op) -> Op:
    return replace(op, unordered=None) if isinstance(op, Coupling) else op


def runs(groups: list[str | None]) -> list[tuple[int, int]]:
    """Start and end of each group, and of each operation in none."""
    cuts = [k for k in range(1, len(groups)) if groups[k] is None or groups[k] != groups[k - 1]]
    return list(pairwise([0, *cuts, len(groups)]))


@given(free_programs())
@settings(max_examples=30)
def test_the_clock_tells_the_depth_of_circuits_of_exchanges(program: Program) -> None:
    ops = tuple(op for op in program.ops if not isinstance(op, Chirality | PauliRotation))
    plain = program.with_ops(ops)
    if any(isinstance(op, Zero) for op in ops):  # an exchange on |00> is a phase, which the clock does not know
        assert circuit_depth(plain) >= lowered_depth(plain)
    else:
        assert circuit_depth(plain) == lowered_depth(plain)


@qf.ansatz(symmetry=("rotation", "translation", "exchange"))
def twins(a: Author, seed: int = 0, count: int = 2, kinds: str = "pcw", tied: bool = False) -> Readout:
    """Pairs among the twins of like atoms, parallel, crossed and within, shuffled and free in order."""
    a.centre("N")
    atoms = a.neighbours("H", count)
    pairs = [a.twins(atom) for atom in atoms]
    for layer in a.layers(2):
        for atom, (upper, lower) in zip(atoms, pairs, strict=True):
            a.rotate(upper, layer.param("alpha") * atom.position)
            a.rotate(lower, layer.param("alpha" if tied else "beta") * atom.position)
        couplings = [(one.upper, one.lower, "w") for one in pairs]
        for x, y in combinations(pairs, 2):
            couplings += [(x.upper, y.upper, "p"), (x.lower, y.lower, "p")]
            couplings += [(x.upper, y.lower, "c"), (x.lower, y.upper, "c")]
        Random(seed).shuffle(couplings)
        angles = {kind: layer.param(kind) for kind in kinds}
        with a.unordered():
            for left, right, kind in couplings:
                if kind in kinds:
                    a.exchange(left, right, angle=angles[kind])
    return a.energy([a.dot(*one) for one in pairs] if tied else a.dot(pairs))


@pytest.mark.parametrize("seed", range(3))
def test_two_like_atoms_become_exchangeable(seed: int) -> None:
    program = twins(seed=seed)
    assert "exchange H1 H2" not in proven(program)
    layered, report = schedule(program)
    assert proven(layered) == {"rotation", "translation", "exchange H1 H2"}
    assert report.gained == ("exchange H1 H2",)
    assert (report.after, report.bound) == (6, 6)
    assert "kept together: H1_upper-H1_lower H2_upper-H2_lower" in report.render()


def test_three_like_atoms_share_layers_when_the_twins_are_alike() -> None:
    program = twins(count=3, kinds="c", tied=True, seed=1)
    layered, report = schedule(program)
    assert {"exchange H1 H2", "exchange H2 H3"} <= proven(layered)
    assert all(group.layers == 2 for group in report.groups)


def test_no_order_of_all_pairs_is_symmetric_for_three_like_atoms() -> None:
    layered, report = schedule(twins(count=3))
    assert proven(layered) == {"rotation", "translation"}
    assert (report.after, report.bound, report.gained) == (10, 10, ())


CHAIN = """qffc 1
program chain
symmetry translation, exchange
scope molecule
species H, O
site A: H free
site B: H free
site C: O free
parameter J: 2
qubit a: A
qubit b: B
qubit c: C
qubit d: C
singlet a, b
singlet c, d
rotate a, r(C, A)
rotate b, r(C, B)
exchange a, c, J[0] unordered mix
exchange b, d, J[0] unordered mix
exchange a, d, J[1] unordered mix
exchange b, c, J[1] unordered mix
exchange a, b, J[0]
observable m = dot(c, d)
energy moment(m)
"""


HEXAGON = """qffc 1
program hexagon
symmetry exchange
scope molecule
species H
site A: H free
site B: H free
parameter J: 3
qubit a0: A
qubit a1: A
qubit a2: A
qubit b0: B
qubit b1: B
qubit b2: B
singlet a0, b0
singlet a1, b1
singlet a2, b2
rotate a0, r(A, B)
rotate b0, r(B, A)
{couplings}
observable m = dot(a0, b0)
energy moment(m)
"""
RING = ("a0, a1, J[0]", "b0, b1, J[0]", "a1, a2, J[1]", "b1, b2, J[1]", "a2, b0, J[2]", "b2, a0, J[2]")


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_symmetry_comes_before_depth(seed: int | None) -> None:
    """Two layers would do; but opposite sides of the hexagon have to share one, and there are three pairs of them."""
    sides = list(RING) if seed is None else Random(seed).sample(RING, len(RING))
    text = HEXAGON.format(couplings="\n".join(f"exchange {side} unordered ring" for side in sides))
    program = parse_program(text)
    layered, report = schedule(program)
    assert seed is not None or proven(program) == {"exchange A B"}
    assert proven(layered) == {"exchange A B"}
    assert (report.after, report.given_up) == (4, 3)
    assert "without regard to symmetry the depth would be 3" in report.render()


@given(symmetric_programs(), st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_no_proven_symmetry_is_lost(program: Program, random: Random) -> None:
    """Runs of couplings of a symmetric program are declared free."""
    ops = list(program.ops)
    for k, op in enumerate(ops):
        before = ops[k - 1] if k else None
        if isinstance(op, Coupling):
            joined = isinstance(before, Coupling) and before.unordered is not None and random.random() < 0.9
            ops[k] = replace(op, unordered=before.unordered if joined and isinstance(before, Coupling) else f"g{k}")
    free = program.with_ops(tuple(ops))
    layered, report = schedule(free)
    assert proven(layered) >= proven(free)
    assert Counter(layered.ops) == Counter(map(ordered, free.ops))
    assert not report.groups or set(report.kept) == proven(free)


def test_pauli_triples_stay_in_a_row() -> None:
    strings = [((a, letter), (b, letter)) for a, b in [(0, 1), (1, 2), (2, 3), (3, 0)] for letter in ("X", "Y", "Z")]
    angle = ParameterEntry("J", (0,))
    ops = (Singlet(0, 1), Singlet(2, 3), *(PauliRotation(s, angle, unordered="g") for s in strings))
    program = replace(bare_program(4, ops), symmetry=("rotation",))
    layered, _ = schedule(program)
    assert layered is not program
    assert proven(layered) == {"rotation"}


def test_commuting_couplings_need_no_orbits() -> None:
    """ZZ couplings of like atoms on a star: one orbit that shares a qubit, in any order."""
    text = CHAIN.replace("rotation, ", "")
    lines = [line for line in text.splitlines() if not line.startswith("exchange")]
    place = lines.index("observable m = dot(c, d)")
    lines[place:place] = [
        "pauli_rotation Z(a) Z(c), J[0] unordered mix",
        "pauli_rotation Z(b) Z(c), J[0] unordered mix",
        "pauli_rotation Z(a) Z(b), J[1] unordered mix",
    ]
    program = parse_program("\n".join(lines))
    assert "exchange A B" in proven(program)
    layered, report = schedule(program)
    assert "exchange A B" in proven(layered)
    assert report.given_up is None


def test_programs_without_groups_stay() -> None:
    program = load("sivqlm-h2o")
    layered, report = schedule(program)
    assert layered is program
    assert report.groups == ()


def test_layers_that_are_not_full_overlap() -> None:
    """Five couplings around a ring need three layers; five layers are enough for two such groups."""
    ops: list[Op] = [Singlet(0, 5), Singlet(1, 6), Singlet(2, 7), Singlet(3, 8), Singlet(4, 9)]
    for layer in range(6):
        ops += [Exchange(k, (k + 1) % 5, ParameterEntry("J", (0,)), unordered=f"g{layer}") for k in range(5)]
    _, report = schedule(bare_program(10, tuple(ops)))
    assert {group.layers for group in report.groups} == {3}
    assert report.bound == 13
    assert report.after <= 17 < 19


def test_angles_play_no_part() -> None:
    ops: list[Op] = [Singlet(0, 1), Singlet(2, 3)]
    for k, angle in enumerate((Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(1))):
        ops.append(Exchange(k, (k + 1) % 4, as_value(angle) * Pi(), unordered="g"))
    _, report = schedule(bare_program(4, tuple(ops)))
    assert report.after == 2


def shifted_grid(order: list[tuple[int, int]], sites: int = 4) -> Program:
    """Couplings of each a with each b, by numbers that a shift of the sites leaves alone."""
    names = [f"S{k}" for k in range(sites)]
    following = [*names[1:], names[0]]
    lines = ["qffc 1", "program grid", "scope molecule", "species H", *(f"site {name}: H free" for name in names)]
    lines += [f"parameter J: {sites}", *(f"qubit {x}{k}: S{k}" for x in "ab" for k in range(sites))]
    lines += ["generator shift: sites " + ", ".join(f"{a} -> {b}" for a, b in zip(names, following, strict=True))]
    lines += [f"singlet a{k}, b{k}" for k in range(sites)]
    turns = [f"rotate a{k}, r({names[k]}, {following[k]})" for k in range(sites)]
    lines += [*turns, *(f"exchange a{i}, b{j}, J[{(j - i) % sites}] unordered all" for i, j in order), *turns]
    lines += ["observable m = " + " + ".join(f"1*dot(a{k}, b{(k + 1) % sites})" for k in range(sites))]
    return parse_program("\n".join([*lines, "energy moment(m)"]))


@pytest.mark.parametrize("seed", range(3))
def test_declared_generators_keep_couplings_together(seed: int) -> None:
    order = [(a, b) for a in range(4) for b in range(4)]
    Random(seed).shuffle(order)
    written = shifted_grid(order)
    ordered, report = schedule(written)
    assert proven(written) == set()
    assert proven(ordered) == {"generator shift"} == set(report.gained)
    assert report.after == report.bound == 4
    # An order that nobody told of the generator breaks it.
    unaware, _ = schedule(replace(written, generators=()))
    assert proven(replace(unaware, generators=written.generators)) == set()
