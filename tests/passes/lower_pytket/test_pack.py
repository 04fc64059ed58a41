from __future__ import annotations

from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytket.circuit import Circuit

from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_pytket.counts import count_circuit
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.lower_pytket.packing import pack
from qffc.passes.lower_pytket.side_by_side import side_by_side, split_shots
from qffc.targets.catalogue import target

circuits = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 1000)), max_size=40)


@given(circuits, st.integers(9, 56))
def test_every_circuit_gets_room_and_shots(circuits, capacity):
    sizes, shots = [size for size, _ in circuits], [count for _, count in circuits]
    packing = pack(sizes, shots, capacity)
    assert sorted(index for job in packing.jobs for index in job) == list(range(len(circuits)))
    for job, count in zip(packing.jobs, packing.shots, strict=True):
        assert sum(sizes[index] for index in job) <= capacity
        assert count == max(shots[index] for index in job)


@given(st.lists(st.integers(1, 1000), max_size=60))
def test_circuits_of_one_size_fill_the_device(shots):
    packing = pack([4] * len(shots), shots, 56)
    assert len(packing.jobs) == ceil(len(shots) / 14)
    assert sum(packing.shots) == sum(sorted(shots, reverse=True)[::14])


def test_what_does_not_fit_is_refused():
    with pytest.raises(QffcError, match="circuit larger than the device"):
        pack([4, 60], [1, 1], 56)
    with pytest.raises(QffcError, match="circuits and shots that do not fit"):
        pack([4, 4], [1], 56)


def test_parts_run_as_they_do_alone():
    kernel = PytketKernel(split_program(load("sivqlm-lih", depth=1)), target("H2-1LE"))
    rows = np.random.default_rng(3).uniform(-2, 2, (3, kernel.split.slot_count))
    parts = [kernel.bind(row) for row in rows]
    packed = side_by_side(parts)
    alone = [part.get_statevector() for part in parts]
    together = alone[0]
    for state in alone[1:]:
        together = np.kron(together, state)
    assert abs(abs(np.vdot(packed.get_statevector(), together)) - 1) < 1e-12
    weights = target("H2-1LE").weights
    depths = [count_circuit(part, weights).two_qubit_depth for part in parts]
    assert count_circuit(packed, weights).two_qubit_depth == max(depths)


def test_shots_are_cut_apart():
    packed = side_by_side(
        [Circuit(2, 2).X(1).measure_all(), Circuit(1, 1).measure_all(), Circuit(1, 1).X(0).measure_all()]
    )
    assert [str(bit) for bit in packed.bits] == ["c[0]", "c[1]", "c[2]", "c[3]"]
    shots = np.array([[0, 1, 0, 1], [0, 1, 0, 1]], dtype=np.uint8)
    assert [part.tolist() for part in split_shots(shots, [2, 1, 1])] == [[[0, 1]] * 2, [[0]] * 2, [[1]] * 2]
