"""Gates in tiles: every gate once, in an order that its qubits allow, on few qubits."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from qffc.library import load
from qffc.passes.circuit.split_program import KernelOp, split_program
from qffc.passes.lower_jax.native_program import gates_in_tiles, native_program

QUBITS = 9
GATES = st.lists(st.lists(st.integers(0, QUBITS - 1), min_size=1, max_size=4, unique=True), max_size=40)


@given(GATES, st.integers(2, 4))
def test_gates_that_share_a_qubit_keep_their_order(qubits, width):
    gates = [KernelOp("pauli_rotation", tuple(each), string=((k, "Z"),)) for k, each in enumerate(qubits)]
    place = {id(op): k for k, op in enumerate(gates)}
    tiles = gates_in_tiles(gates, QUBITS, width)
    order = [place[id(op)] for tile in tiles for op in tile]
    assert sorted(order) == list(range(len(gates)))
    for before, after in combinations(order, 2):
        assert before < after or set(qubits[before]).isdisjoint(qubits[after])
    for tile in tiles:
        own = {qubit for op in tile for qubit in op.qubits}
        assert len(own) <= max(width, len(tile[0].qubits))


def test_a_small_program_is_one_tile():
    assert len(native_program(split_program(load("pair", depth=3))).tiles) == 1


def test_a_ring_is_read_a_few_times_a_layer():
    split = split_program(load("ring", qubits=12, depth=6))
    tiles = native_program(split).tiles
    # One gate after another would read the state 24 times a layer.
    assert len(tiles) <= 4 * 6
