from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from qffc.ir.ops import Chirality, Exchange, PauliRotation, Relabel, Rotate, Zero
from qffc.ir.reference import moments, statevector
from qffc.ir.values import Displacement, Number, ParameterEntry, Pi
from qffc.passes.simplify.canonicalize import Canonicalize
from qffc.targets.catalogue import target
from qffc.testing import PassSuite

IDEAL = target("ideal")
J, K, PI = ParameterEntry("J"), ParameterEntry("K"), Pi()
R, S = Displacement("A", "B"), Displacement("B", "C")
ZERO = Number(Fraction(0))


def shorten(program, **options):
    return Canonicalize(**options).run(program, IDEAL).program


class TestSuite(PassSuite):
    step = Canonicalize()
    idempotent = True
    max_examples = 12


class TestSuiteWithSwaps(PassSuite):
    step = Canonicalize(fold_swaps=False)
    idempotent = True
    max_examples = 5


@pytest.mark.parametrize("seed", range(120))
def test_moments_stay(example, seed):
    case = example(seed, qubits=3 + seed % 3)
    after = shorten(case.program)
    np.testing.assert_allclose(moments(after, case.instance), moments(case.program, case.instance), rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_the_state_stays_when_nothing_is_renamed(example, seed):
    case = example(seed)
    program = case.program.with_ops(tuple(op for op in case.program.ops if not isinstance(op, Relabel)))
    after = shorten(program, fold_swaps=False)
    overlap = np.vdot(statevector(after, case.instance), statevector(program, case.instance))
    assert abs(overlap) == pytest.approx(1, abs=1e-12)


def gates(example, *ops, **options):
    program = example(0, qubits=4).program
    zeros = tuple(Zero(q) for q in range(4))
    after = shorten(program.with_ops((*zeros, *ops)), **options)
    return after.ops[4:], after


@pytest.mark.parametrize(
    "op",
    [
        Exchange(0, 1, ZERO),
        Exchange(0, 1, PI / 2),
        Chirality(0, 1, 2, ZERO),
        PauliRotation(((0, "X"), (1, "Y")), -2 * PI),
        Rotate(0, 0 * R),
        Rotate(0, J * (0 * R)),
        Relabel(((0, 1), (1, 0))),
    ],
)
def test_identities_go(example, op):
    assert gates(example, op)[0] == ()


def test_rotations_about_one_direction_fuse(example):
    ops, _ = gates(example, Rotate(0, J * R), Rotate(1, S), Rotate(0, K * R), Rotate(0, 2 * Displacement("B", "A")))
    assert ops == (Rotate(0, (J + K - 2) * R), Rotate(1, S))


def test_rotations_about_different_directions_stay(example):
    ops = (Rotate(0, J * R), Rotate(0, S), Rotate(0, J * R))
    assert gates(example, *ops)[0] == ops


def test_what_one_pass_left_as_it_was_another_one_may_still_shorten(example):
    _, kept = gates(example, Rotate(0, J * R), Rotate(0, K * R), fuse=False)
    assert shorten(kept, fuse=False) is kept
    assert shorten(kept).ops[4:] == (Rotate(0, (J + K) * R),)


def test_opposite_rotations_cancel(example):
    assert gates(example, Rotate(0, J * R), Rotate(0, -J * R))[0] == ()


def test_exchanges_merge_across_what_commutes(example):
    parallel, string = Exchange(2, 3, K), PauliRotation(((0, "X"), (1, "X")), K)
    ops, _ = gates(example, Exchange(0, 1, J), parallel, string, Exchange(1, 0, K))
    assert ops == (Exchange(0, 1, J + K), parallel, string)


def test_exchanges_do_not_merge_across_what_does_not_commute(example):
    ops = (Exchange(0, 1, J), Exchange(1, 2, K), Exchange(0, 1, J))
    assert gates(example, *ops)[0] == ops


def test_chiralities_merge_with_the_sign_of_their_order(example):
    ops, _ = gates(example, Chirality(0, 1, 2, J), Chirality(1, 2, 0, J), Chirality(1, 0, 2, K))
    assert ops == (Chirality(0, 1, 2, 2 * J - K),)


def test_a_swap_becomes_a_name(example):
    ops, after = gates(example, Exchange(0, 1, PI * Fraction(3, 8) + J), Rotate(0, R), Exchange(0, 2, PI / 4))
    assert ops == (Exchange(0, 1, J + PI / 8), Rotate(1, R))
    names = [after.qubits[q].name for q in after.observables[1][1].paulis.qubits]
    assert names == ["q2", "q3"]
    assert [qubit.site for qubit in after.qubits] == ["A", "B", "C", None]


def test_swaps_stay_when_asked(example):
    ops, _ = gates(example, Exchange(0, 1, PI * Fraction(3, 4)), fold_swaps=False)
    assert ops == (Exchange(0, 1, PI / 4),)


def test_options_switch_rewrites_off(example):
    ops = (Rotate(0, R), Rotate(0, R), Exchange(0, 1, J), Exchange(0, 1, J))
    assert gates(example, *ops, fuse=False, merge=False)[0] == ops


def test_multiples_of_pi_are_found_in_scaled_sums(example):
    ops, _ = gates(example, PauliRotation(((0, "X"),), 2 * (J + PI)), Exchange(0, 1, (2 * J + PI) / 2), Rotate(0, R))
    assert ops == (PauliRotation(((0, "X"),), 2 * J), Exchange(0, 1, J), Rotate(0, R))


def test_numbers_that_are_no_multiples_of_pi_stay(example):
    ops = (Exchange(0, 1, Number(Fraction("0.7853981633974483"))),)
    assert gates(example, *ops)[0] == ops
