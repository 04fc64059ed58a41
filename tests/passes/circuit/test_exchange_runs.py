"""Exchanges in a row on three qubits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from qffc.ir.pauli import dot_product
from qffc.ir.reference import dense
from qffc.passes.circuit.exchange_runs import PAIRS, plane_matrix, shorten
from qffc.passes.lower_pytket.ops import NumericOp
from qffc.passes.lower_pytket.runs import shorten_runs

DOTS = {pair: dense(dot_product(*pair), (0, 1, 2)) for pair in PAIRS}
special = st.sampled_from([k * np.pi / 16 for k in range(-8, 9)])
near = st.builds(float.__add__, special, st.sampled_from([1e-12, 1e-9, -1e-7, 1e-5]))
angles = st.one_of(st.floats(-4, 4), special, near)
runs = st.lists(st.tuples(st.sampled_from(PAIRS), angles).map(lambda item: (*item[0], item[1])), max_size=9)


def unitary(exchanges):
    matrix = np.eye(8)
    for a, b, angle in exchanges:
        matrix = expm(-1j * angle * DOTS[min(a, b), max(a, b)]) @ matrix
    return matrix


def assert_same(one, other):
    assert abs(np.trace(one.conj().T @ other)) / 8 == pytest.approx(1, abs=1e-12)


@settings(max_examples=60)
@given(runs)
def test_four_are_enough(exchanges):
    short = shorten(exchanges)
    assert len(short) <= 4
    assert_same(unitary(short), unitary(exchanges))
    assert np.abs(plane_matrix(short) - plane_matrix(exchanges)).max() < 1e-11


def test_digits_are_kept_near_special_angles():
    turn = np.pi / 8
    near = [(0, 1, -turn / 2), (1, 2, 1e-9), (0, 1, -3 * turn / 2), (0, 2, -turn + 1e-7), (1, 2, turn)]
    assert np.abs(plane_matrix(shorten(near)) - plane_matrix(near)).max() < 1e-11


@pytest.mark.parametrize("count", [0, 1, 2])
def test_what_does_nothing_goes(count):
    assert shorten([(0, 1, np.pi / 2)] * count) == []


def prepared(*wires):
    """All wires, coupled so that none is fresh."""
    return [NumericOp("exchange", (wire, 9), angle=0.1) for wire in wires] + [rotate(wire) for wire in wires]


def exchange(a, b, angle):
    return NumericOp("exchange", (a, b), angle=angle)


def rotate(qubit):
    return NumericOp("rotate", (qubit,), vector=(0.1, 0.2, 0.3))


RUN = [exchange(*pair, 0.1 + 0.2 * k) for k, pair in enumerate([(1, 3), (3, 4), (1, 4), (3, 1), (4, 3)])]


def count(ops):
    return sum(op.kind == "exchange" for op in ops)


def test_a_run_is_written_as_four():
    start = prepared(1, 3, 4)
    short = shorten_runs([*start, *RUN, rotate(3)])
    assert short[: len(start)] == start
    assert short[-1] == rotate(3)
    assert count(short) == 3 + 4
    wires = {1: 0, 3: 1, 4: 2}

    def places(part):
        return [(wires[op.qubits[0]], wires[op.qubits[1]], op.angle) for op in part]

    assert_same(unitary(places(short[len(start) : -1])), unitary(places(RUN)))


def test_what_happens_elsewhere_does_not_end_a_run():
    start = prepared(1, 3, 4, 5, 6)
    ops = [op for k, op in enumerate(RUN) for op in (op, rotate(0), exchange(5, 6, 0.1 * k))]
    assert count(shorten_runs(start + ops)) == 5 + 4 + 1  # those on 5 and 6 are a run on two qubits


@pytest.mark.parametrize(
    "between", [rotate(4), NumericOp("pauli_rotation", (), 0.1, string=((1, "X"),)), exchange(4, 5, 0.1)]
)
def test_what_happens_to_its_qubits_ends_a_run(between):
    ops = [*prepared(1, 3, 4), *RUN[:3], between, *RUN[3:]]
    assert shorten_runs(ops) == ops


def test_what_the_preparation_of_a_pair_absorbs_is_in_no_run():
    ops = [NumericOp("singlet", (0, 1)), *[exchange(0, 1, 0.1)] * 4, exchange(0, 2, 0.3), exchange(1, 2, 0.3)]
    assert shorten_runs(ops) == ops


def test_four_stay_as_they_are():
    ops = prepared(1, 3, 4) + RUN[:4]
    assert shorten_runs(ops) == ops
