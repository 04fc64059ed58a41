"""Rewrites in which more than two operations take part, and what is free in order."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from dense_programs import BACK, PI, ZERO, J, K, R, S, dense_instance, dense_program
from hypothesis import given
from hypothesis import strategies as st

from qffc.ir.declarations import Qubit
from qffc.ir.ops import Chirality, Exchange, PauliRotation, Rotate, Singlet, Zero
from qffc.ir.reference import moments
from qffc.ir.values import FrameVector, norm, unit
from qffc.passes.circuit.wires import flatten
from qffc.passes.counts import count_ops
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.simplify.canonicalize import Canonicalize
from qffc.targets.catalogue import target
from qffc.testing import instances, programs, symmetric_program, symmetric_programs

IDEAL = target("ideal")


def shorten(program, **options):
    return Canonicalize(**options).run(program, IDEAL).program


def gates(*ops, **options):
    program = replace(dense_program(0), qubits=tuple(Qubit(f"q{k}") for k in range(4)))
    after = shorten(replace(program, ops=(*map(Zero, range(4)), *ops)), **options)
    return after.ops[4:]


def part(letter, angle=J, qubits=(0, 1), **options):
    return PauliRotation(tuple((qubit, letter) for qubit in qubits), angle, **options)


@pytest.mark.parametrize("seed", range(160))
def test_moments_stay_and_twice_is_once(seed):
    program, instance = dense_program(seed), dense_instance(seed)
    once = shorten(program)
    np.testing.assert_allclose(moments(once, instance), moments(program, instance), rtol=0, atol=1e-12)
    assert shorten(once) is once


@given(st.data())
def test_counts_never_increase(data):
    program = data.draw(programs())
    # Depth runs along the names of qubits, so relabels are used up first.
    flat = flatten(program, keep_groups=True)
    before = count_ops(replace(program, ops=tuple(step.op for step in flat.steps)))
    after = shorten(program)
    now = count_ops(after)
    assert now.one_qubit <= before.one_qubit
    assert now.two_qubit <= before.two_qubit
    assert now.larger <= before.larger
    assert now.two_qubit_depth <= before.two_qubit_depth
    instance = data.draw(instances(program))
    np.testing.assert_allclose(moments(after, instance), moments(program, instance), rtol=1e-10, atol=1e-10)


@given(symmetric_programs())
def test_symmetric_programs_stay_proven(program):
    assert check_equivariance(shorten(program)).holds


@pytest.mark.parametrize("seed", [267, 571, 10318, 10481, 10980])
def test_rotations_fuse_alike_whatever_the_sign_of_their_direction(seed):
    """x(a) - x(b) and x(b) - x(a) are one direction: what fuses at one site fuses at the other, and the proof stays."""
    assert check_equivariance(shorten(symmetric_program(Random(seed)))).holds


def test_couplings_merge_across_equal_rotations():
    turns = (Rotate(0, K * R), Rotate(1, -K * BACK))
    assert gates(Exchange(0, 1, J), *turns, Exchange(0, 1, K)) == (Exchange(0, 1, J + K), *turns)
    different = (turns[0], Rotate(1, J * R))
    assert len(gates(Exchange(0, 1, J), *different, Exchange(0, 1, K))) == 4
    third = Rotate(2, K * R)
    chirality = Chirality(0, 1, 2, J)
    assert gates(chirality, *turns, third, chirality) == (Chirality(0, 1, 2, 2 * J), *turns, third)
    assert len(gates(chirality, *turns, chirality)) == 4


def test_equal_rotations_fuse_across_couplings():
    first, coupling = (Rotate(0, J * R), Rotate(1, J * R)), Exchange(0, 1, J)
    second = (Rotate(0, K * R), Rotate(1, K * R))
    fused = (Rotate(0, (J + K) * R), Rotate(1, (J + K) * R), coupling)
    assert gates(*first, coupling, *second) == fused
    assert gates(*first, coupling, second[0], Exchange(2, 3, J), second[1]) == (*fused, Exchange(2, 3, J))
    assert gates(*first, coupling, *(replace(op, vector=-op.vector) for op in first)) == (coupling,)
    assert len(gates(*first, coupling, second[0])) == 4
    blocked = (*first, coupling, second[0], Exchange(1, 2, J), second[1])
    assert gates(*blocked) == blocked


def test_one_rotation_fuses_once_in_a_group():
    three = (Rotate(0, J * R), Rotate(1, J * R), Rotate(2, J * R))
    ops = (*three, Exchange(0, 1, J), Exchange(1, 2, K), *three)
    assert gates(*ops) == (*(Rotate(qubit, 2 * J * R) for qubit in range(3)), Exchange(0, 1, J), Exchange(1, 2, K))


def test_a_rotation_that_has_fused_is_no_partner():
    turn, other = Rotate(0, J * R), Rotate(1, J * R)
    ops = (other, turn, Exchange(0, 1, J), turn, Exchange(0, 1, K), turn, other)
    assert gates(*ops) == ops


def test_parallel_rotations_pass_each_other():
    between = Rotate(0, K * unit(R))
    assert gates(Rotate(0, J * R), between, Rotate(0, 2 * BACK)) == (Rotate(0, (J - 2) * R), between)


def test_three_parts_become_an_exchange():
    expected = (Exchange(0, 1, J / 2),)
    assert gates(part("X"), part("Y"), part("Z")) == expected
    bystander = part("Z", K, (1, 2))
    assert gates(part("Z"), bystander, part("Y"), part("X")) == (bystander, *expected)
    apart = (part("X"), bystander, part("Y"), PauliRotation(((0, "X"),), K), part("Z"))
    assert gates(*apart) == apart
    aside = Exchange(2, 3, K)
    assert gates(part("Z"), aside, part("Y"), part("X")) == (*expected, aside)
    assert gates(part("X"), part("Y"), part("Z", K)) == (part("X"), part("Y"), part("Z", K))
    assert gates(part("X"), part("Y"), part("Z"), merge=False) == (part("X"), part("Y"), part("Z"))


def test_an_early_part_moves_to_late_ones():
    blocked = PauliRotation(((1, "X"), (2, "X")), K)  # commutes with XX alone
    ops = (part("X"), blocked, part("Y"), part("Z"))
    assert gates(*ops) == (blocked, Exchange(0, 1, J / 2))


def test_one_spelling():
    singlets = (Singlet(3, 2), Singlet(1, 0), Chirality(2, 0, 1, J), Chirality(1, 0, 3, K), Exchange(3, 0, J))
    program = replace(dense_program(0), qubits=tuple(Qubit(f"q{k}") for k in range(4)), ops=singlets)
    assert shorten(program).ops == (
        Singlet(2, 3),
        Singlet(0, 1),
        Chirality(0, 1, 2, J),
        Chirality(0, 1, 3, -K),
        Exchange(0, 3, J),
    )


def test_rotations_about_an_axis_are_pauli_rotations():
    turn = Rotate(0, 2 * FrameVector(ZERO, ZERO, J))
    assert gates(turn) == (PauliRotation(((0, "Z"),), 2 * J),)
    assert gates(turn, part("Z"), turn) == (PauliRotation(((0, "Z"),), 4 * J), part("Z"))


def test_full_turns_about_unit_vectors_go():
    assert gates(Rotate(0, 2 * PI * unit(S))) == ()
    assert gates(Rotate(0, (J + 3 * PI) * unit(S))) == (Rotate(0, (J + PI) * unit(S)),)
    kept = Rotate(0, 2 * PI * S)
    assert gates(kept) == (kept,)


def test_angles_that_cancel_go():
    assert gates(Exchange(0, 1, norm(R) - norm(BACK))) == ()
    assert gates(part("X", norm(R)), part("X", -norm(BACK))) == ()


def test_groups_free_in_order_stay_apart():
    a, b = (Exchange(0, 1, J, unordered=group) for group in "ab")
    aside = Exchange(2, 3, K, unordered="a")
    assert gates(a, aside, a) == (replace(a, angle=2 * J), aside)
    assert gates(a, aside, b) == (a, aside, b)
    assert gates(a, aside, Exchange(0, 1, J)) == (a, aside, Exchange(0, 1, J))
    swap = Exchange(0, 1, PI / 4, unordered="a")
    assert gates(swap, Exchange(1, 2, J, unordered="a")) == (swap, Exchange(1, 2, J, unordered="a"))
    parts = [part(letter, unordered="a") for letter in "XYZ"]
    assert gates(*parts) == (Exchange(0, 1, J / 2, unordered="a"),)
    assert len(gates(*parts[:2], part("Z"))) == 3
