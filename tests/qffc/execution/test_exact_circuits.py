"""Shots drawn from exact states: the distribution of the emulator, without running it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytket.circuit import Circuit
from scipy.stats import chi2

from qffc.execution import circuit_state, exact_circuits
from qffc.execution.backend import run_circuits
from qffc.execution.circuit_state import Gate, fused, state_of
from qffc.execution.jobs import make_task
from qffc.ir.diagnostics import QffcError
from qffc.passes.target_noise import NoiseModel
from qffc.targets.catalogue import target

PLACE = target("H2-1LE")


def random_circuit(seed: int, qubits: int, gates: int = 30) -> Circuit:
    """A circuit of native gates; bits are read from the qubits in a mixed order, one qubit is not read."""
    random = np.random.default_rng(seed)
    circuit = Circuit(qubits, qubits)
    for _ in range(gates):
        angles = random.uniform(-2, 2, 3)
        a, b = (int(k) for k in random.choice(qubits, 2, replace=False))
        match int(random.integers(5)):
            case 0:
                circuit.PhasedX(*angles[:2], a)
            case 1:
                circuit.Rz(angles[0], a)
            case 2:
                circuit.ZZPhase(angles[0], a, b)
            case 3:
                circuit.ZZMax(a, b)
            case _:
                circuit.TK2(*angles, a, b)
    order = random.permutation(qubits)
    for bit in range(1, qubits):
        circuit.Measure(int(order[bit]), bit)
    return circuit


def bare(circuit: Circuit) -> Circuit:
    made = Circuit(circuit.n_qubits)
    for command in circuit:
        if not command.bits:
            made.add_gate(command.op, command.args)
    return made


def chances(circuit: Circuit) -> np.ndarray:
    """The probabilities of the outcomes by pytket's simulator; the first bit is the most significant."""
    tensor = np.abs(bare(circuit).get_statevector().reshape((2,) * circuit.n_qubits)) ** 2
    read = {command.bits[0].index[0]: command.qubits[0].index[0] for command in circuit if command.bits}
    left_out = tuple(sorted(set(range(circuit.n_qubits)) - set(read.values())))
    kept = [qubit for qubit in range(circuit.n_qubits) if qubit not in left_out]
    order = [kept.index(read[bit]) for bit in sorted(read)]
    probabilities = np.zeros((2,) * circuit.n_bits)
    probabilities[tuple(slice(None) if bit in read else 0 for bit in range(circuit.n_bits))] = tensor.sum(
        axis=left_out
    ).transpose(order)
    return probabilities.reshape(-1)


def fits(outcomes: np.ndarray, probabilities: np.ndarray) -> bool:
    """Whether shots may come from probabilities: chi-square at one in a million; what cannot happen did not."""
    bits = outcomes.shape[1]
    seen = np.bincount(outcomes.astype(int) @ (1 << np.arange(bits)[::-1]), minlength=2**bits)
    expected = probabilities * len(outcomes)
    if seen[expected < 1e-9].any():
        return False
    common = expected >= 5
    rest = [(seen[~common].sum(), expected[~common].sum())] if expected[~common].sum() > 5 else []
    pairs = [*zip(seen[common], expected[common], strict=True), *rest]
    statistic = sum((s - e) ** 2 / e for s, e in pairs)
    return bool(chi2.sf(statistic, len(pairs) - 1) > 1e-6)


@given(seed=st.integers(0, 10**6), qubits=st.integers(2, 8))
def test_the_state_is_that_of_the_circuit(seed, qubits):
    circuit = random_circuit(seed, qubits)
    state, measured = state_of(circuit)
    assert np.abs(state - bare(circuit).get_statevector()).max() < 1e-12
    assert measured == {
        command.bits[0].index[0]: command.qubits[0].index[0] for command in circuit if command.op.type.name == "Measure"
    }


def test_states_are_worked_on_in_pieces(monkeypatch):
    circuit = random_circuit(3, 8, gates=60)
    whole, _ = state_of(circuit)
    monkeypatch.setattr(circuit_state, "_PIECE", 2)
    monkeypatch.setattr(circuit_state, "_ALONE", 64)
    assert np.allclose(state_of(circuit)[0], whole, atol=1e-14)


def test_gates_are_fused_into_few_matrices():
    gates = [Gate(np.eye(4), (qubit, qubit + 1)) for _ in range(4) for qubit in range(19)]
    blocks = list(fused(gates))
    assert max(len(block.qubits) for block in blocks) == 5
    assert len(blocks) < len(gates) / 3


@pytest.mark.parametrize("seed", range(4))
def test_shots_have_the_exact_probabilities(seed):
    circuit = random_circuit(seed, 4)
    outcomes = exact_circuits.emulate(circuit, PLACE, 20000, seed)
    assert fits(outcomes, chances(circuit))
    assert not fits(outcomes, chances(random_circuit(seed + 10, 4)))  # the check can fail
    assert not fits(outcomes[:, ::-1], chances(circuit))


