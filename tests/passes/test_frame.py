"""The frame that a kernel is bound in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qffc.ir.parser import parse_program
from qffc.ir.reference import expectation
from qffc.library import load
from qffc.passes.frame import best_frame, turns_with_vectors
from qffc.passes.lower_pytket import LowerPytket, PytketKernel
from qffc.passes.split_program import split_program
from qffc.targets import target
from qffc.testing import symmetric_programs

TARGET = target("H2-1LE")
vectors = st.lists(
    st.sampled_from([(0, 0, 0), (1, 2, 2), (-2, -4, -4), (0, 0, 3), (1, 0, 0), (0.1, 0.2, -0.5)]), min_size=1
)


@given(vectors)
def test_the_most_frequent_direction_is_z(rows):
    rows = np.array(rows, dtype=float)
    frame = best_frame(rows)
    assert np.allclose(frame @ frame.T, np.eye(3), atol=1e-14)
    assert np.linalg.det(frame) == pytest.approx(1)
    turned = rows @ frame.T
    long = np.linalg.norm(rows, axis=1) > 0

    def along(direction):
        return int((np.linalg.norm(np.cross(rows[long], direction), axis=1) < 1e-9).sum())

    on_z = int((np.hypot(*turned[long].T[:2]) < 1e-9).sum())
    assert on_z == max((along(row) for row in rows[long]), default=0)


def moments(kernel, slots):
    state = kernel.bind(slots).get_statevector()
    return [expectation(observable, state, kernel.split.qubit_count) for observable in kernel.split.observables]


@settings(max_examples=25, deadline=None)
@given(symmetric_programs(), st.integers(0, 1000))
def test_moments_stay(program, seed):
    split = split_program(program)
    slots = np.random.default_rng(seed).choice([0.0, np.pi / 4, np.pi, 0.7, -1.3], split.slot_count)
    fixed, plain = PytketKernel(split, TARGET, fix_frame=True), PytketKernel(split, TARGET)
    assert np.allclose(moments(fixed, slots), moments(plain, slots), atol=1e-9)


def test_rotations_about_one_vector_are_free():
    program = load("pair")
    kernel = LowerPytket(fix_frame=True).run(program, TARGET).output
    plain = LowerPytket().run(program, TARGET).output
    slots = np.random.default_rng(0).normal(size=kernel.split.slot_count)
    start, vectors = len(kernel.split.scalars), len(kernel.split.vectors)
    names = ["r(c, a)" in value.text for value in kernel.split.vectors]
    assert 0 < sum(names) < vectors
    for slot, first in enumerate(names):  # as the angle program gives them: two directions in all
        slots[start + 3 * slot : start + 3 * slot + 3] = (1 + 0.1 * slot) * np.array(
            [0.3, -0.5, 0.2] if first else [1, 1, 0]
        )
    assert np.allclose(moments(kernel, slots), moments(plain, slots), atol=1e-9)
    free, all_of_them = (k.counts(k.bind(slots)).phased_x for k in (kernel, plain))
    assert free <= 0.7 * all_of_them
    assert np.allclose(kernel.frame(slots) @ kernel.frame(slots).T, np.eye(3))
    assert np.array_equal(plain.frame(slots), np.eye(3))


def test_a_kernel_with_a_frame_of_its_own_keeps_it():
    split = split_program(load("water-demo"))
    assert not turns_with_vectors(split)
    slots = np.random.default_rng(1).normal(size=split.slot_count)
    assert PytketKernel(split, TARGET, fix_frame=True).bind(slots) == PytketKernel(split, TARGET).bind(slots)


HALVES = """qffc 1
program halves
scope molecule
species H
site A: H free
site B: H free
site C: H free
qubit a: A
qubit b: B
qubit c: C
qubit d: A
singlet a, b
singlet c, d
rotate a, r(A, B)
rotate b, r(A, C)
rotate c, r(B, C)
rotate d, 2*r(A, B) + r(A, C)
exchange b, c, 1
observable m = dot(a, d)
energy moment(m)
"""


def test_a_turn_of_half_a_singlet_is_one_of_the_other_half():
    kernel = PytketKernel(split_program(parse_program(HALVES)), TARGET)
    circuit = kernel.bind(np.random.default_rng(2).normal(size=kernel.split.slot_count))
    assert kernel.counts(circuit).phased_x == 2  # one for each singlet, which needs it anyway
