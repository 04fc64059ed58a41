"""The native search takes the steps of the one in Python."""

from __future__ import annotations

from random import Random

import pytest

from qffc.ir.values import ParameterEntry
from qffc.passes.gadgets import greedy_search, native_search
from qffc.passes.gadgets.blocks import two_qubit_gates
from qffc.passes.gadgets.frame import Frame
from qffc.passes.gadgets.greedy_search import Search, no_gates
from qffc.passes.gadgets.paulis import Pauli
from qffc.passes.gadgets.sequence import Gadget, Gadgets
from qffc.passes.gadgets.synthesis import Synthesized, searches
from qffc.passes.native_library import native_state

pytestmark = pytest.mark.skipif(not native_state().available, reason=native_state().reason)


def _string(random, qubits):
    return Pauli(random.getrandbits(qubits), random.getrandbits(qubits - 1) or 1)


def _given(seed, qubits, count, turns):
    random = Random(seed)
    frame = Frame.identity(qubits)
    for _ in range(turns):
        frame = frame.then(_string(random, qubits), random.randrange(1, 4))
    rotations = tuple(Gadget(_string(random, qubits), ParameterEntry(f"p{k}")) for k in range(count))
    return Gadgets(rotations, frame)


@pytest.mark.parametrize(
    ("qubits", "count", "turns", "number"),
    [(2, 3, 0, 5), (3, 4, 2, 40), (4, 9, 3, 53), (6, 24, 5, 10), (5, 120, 4, 4), (34, 3, 2, 4)],
)
def test_the_same_steps_as_in_python(qubits, count, turns, number):
    for seed in range(2):
        given = _given(seed, qubits, count, turns)
        gates = no_gates(qubits) if seed else tuple(-9 if q < 2 else -1 - q for q in range(qubits))
        given_up = 0
        for place, search in enumerate(searches(9)[:number]):
            most = None if place % 3 else 2 * count
            expected = greedy_search.carried_out(given, search, gates, most)
            assert native_search.carried_out(given, search, gates, most) == expected
            given_up += expected is None
        assert given_up < number


def test_a_frame_is_undone_by_the_same_steps():
    for seed in range(8):
        frame = _given(seed, 2 + seed, 0, 3 + seed).frame
        assert native_search.undo(frame) == greedy_search.undo(frame)
    rest = native_search.undo(frame)
    assert rest.steps
    assert rest.frame.sources is not None


def test_there_is_room_for_any_number_of_steps(monkeypatch):
    given = _given(1, 4, 12, 2)
    expected = native_search.carried_out(given, Search(), no_gates(4), None)
    monkeypatch.setattr(native_search, "_ROOM", 2)
    assert native_search.carried_out(given, Search(), no_gates(4), None) == expected
    assert len(expected.steps) > 2


def test_programs_that_are_too_wide_are_searched_in_python():
    assert native_search.reaches(native_search.MOST_QUBITS)
    assert not native_search.reaches(native_search.MOST_QUBITS + 1)


def test_gates_of_what_is_found_are_those_of_its_circuit():
    for seed in range(6):
        given = _given(seed, 4, 8, 2)
        found = native_search.carried_out(given, Search(shake=seed), no_gates(4), None)
        circuit = Synthesized(found, given.rotations)
        assert found.gates == two_qubit_gates(circuit.ops)
        assert found.letters == circuit.frame.letters
