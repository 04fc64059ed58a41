"""Selene against exact probabilities; needs the extra `selene`, which does not go with PECOS."""

from __future__ import annotations

import numpy as np
import pytest
from pytket.circuit import Circuit

from qffc.execution.backend import run_circuits
from qffc.execution.engines import engines
from qffc.passes.target_noise import NoiseModel
from qffc.targets.catalogue import target

pytestmark = pytest.mark.skipif(not engines()["selene"].installed, reason="needs the extra selene")
HELIOS = target("HeliosLE").emulated()


def shots_of(circuit, where, shots=2000):
    return run_circuits([circuit], where, shots=shots, seed=3).results[0]


def test_probabilities_are_those_of_the_circuit():
    circuit = Circuit(3)
    for qubit in range(3):
        circuit.PhasedX(0.5, 0.1 * qubit, qubit)
    circuit.ZZPhase(0.3, 0, 1).Rz(0.2, 1).ZZMax(1, 2).PhasedX(0.4, 0.3, 1).PhasedX(0.3, 0.1, 0)
    exact = np.abs(circuit.get_statevector()) ** 2
    circuit.add_c_register("c", 3)
    for qubit in range(3):
        circuit.Measure(qubit, qubit)
    found = shots_of(circuit, HELIOS)
    assert found.by_string == shots_of(circuit, HELIOS).by_string
    for string, count in found.by_string.items():
        chance = exact[int(string, 2)]
        assert abs(count / 2000 - chance) < 4.5 * np.sqrt(chance * (1 - chance) / 2000)


@pytest.mark.parametrize(
    ("noise", "ones"),
    [
        (NoiseModel(one_qubit=0.2), 1 - 0.3 * 2 / 3),
        (NoiseModel(two_qubit=0.2), 1 - 0.25 * 8 / 15),
        (NoiseModel(preparation=0.2), 0.8),
        (NoiseModel(measurement_1=0.2), 0.8),
    ],
    ids=["one-qubit", "two-qubit", "preparation", "measurement"],
)
def test_noise_is_that_of_the_model(noise, ones):
    circuit = Circuit(2, 1).PhasedX(1, 0, 0).Rz(0.3, 0).ZZPhase(0.5, 0, 1).Measure(0, 0)
    assert shots_of(circuit, HELIOS.with_noise(noise)).by_string["1"] / 2000 == pytest.approx(ones, abs=0.04)
