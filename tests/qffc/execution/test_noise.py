"""Noisy emulation against an exact density matrix under the same channels, and its limits."""

from __future__ import annotations

from functools import reduce
from itertools import product

import numpy as np
import pytest
from pytket.circuit import Circuit, OpType

from qffc.execution.backend import run_circuits
from qffc.execution.pecos import misread
from qffc.execution.selene import check_noise
from qffc.ir.diagnostics import QffcError
from qffc.passes.target_noise import NoiseModel
from qffc.targets.catalogue import target

pytest.importorskip("pytket_pecos")
LAB = target("H2-1LE")
PAULIS = [np.eye(2), np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])]


def on(matrix, qubits, size):
    """A matrix on some qubits of a register; qubit 0 is the most significant."""
    rest = [qubit for qubit in range(size) if qubit not in qubits]
    full = np.kron(matrix, np.eye(2 ** len(rest))).reshape([2] * 2 * size)
    order = np.argsort([*qubits, *rest])
    return full.transpose([*order, *(order + size)]).reshape(2**size, 2**size)


def mixed(rho, probability, errors):
    """One of some errors, all as likely, with a probability."""
    return (1 - probability) * rho + sum(probability / len(errors) * e @ rho @ e.conj().T for e in errors)


def exact(circuit, noise):
    """The probabilities of the outcomes, by the definitions of the noise model."""
    size = circuit.n_qubits
    rho = np.zeros((2**size, 2**size), dtype=complex)
    rho[0, 0] = 1
    for qubit in range(size):
        rho = mixed(rho, noise.preparation, [on(PAULIS[1], [qubit], size)])
    layers = [0] * size
    for command in circuit:
        if command.op.type in (OpType.Measure, OpType.Barrier):
            continue
        qubits = [qubit.index[0] for qubit in command.qubits]
        unitary = on(command.op.get_unitary(), qubits, size)
        if len(qubits) == 1:
            rho = unitary @ rho @ unitary.conj().T
            errors = [on(pauli, qubits, size) for pauli in PAULIS[1:]]
            rho = rho if command.op.type == OpType.Rz else mixed(rho, 1.5 * noise.one_qubit, errors)
            continue
        layer = 1 + max(layers[qubit] for qubit in qubits)
        for qubit in qubits:
            for _ in range(layer - 1 - layers[qubit]):
                rho = mixed(rho, 1.5 * noise.memory, [on(PAULIS[3], [qubit], size)])
        rho = unitary @ rho @ unitary.conj().T
        angles = sum(abs(float(angle)) > 1e-9 for angle in command.op.params)
        cost = LAB.weights.tk2(angles) if command.op.type == OpType.TK2 else LAB.weights.zz
        errors = [on(np.kron(p, q), qubits, size) for p, q in list(product(PAULIS, PAULIS))[1:]]
        rho = mixed(rho, 1 - (1 - 1.25 * noise.two_qubit) ** cost, errors)
        for qubit in qubits:
            rho = mixed(rho, 1.5 * noise.memory, [on(PAULIS[3], [qubit], size)])
            layers[qubit] = layer
    read = np.array([[1 - noise.measurement_0, noise.measurement_1], [noise.measurement_0, 1 - noise.measurement_1]])
    return reduce(np.kron, [read] * size) @ np.diagonal(rho).real


def measured(circuit):
    made = circuit.copy()
    made.add_c_register("c", circuit.n_qubits)
    for qubit in range(circuit.n_qubits):
        made.Measure(qubit, qubit)
    return made


def frequencies(circuit, noise, shots, seed=3):
    result = run_circuits([measured(circuit)], LAB.with_noise(noise), shots=shots, seed=seed).results[0]
    found = np.zeros(2**circuit.n_qubits)
    places = result.outcomes @ (1 << np.arange(circuit.n_qubits)[::-1])
    found[places] = result.counts / shots
    return found


def example():
    """Every native gate, and a qubit that waits while others meet."""
    circuit = Circuit(3)
    for qubit in range(3):
        circuit.PhasedX(0.5, 0.1 * qubit, qubit)
    circuit.TK2(0.3, 0.2, 0.1, 0, 1).Rz(0.3, 1).ZZPhase(0.4, 0, 1).ZZMax(0, 1).TK2(0.25, 0, 0, 0, 1)
    circuit.ZZPhase(0.3, 1, 2)
    for qubit in range(3):
        circuit.PhasedX(0.4, 0.3, qubit)
    return circuit


