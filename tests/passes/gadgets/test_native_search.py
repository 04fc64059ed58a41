"""The native search takes the steps of the one in Python."""

from __future__ import annotations

from random import Random

import pytest

from qffc.ir.values import ParameterEntry
from qffc.passes.gadgets import greedy_search, native_frames, native_search
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


def _found(attempts):
    return [attempt and attempt.found for attempt in attempts]


@pytest.mark.parametrize(
    ("qubits", "count", "turns", "number"),
    [(2, 3, 0, 5), (3, 4, 2, 40), (4, 9, 3, 53), (6, 24, 5, 10), (5, 120, 4, 4), (34, 3, 2, 4)],
)
def test_the_same_steps_as_in_python(qubits, count, turns, number):
    for seed in range(2):
        given = _given(seed, qubits, count, turns)
        gates = no_gates(qubits) if seed else tuple(-9 if q < 2 else -1 - q for q in range(qubits))
        some = searches(9)[:number]
        least = None
        for worse in (0, 1):  # without a limit, then with one that gives up those that are worse than the best by more
            most = least
            expected = greedy_search.all_carried_out(given, some, gates, most, worse)
            attempts = native_search.all_carried_out(given, some, gates, most, worse)
            assert _found(attempts) == _found(expected)
            assert [attempts.index(each) for each in attempts] == [expected.index(each) for each in expected]
            least = min(each.gates for each in expected if each is not None)
        assert least == most


def test_a_frame_is_undone_by_the_same_steps():
    for seed in range(8):
        frame = _given(seed, 2 + seed, 0, 3 + seed).frame
        assert native_search.undo(frame).found == greedy_search.undo(frame).found
    rest = native_search.undo(frame).found
    assert rest.steps
    assert rest.frame.sources is not None


def test_there_is_room_for_any_number_of_steps(monkeypatch):
    given = _given(1, 4, 12, 2)
    expected = _found(native_search.all_carried_out(given, searches(3), no_gates(4), None))
    monkeypatch.setattr(native_search, "_ROOM", 2)
    assert _found(native_search.all_carried_out(given, searches(3), no_gates(4), None)) == expected
    assert all(len(each.steps) > 2 for each in expected)


def test_programs_that_are_too_wide_are_searched_in_python():
    assert native_frames.reaches(native_frames.MOST_QUBITS)
    assert not native_frames.reaches(native_frames.MOST_QUBITS + 1)


def test_counts_of_what_is_found_are_those_of_its_circuit():
    for seed in range(6):
        given = _given(seed, 4, 8, 2)
        (attempt,) = native_search.all_carried_out(given, [Search(shake=seed)], no_gates(4), None)
        circuit = Synthesized(attempt, given.rotations)
        assert attempt.gates == two_qubit_gates(circuit.ops)
        assert attempt.letters == circuit.frame.letters
