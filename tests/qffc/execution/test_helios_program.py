"""Programs for Helios are the circuits that they are made of, and their outcomes have the names of its bits."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest
from pytket.circuit import Bit, Circuit, OpType

from qffc.execution.helios_program import helios_program, program_outcomes
from qffc.ir.diagnostics import QffcError

pytest.importorskip("qir_qis")
pytest.importorskip("pyqir")


def scattered(qubits, seed):
    """A circuit of native gates with its bits in another order than its qubits."""
    random = np.random.default_rng(seed)
    circuit = Circuit(qubits, qubits)
    for layer in range(3):
        for qubit in range(qubits):
            circuit.PhasedX(*random.uniform(-2, 2, 2), qubit)
            circuit.Rz(random.uniform(-2, 2), qubit)
        for left in range(layer % 2, qubits - 1, 2):
            circuit.ZZPhase(random.uniform(-2, 2), left + 1, left)
    circuit.PhasedX(0.1, 0.2, 0).Rz(0.3, 0)  # the others are ready before
    for qubit, bit in enumerate(random.permutation(qubits)):
        circuit.Measure(qubit, int(bit))
    return circuit


def unitary(circuit):
    gates = Circuit(circuit.n_qubits)
    for command in circuit:
        if command.op.type not in (OpType.Measure, OpType.Barrier):
            gates.add_gate(command.op, command.args)
    return gates.get_unitary()


def measured(circuit):
    return {str(c.bits[0]): c.qubits[0].index[0] for c in circuit if c.op.type == OpType.Measure}


@pytest.mark.parametrize("seed", range(3))
def test_a_program_is_its_circuit(seed):
    from qir_circuits import circuit_of_qir

    circuit = scattered(4, seed)
    read = circuit_of_qir(helios_program(circuit))
    overlap = np.vdot(unitary(circuit), unitary(read)) / 16
    assert abs(overlap) == pytest.approx(1.0, abs=1e-12)  # angles are reduced: the phase of the whole may differ
    assert measured(read) == measured(circuit)


@pytest.mark.parametrize("qubits", [2, 70, 98])
def test_the_compiler_of_helios_takes_programs(qubits):
    import qir_qis as compiler
    from pyqir import Context, Module

    program = helios_program(scattered(qubits, 0))
    compiler.validate_qir(program)
    assert compiler.get_entry_attributes(program)["required_num_qubits"] == str(qubits)
    compiled = str(Module.from_bitcode(Context(), compiler.qir_to_qis(program)))
    assert len(set(re.findall(r"USER:RESULT:(c\d?\[\d+\])", compiled))) == qubits


def test_outcomes_of_wide_circuits_are_in_the_order_of_their_bits():
    circuit = Circuit(70, 70)
    for qubit in range(70):
        circuit.Measure(qubit, qubit)
    shot = [(f"USER:RESULT:{bit}", int(bit == Bit("c1", 3))) for bit in [Bit(f"c{k // 64}", k % 64) for k in range(70)]]
    ((outcome, number),) = program_outcomes(circuit, [shot, shot[::-1]]).items()
    assert (outcome.index("1"), outcome.count("1"), number) == (67, 1, 2)


def test_bits_without_a_measurement_are_zero_and_shots_that_ended_early_are_none():
    circuit = Circuit(2, 3).Measure(0, 2)
    shots = [[("USER:RESULT:c[2]", 1)], [("EXIT:INT:limit", 3)], [("USER:BOOL:c[2]", True)]]
    assert program_outcomes(circuit, shots) == {"001": 2}
    assert program_outcomes(circuit, []) == {}


@pytest.mark.parametrize("shot", [[], [("USER:RESULT:d[0]", 1)], [("USER:RESULT:c[0]", 2)], [("c[0]", 1)]])
def test_outcomes_of_another_program_are_refused(shot):
    with pytest.raises(QffcError, match=r"results of another program[\s\S]*outcomes of 'c\[0\]'"):
        program_outcomes(Circuit(1, 1).Measure(0, 0), [shot])


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "qir_qis", None)
    with pytest.raises(QffcError, match="pip install qir-qis"):
        helios_program(Circuit(1, 1).Measure(0, 0))