@pytest.mark.parametrize(
    "noise",
    [
        NoiseModel(one_qubit=0.1),
        NoiseModel(two_qubit=0.1),
        NoiseModel(memory=0.1),
        NoiseModel(preparation=0.2),
        NoiseModel(measurement_0=0.1, measurement_1=0.3),
        NoiseModel(0.02, 0.03, 0.02, 0.05, 0.02, 0.06),
    ],
    ids=["one-qubit", "two-qubit", "memory", "preparation", "measurement", "all"],
)
def test_emulated_noise_is_that_of_the_density_matrix(noise):
    shots, circuit = 4000, example()
    expected, clean = exact(circuit, noise), exact(circuit, NoiseModel())
    found = frequencies(circuit, noise, shots)
    deviation = np.abs(found - expected) / np.sqrt(expected * (1 - expected) / shots)
    assert deviation.max() < 4.5  # 8 outcomes, 6 models: 3e-4 to fail by chance, and the seed is fixed
    # The channels are strong enough for the test to tell them from none.
    assert (np.abs(clean - expected) / np.sqrt(expected * (1 - expected) / shots)).max() > 9


def test_a_tk2_is_charged_what_it_costs():
    # An exchange of angle 0.25 half-turns and its inverse: the identity, but for noise.
    circuit = Circuit(2)
    for _ in range(2):
        circuit.TK2(0.25, 0.25, 0.25, 0, 1).TK2(-0.25, -0.25, -0.25, 0, 1)
    noise = NoiseModel(two_qubit=0.02)
    survived = frequencies(circuit, noise, 6000)[0]
    # 3 of the 15 Paulis flip no bit; flips by different gates rarely cancel.
    once, full = 0.975**4, 0.975 ** (4 * 2.4)
    assert survived == pytest.approx(full + (1 - full) * 3 / 15, abs=0.02)
    assert survived < once - 0.03


def test_a_certain_error_is_never_the_identity():
    pair, single = Circuit(2).ZZPhase(0.3, 0, 1), Circuit(1).PhasedX(1, 0, 0)
    assert frequencies(pair, NoiseModel(two_qubit=0.8), 4000)[0] == pytest.approx(3 / 15, abs=0.03)
    assert frequencies(single, NoiseModel(one_qubit=2 / 3), 4000)[1] == pytest.approx(1 / 3, abs=0.03)


def test_no_noise_is_no_noise():
    circuit = example()
    silent, none = (frequencies(circuit, noise, 200) for noise in (NoiseModel(), None))
    np.testing.assert_array_equal(silent, none)


def test_the_seed_reproduces_noisy_shots():
    runs = [frequencies(example(), NoiseModel(two_qubit=0.05), 100, seed) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()


def test_shipped_noise_lowers_a_bell_correlation_by_little():
    bell = measured(Circuit(2).PhasedX(0.5, 0.5, 0).PhasedX(0.5, 0.5, 1).ZZMax(0, 1).PhasedX(0.5, 0.5, 1).Rz(0.5, 1))
    clean, noisy = (
        run_circuits([bell], target(name), shots=3000, seed=5).results[0] for name in ("H2-1LE", "H2-1LE-noisy")
    )
    expected = exact(bell, target("H2-1LE-noisy").noise)
    assert noisy.by_string != clean.by_string
    for string, count in noisy.by_string.items():
        chance = expected[int(string, 2)]
        assert abs(count / 3000 - chance) < 4.5 * np.sqrt(chance * (1 - chance) / 3000)


def test_readings_go_wrong_by_outcome():
    outcomes = np.repeat(np.array([[0, 1]], dtype=np.uint8), 20000, axis=0)
    read = misread(outcomes, NoiseModel(measurement_0=0.1, measurement_1=0.3), seed=1)
    assert read.mean(axis=0) == pytest.approx([0.1, 0.7], abs=0.015)


def test_selene_refuses_noise_that_it_does_not_know():
    helios = target("HeliosLE-noisy")
    check_noise(helios)
    with pytest.raises(QffcError, match="memory = 0.01"):
        check_noise(helios.with_noise(NoiseModel(memory=0.01)))
