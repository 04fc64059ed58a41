from __future__ import annotations

import numpy as np

from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.equivariance.numbers.generic_point import generic_slots


def test_vectors_along_one_direction_are_parallel():
    split = split_program(load("pair"))
    slots = generic_slots(split)
    assert np.array_equal(slots, generic_slots(split))
    vectors = slots[len(split.scalars) :].reshape(-1, 3)
    along = np.array(["r(c, a)" in value.text for value in split.vectors])
    for one in (along, ~along):
        assert np.linalg.matrix_rank(vectors[one], tol=1e-9) == 1
    assert np.linalg.matrix_rank(vectors, tol=1e-9) == 2


def test_slots_that_always_vanish_get_numbers():
    program = load("sivqlm-lih", depth=1)
    (value, *_) = split_program(program).vectors
    ops = tuple(op for op in program.ops for op in (op,) if op.value is None) + tuple(
        type(op)(op.qubit, 0.0001 * value) for op in program.ops if op.value is not None and op.value.law.rank == 1
    )
    split = split_program(program.with_ops(ops))
    assert np.abs(generic_slots(split)).min() > 1e-4
