"""Couplings that are free in order: they stay in their groups, and no rewrite adds an order to choose from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, permutations, product
from math import factorial, prod

import numpy as np
import pytest
from dense_programs import J, K, R, S, dense_instance, dense_program
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import qffc as qf
from qffc.compiling.levels import LEVELS
from qffc.ir.declarations import EnergyReadout, Qubit
from qffc.ir.evaluate import Instance
from qffc.ir.observables import DotObservable, PauliObservable
from qffc.ir.operation import Coupling, Op
from qffc.ir.ops import Chirality, Exchange, PauliRotation, Rotate, Singlet, Zero
from qffc.ir.program import Program
from qffc.ir.reference import moments
from qffc.ir.text.parser import parse_program
from qffc.ir.values import Moment, add
from qffc.passes.circuit.free_order import as_written, divided, group_of
from qffc.passes.circuit.seen_operators import seen_observables
from qffc.passes.pipeline import run_pipeline
from qffc.passes.pipeline_text import parse_pipeline
from qffc.targets.catalogue import target
from qffc.testing import instances, programs

IDEAL = target("ideal")
REWRITES = ("canonicalize", "light-cone", "slide-singlet")
HEAD = """qffc 1
program free
symmetry rotation
scope molecule
species H
site A: H free
site B: H free
parameter J: 3
qubit a: A
qubit b: A
qubit c: A
qubit d: A
singlet a, b
singlet c, d
"""
END = """observable m = dot(a, b)
energy moment(m)
"""
PARTS = """pauli_rotation X(a) X(b), J[1] unordered g
pauli_rotation Y(a) Y(b), J[1] unordered g
pauli_rotation Z(a) Z(b), J[1] unordered {last}
"""
TEXTS = {
    "parts among others": "exchange a, c, J[0] unordered g\n"
    + PARTS.format(last="g")
    + "exchange b, c, J[0] unordered g\n",
    "parts of two groups": PARTS.format(last="h") + "exchange b, c, J[0] unordered h\n",
    "parts around a coupling": "exchange c, d, J[0] unordered h\npauli_rotation Z(a) Z(b), J[1] unordered h\n"
    "exchange b, c, J[0] unordered h\npauli_rotation Y(a) Y(b), J[1]\npauli_rotation X(a) X(b), J[1]\n",
}
TURNS = "rotate a, r(A, B)\nrotate b, 2*r(A, B)\n"
UNSEEN = "pauli_rotation Z(d), J[0]\n"


def rewritten(program: Program, passes: str) -> Program:
    return run_pipeline(parse_pipeline(passes), program, IDEAL).program


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("passes", [*REWRITES, *(each.passes for each in LEVELS), "symmetrize"])
def test_groups_stay_in_a_row(name: str, passes: str) -> None:
    program = parse_program(HEAD + TURNS + TEXTS[name] + UNSEEN + END)
    after = rewritten(program, passes)  # verified after each pass
    left = {None} if "schedule-layers" in passes else {group_of(op) for op in program.ops}
    assert {group_of(op) for op in after.ops} == left


def test_an_exchange_is_of_the_group_of_its_parts() -> None:
    program = parse_program(HEAD + TURNS + TEXTS["parts among others"] + UNSEEN + END)
    after = rewritten(program, "light-cone")
    assert [(type(op), group_of(op)) for op in after.ops if isinstance(op, Coupling)] == [(Exchange, "g")] * 3


def test_parts_of_two_groups_are_an_exchange_as_they_are_written() -> None:
    program = parse_program(HEAD + TURNS + TEXTS["parts of two groups"] + END)
    assert qf.check(program).holds
    after = rewritten(replace(program, symmetry=()), "light-cone,canonicalize")
    assert Counter(map(group_of, after.ops))["g"] == 2


def test_a_group_around_a_rotation_is_divided() -> None:
    turn = "pauli_rotation Z(a), component(r(A, B), z) unordered g\n"
    couplings = "exchange a, c, J[0] unordered g\n", "exchange b, d, J[1] unordered g_2\n"
    program = parse_program(HEAD + couplings[0] + turn + couplings[0] + couplings[1] + END)
    after = rewritten(program, "symmetrize")
    assert [group_of(op) for op in after.ops[2:]] == ["g", None, "g_3", "g_2"]
    assert after.ops[3] == Rotate(0, R / 3)


def test_parts_by_an_angle_that_turns_are_dropped_together() -> None:
    parts = PARTS.format(last="g").replace("J[1]", "component(r(A, B), z)")
    after = rewritten(parse_program(HEAD + parts + "exchange a, c, J[0]\n" + END), "symmetrize")
    assert [type(op) for op in after.ops] == [Singlet, Singlet, Exchange]


def test_rows_of_a_group_are_told_apart() -> None:
    free = Exchange(0, 1, J, unordered="g")
    other = replace(free, unordered="h")
    ops = [free, free, Zero(0), free, other, free]
    assert [group_of(op) for op in divided(ops)] == ["g", "g", None, "g_2", "h", "g_3"]
    assert divided(ops[:2]) == tuple(ops[:2])


def turn(qubit: int, group: str | None = None) -> PauliRotation:
    return PauliRotation(((qubit, "X"),), K, unordered=group)


def both(letter: str, group: str | None = None, a: int = 0, b: int = 1) -> PauliRotation:
    return PauliRotation(((a, letter), (b, letter)), J, unordered=group)


def circuit(ops: Sequence[Op]) -> Program:
    observables = (("x", PauliObservable(((0, "Y"),))), ("m", DotObservable(0, 2)), ("f", DotObservable(0, 1)))
    qubits = tuple(Qubit(f"q{k}") for k in range(3))
    start = (*map(Zero, range(3)), Rotate(0, R), Rotate(1, J * S), Rotate(2, K * R))
    readout = EnergyReadout(add(*(Moment(name) for name, _ in observables)))
    ops = (*start, *ops)
    return replace(dense_program(0), qubits=qubits, ops=ops, observables=observables, readout=readout)


COUPLING = Exchange(0, 1, J)
TURNED = (turn(0, "g"), turn(1, "g"), both("Z", "g"))


@pytest.mark.parametrize(
    ("ops", "passes"),
    [
        ((COUPLING, *TURNED, COUPLING), "canonicalize"),
        ((turn(1), turn(0, "g"), replace(COUPLING, unordered="g"), turn(0, "g"), turn(1)), "canonicalize"),
        ((COUPLING, both("Z", "g"), turn(0, "g"), turn(1), COUPLING), "canonicalize"),
        ((COUPLING, turn(1), turn(0, "g"), both("Z", "g"), COUPLING), "canonicalize"),
    ],
)
def test_equal_rotations_in_a_group_do_not_act_together(ops: tuple[Op, ...], passes: str) -> None:
    """As it is written the coupling passes them; in another order it does not."""
    program = circuit(ops)
    fixed = program.with_ops(tuple(map(as_written, program.ops)))
    assert len(rewritten(fixed, passes).ops) < len(program.ops)
    assert_narrowed(program, rewritten(program, passes), dense_instance(1))


def test_a_coupling_at_the_start_does_not_go_past_rotations_of_a_group() -> None:
    start = (Zero(0), Zero(1), Zero(2))
    program = circuit(()).with_ops((*start, *TURNED, COUPLING, turn(0)))
    after = rewritten(program, "light-cone")
    assert COUPLING in after.ops
    assert_narrowed(program, after, dense_instance(1))


def assert_narrowed(before: Program, after: Program, instance: Instance) -> None:
    """Each order of the couplings that are left computes what some order before computes."""
    known = [by_name(each, instance) for each in orders(before)]
    for each in orders(after):
        found = by_name(each, instance)
        assert any(all(abs(found[name] - other[name]) < 1e-9 for name in found) for other in known)


def by_name(program: Program, instance: Instance) -> dict[str, float]:
    return dict(zip([name for name, _ in program.observables], moments(program, instance), strict=True))


def rows(program: Program) -> list[list[int]]:
    """The places of each group, and of each operation in none alone."""
    keys = [group_of(op) or place for place, op in enumerate(program.ops)]
    return [[place for place, _ in row] for _, row in groupby(enumerate(keys), key=lambda item: item[1])]


def order_count(program: Program) -> int:
    return prod(factorial(len(row)) for row in rows(program))


def orders(program: Program) -> Iterator[Program]:
    """The programs that a program with groups stands for."""
    for choice in product(*(permutations(row) for row in rows(program))):
        yield program.with_ops(tuple(as_written(program.ops[place]) for row in choice for place in row))


@st.composite
def meeting(draw: st.DrawFn) -> Program:
    """Few numbers on three qubits, so that much can meet."""
    kinds = st.sampled_from(("turn", "turns", "all", "exchange", "exchange", "ZZ", "XX", "chirality", "parts"))
    ops: list[Op] = []
    for kind in draw(st.lists(kinds, min_size=2, max_size=5)):
        a, b, c = draw(st.permutations(range(3)))
        made: dict[str, list[Op]] = {
            "turn": [turn(a)],
            "turns": [turn(a), turn(b)],
            "all": [turn(a), turn(b), turn(c)],
            "exchange": [Exchange(a, b, J)],
            "ZZ": [both("Z", None, a, b)],
            "XX": [both("X", None, a, b)],
            "chirality": [Chirality(a, b, c, J)],
            "parts": [both(letter, None, a, b) for letter in "YXZ"],
        }
        ops += made[kind]
    groups = [draw(st.sampled_from((None, "f", "f"))) if k == 0 else None for k in range(len(ops))]
    for place in range(1, len(ops)):
        groups[place] = draw(st.sampled_from((None, groups[place - 1], groups[place - 1], f"g{place}")))
    return circuit([replace(op, unordered=group) for op, group in zip(ops, groups, strict=True)])  # type: ignore[call-arg]  # all are couplings


@given(meeting(), st.sampled_from((*REWRITES, "light-cone,canonicalize,slide-singlet")))
@settings(max_examples=40)
def test_no_order_is_added(program: Program, passes: str) -> None:
    assume(1 < order_count(program) <= 24)
    assert_narrowed(program, rewritten(program, passes), dense_instance(1))


@given(st.data())
def test_programs_with_groups_pass_everything(data: st.DataObject) -> None:
    program = data.draw(programs())
    passes = data.draw(st.sampled_from((*REWRITES, *(each.passes for each in LEVELS[1:]))))
    after = rewritten(program, passes)
    instance = data.draw(instances(program))
    known, found = by_name(program, instance), by_name(after, instance)
    if passes in REWRITES or all(group_of(op) is None for op in program.ops):
        names = [name for name, _ in (seen_observables(program) if "light-cone" in passes else program.observables)]
        np.testing.assert_allclose([found[n] for n in names], [known[n] for n in names], rtol=1e-9, atol=1e-9)


@given(programs())
def test_layers_permute_the_couplings_of_each_group(program: Program) -> None:
    after = rewritten(program, "schedule-layers")
    for row in rows(program):
        assert Counter(after.ops[row[0] : row[-1] + 1]) == Counter(as_written(program.ops[place]) for place in row)
    assert replace(after, ops=program.ops) == program
