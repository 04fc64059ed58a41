"""What the native library says of frames, strings and gates is what Python says."""

from __future__ import annotations

from random import Random

import pytest
from clifford_programs import clifford_program

from qffc.library import load
from qffc.passes.circuit.pauli_bases import pauli_bases
from qffc.passes.circuit.wires import flatten
from qffc.passes.gadgets import native_frames
from qffc.passes.gadgets.blocks import count_gates, forms, relabelled
from qffc.passes.gadgets.frame import Frame
from qffc.passes.gadgets.paulis import Pauli
from qffc.passes.gadgets.push_cliffords import PushCliffords
from qffc.passes.gadgets.sequence import gadgets
from qffc.passes.gadgets.stabilizers import Stabilizers
from qffc.passes.gadgets.synthesize_gadgets import SynthesizeGadgets
from qffc.passes.native_library import native_state
from qffc.targets.catalogue import target

pytestmark = pytest.mark.skipif(not native_state().available, reason=native_state().reason)

QUBITS = (1, 3, 6, 63)
IDEAL = target("ideal")


@pytest.fixture
def in_python(monkeypatch):
    """Calls a function as if there were no library."""

    def called(function, *arguments):
        with monkeypatch.context() as patch:
            patch.setattr(native_frames, "reaches", lambda _: False)
            return function(*arguments)

    return called


def strings(random, qubits, count):
    return [Pauli(random.getrandbits(qubits), random.getrandbits(qubits), random.random() < 0.5) for _ in range(count)]


def frame_of(random, qubits):
    frame = Frame.identity(qubits)
    for string in strings(random, qubits, 2 * min(qubits, 6)):
        frame = frame.then(string, random.randrange(4))
    return frame


@pytest.mark.parametrize("qubits", QUBITS)
def test_strings_before_a_frame(qubits):
    random = Random(qubits)
    frame, image = frame_of(random, qubits), frame_of(random, qubits)
    some = strings(random, qubits, 20)
    words = native_frames.before(qubits, frame.words, native_frames.packed(some))
    assert list(native_frames.unpacked(words)) == [frame.before(each) for each in some]
    turned = frame.with_rows_turned(image)
    assert turned.xs == tuple(image.before(row) for row in frame.xs)
    assert turned.words == native_frames.packed((*turned.xs, *turned.zs))


@pytest.mark.parametrize("qubits", QUBITS)
def test_quarter_turns_go_to_the_end(qubits):
    random = Random(qubits)
    some = [(abs(x), z, random.randrange(4)) for x, z, _ in strings(random, qubits, 12)]
    frame, expected = Frame.identity(qubits), []
    for x, z, quarters in some:
        expected.append(frame.before(Pauli(x, z)))
        frame = frame.then(Pauli(x, z), quarters)
    found, rows = native_frames.turns_pushed(qubits, Frame.identity(qubits).words, native_frames.packed(some))
    assert list(native_frames.unpacked(found)) == expected
    assert Frame.of_words(rows, qubits) == frame


@pytest.mark.parametrize("qubits", QUBITS)
def test_settings_before_a_frame(qubits):
    random = Random(qubits)
    for count in (0, 1, 5, 30):
        frame = frame_of(random, qubits)
        some = [each for each in strings(random, min(qubits, 4), count) if each.support]
        expected = len(pauli_bases(dict.fromkeys(frame.without_sign(each) for each in some), 0))
        words = native_frames.packed([*some, *some])
        assert native_frames.settings_before(qubits, frame.words, words, 99) == expected
        if expected:
            assert native_frames.settings_before(qubits, frame.words, words, expected - 1) == expected


@pytest.mark.parametrize(("qubits", "size"), [(1, 1), (4, 3), (6, 6), (12, 12)])
def test_strings_that_a_state_does_not_tell_apart(qubits, size):
    random = Random(qubits)
    frame = frame_of(random, qubits)
    group = Stabilizers(tuple(frame.before(Pauli(0, 1 << q, negative=q % 2 == 1)) for q in range(size)))
    some = strings(random, qubits, 9)
    found, left = native_frames.shortened(native_frames.packed(group.strings), native_frames.packed(some))
    for string, short in zip(some, native_frames.unpacked(found), strict=True):
        assert group.shortest(string) == short
        group = group.commuting(short)
    assert Stabilizers(tuple(native_frames.unpacked(left))) == group


@pytest.mark.parametrize("program", [
    *map(clifford_program, range(6)),
    *(load(name) for name in ("ring", "pair", "sivqlm-lih")),
    load("all-pairs", qubits=6),
])  # fmt: skip
def test_gates_and_gadgets(program, in_python):
    qubits = len(program.qubits)
    ops = [step.op for step in flatten(program).steps]
    words, plain = forms(ops, qubits), in_python(forms, ops, qubits)
    places = {q: (q + 1) % qubits for q in range(qubits)}
    assert isinstance(words, bytes)
    assert count_gates(words) == count_gates(plain) == count_gates(relabelled(words, places))
    assert count_gates(relabelled(words, places)) == count_gates(relabelled(plain, places))
    assert count_gates(words, 1) > 1 or count_gates(words) <= 1
    state = Stabilizers(tuple(Pauli(0, 1 << q, negative=q % 2 == 1) for q in range(qubits)))
    assert gadgets(ops, qubits, state) == in_python(gadgets, ops, qubits, state)


@pytest.mark.parametrize("seed", range(8))
def test_passes_make_the_same_program(seed, in_python):
    program = clifford_program(seed)
    for step in (PushCliffords(), SynthesizeGadgets()):
        assert step.run(program, IDEAL).program == in_python(step.run, program, IDEAL).program
