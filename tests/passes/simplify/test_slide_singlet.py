from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from dense_programs import J, K, R, S, dense_instance, dense_program
from hypothesis import given

from qffc.ir.declarations import Qubit
from qffc.ir.ops import Exchange, PauliRotation, Rotate, Singlet
from qffc.ir.reference import moments, statevector
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.circuit.wires import flatten
from qffc.passes.counts import count_ops
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.simplify.canonicalize import Canonicalize
from qffc.passes.simplify.slide_singlet import SlideSinglet
from qffc.targets.catalogue import target
from qffc.testing import PassSuite, programs

IDEAL = target("ideal")


def slide(program):
    return SlideSinglet().run(program, IDEAL).program


def circuit(*ops, sites=("A", "A", "B", "B")):
    qubits = tuple(Qubit(f"q{k}", site) for k, site in enumerate(sites))
    return replace(dense_program(0), qubits=qubits, ops=(Singlet(0, 1), Singlet(2, 3), *ops))


class TestSuite(PassSuite):
    step = SlideSinglet()
    idempotent = True
    max_examples = 10


@pytest.mark.parametrize("seed", range(100))
def test_moments_stay(seed):
    program, instance = dense_program(seed), dense_instance(seed)
    result = SlideSinglet().run(program, IDEAL)
    np.testing.assert_allclose(moments(result.program, instance), moments(program, instance), rtol=0, atol=1e-12)
    assert result.changed == (result.program != program)
    assert slide(result.program) is result.program


@given(programs())
def test_counts_stay(program):
    after = slide(program)
    flat = replace(program, ops=tuple(step.op for step in flatten(program, keep_groups=True).steps))
    assert after is program or count_ops(after) == count_ops(flat)


@pytest.mark.parametrize("name", ["pair", "sivqlm-h2o", "sivqlm-nh3"])
def test_models_stay_proven_with_three_numbers_less_for_each_singlet(name):
    program = load(name)
    after = Canonicalize().run(slide(program), IDEAL).program
    assert check_equivariance(after).holds
    singlets = sum(isinstance(op, Singlet) for op in program.ops)
    assert split_program(program).slot_count - split_program(after).slot_count == 3 * singlets
    assert count_ops(program).one_qubit - count_ops(after).one_qubit == singlets


def test_a_run_is_reversed_and_comes_first():
    own = (Rotate(0, J * R), PauliRotation(((0, "X"),), J), Rotate(0, K * R))
    program = circuit(*own, Rotate(1, S), PauliRotation(((1, "Z"),), K), Exchange(1, 2, J))
    after = slide(program)
    assert after.ops == (
        Singlet(0, 1),
        PauliRotation(((0, "Z"),), -K),
        Rotate(0, -S),
        Singlet(2, 3),
        *own,
        Exchange(1, 2, J),
    )
    overlap = np.vdot(statevector(after, dense_instance(1)), statevector(program, dense_instance(1)))
    assert abs(overlap) == pytest.approx(1, abs=1e-12)


def test_of_equal_runs_that_of_the_later_qubit_of_a_site_moves():
    turns = (Rotate(0, R), Rotate(1, S))
    assert slide(circuit(*turns, sites=("A", "A", "B", "B"))).ops[1] == Rotate(0, -S)
    uneven = circuit(Rotate(1, R), Rotate(2, S), sites=("A", "A", "B", "A"))
    assert slide(replace(uneven, ops=(Singlet(1, 2), Singlet(0, 3), *uneven.ops[2:]))).ops[1] == Rotate(2, -R)
    crossed = circuit(Rotate(0, R), Rotate(2, S), sites=("A", "B", "A", "B"))
    crossed = replace(crossed, ops=(Singlet(0, 2), Singlet(1, 3), *crossed.ops[2:]))
    assert slide(crossed).ops[1] == Rotate(0, -S)
    swapped = replace(crossed, ops=(Singlet(2, 0), *crossed.ops[1:]))
    assert slide(swapped).ops[1] == Rotate(0, -S)


def test_rotations_behind_something_else_stay():
    ops = (Rotate(0, R), Exchange(0, 1, J), Rotate(1, S))
    program = circuit(*ops)
    result = SlideSinglet().run(program, IDEAL)
    assert result.program is program
    assert not result.changed


def test_couplings_free_in_order_stay_in_their_group():
    free = PauliRotation(((1, "Z"),), K, unordered="mix")
    program = circuit(Rotate(0, R), free, Exchange(0, 2, J, unordered="mix"))
    assert slide(program) is program


def test_equal_rotations_of_both_halves_vanish():
    after = Canonicalize().run(slide(circuit(Rotate(0, J * R), Rotate(1, J * R), Exchange(1, 2, K))), IDEAL).program
    assert after.ops == (Singlet(0, 1), Singlet(2, 3), Exchange(1, 2, K))