def test_the_emulator_has_the_same_distribution():
    pytest.importorskip("pytket_pecos")
    circuit = random_circuit(5, 3)
    (emulated,) = run_circuits([circuit], PLACE.emulated(), shots=4000, seed=1).results
    assert fits(np.repeat(emulated.outcomes, emulated.counts, axis=0), chances(circuit))
    (drawn,) = run_circuits([circuit], PLACE, shots=4000, seed=1).results
    assert fits(np.repeat(drawn.outcomes, drawn.counts, axis=0), chances(circuit))


def test_shots_depend_on_seed_and_place_alone():
    first, second = random_circuit(1, 4), random_circuit(2, 4)
    both = run_circuits([first, second], PLACE, shots=50, seed=3).results
    beside = run_circuits([first, random_circuit(7, 5)], PLACE, shots=(50, 9), seed=3).results
    assert both[0].by_string == beside[0].by_string
    assert both[0].by_string != run_circuits([first], PLACE, shots=50, seed=4).results[0].by_string
    longer = exact_circuits.emulate(first, PLACE, 80, 5)
    assert (longer[:50] == exact_circuits.emulate(first, PLACE, 50, 5)).all()


def test_twenty_qubits_are_drawn_at_once():
    circuit = Circuit(20, 20).PhasedX(0.5, 0.5, 0)
    for qubit in range(19):
        circuit.CX(qubit, qubit + 1)
    (result,) = run_circuits([circuit.measure_all()], target("ideal"), shots=1000, seed=0).results
    assert set(result.by_string) == {"0" * 20, "1" * 20}


def test_nothing_that_emulates_is_needed_without_noise(monkeypatch):
    monkeypatch.setattr("qffc.execution.engines._version", lambda package: "")
    for name in ("H2-2LE", "HeliosLE", "ideal"):
        circuit = Circuit(1, 1).PhasedX(1.0, 0, 0).Measure(0, 0)
        (result,) = run_circuits([circuit], target(name), shots=10, seed=0).results
        assert result.by_string == {"1": 10}
    with pytest.raises(QffcError, match="not installed"):
        run_circuits([circuit], PLACE.emulated(), shots=10, seed=0)


@pytest.mark.parametrize(
    ("place", "engine"),
    [
        (PLACE, "exact"),
        (PLACE.emulated(), "pecos"),
        (target("HeliosLE"), "exact"),
        (target("HeliosLE").emulated(), "selene"),
        (PLACE.with_noise(NoiseModel(measurement_0=0.1)), "pecos"),
        (PLACE.with_noise(NoiseModel()), "exact"),
        (target("H2-1LE-noisy"), "pecos"),
        (target("H2-1LE-noisy").with_noise(None), "exact"),
        (target("H2-1"), "qnexus"),
        (target("Helios"), None),
        (target("ideal"), "exact"),
    ],
)
def test_who_runs_a_target(place, engine):
    assert place.engine == engine


@pytest.mark.parametrize("name", ["H2-1", "Helios", "ideal"])
def test_only_an_emulator_can_emulate(name):
    with pytest.raises(QffcError, match="nothing that could emulate"):
        target(name).emulated()


def test_stored_shots_of_the_emulator_are_not_taken_for_drawn_ones():
    circuit = random_circuit(1, 3)
    drawn, emulated = (make_task(circuit, place, 5, 1).keys for place in (PLACE, PLACE.emulated()))
    assert not set(drawn) & set(emulated)
    shared = make_task(circuit, replace(PLACE, name="another", limits=target("H2-2LE").limits), 5, 1).keys
    assert shared == drawn


@pytest.mark.parametrize(
    ("circuit", "found"),
    [
        (Circuit(1, 1).Measure(0, 0).X(0), "X after the measurement"),
        (Circuit(1, 2).Measure(0, 0).Measure(0, 1), "Measure after the measurement"),
        (Circuit(2, 1).Measure(0, 0).X(1, condition_bits=[0], condition_value=1), "Conditional"),
        (Circuit(1, 1).Reset(0).Measure(0, 0), "Reset, which has no matrix"),
    ],
    ids=["gate", "again", "condition", "reset"],
)
def test_what_has_no_exact_state_is_refused(circuit, found):
    with pytest.raises(QffcError, match=rf"without an exact state[\s\S]*{found}[\s\S]*emulated\(\)"):
        run_circuits([circuit], target("ideal"), shots=10, seed=0)


def test_a_state_that_does_not_fit_is_refused_before_it_is_made():
    with pytest.raises(QffcError, match="state too large for the memory"):
        run_circuits([Circuit(50, 1).Measure(0, 0)], target("ideal"), shots=1, seed=0)
    with pytest.raises(QffcError, match="circuit too large for the emulator"):
        run_circuits([Circuit(27, 1).Measure(0, 0)], PLACE, shots=1, seed=0)
