"""Circuits as files: right for readers who go by the order of what is listed, in registers that formats can hold."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from pytket.circuit import Circuit, OpType
from pytket.qasm import circuit_from_qasm_str

import qffc as qf
from qffc.compiling.exits import FORMATS
from qffc.ir.reference import expectation
from qffc.passes.equivariance.numbers.generic_point import generic_slots
from qffc.passes.lower_pytket.files import measured_in_order, narrow_registers
from qffc.passes.measurement.kernel_states import kernel_states

RING = "lib:ring:qubits=4,depth=1"  # at level 0 q[0] is ready after q[1] and q[2]


def measured(circuit):
    """The qubits and the bits of the measurements, as they are listed."""
    found = [command for command in circuit if command.op.type == OpType.Measure]
    return [command.qubits[0].index[0] for command in found], [command.bits[0] for command in found]


def read_back(text, kind):
    """The measured qubits of a file, in the order in which a reader gets their outcomes."""
    if kind == "pytket":
        return measured(Circuit.from_dict(json.loads(text)))[0]
    if kind.startswith("qasm"):
        return [int(qubit) for qubit in re.findall(r"measure q\[(\d+)\]", text)]
    number = {"null": 0} | {f"inttoptr (i64 {k} to ptr)": k for k in range(100)}
    pointer = r"(null|inttoptr \(i64 \d+ to ptr\))"
    pairs = re.findall(rf"__quantum__qis__mz__body\(ptr {pointer}, ptr {pointer}\)", text)
    qubit = {result: number[qubit] for qubit, result in pairs}
    return [qubit[result] for result in re.findall(rf"result_record_output\(ptr {pointer}, ptr @\d+\)", text)]


def labels(text):
    """What QIR calls its outcomes, in the order in which they are recorded."""
    names = dict(re.findall(r'(@\d+) = .* c"(\w+\[\d+\])\\00"', text))
    return [names[name] for name in re.findall(r"result_record_output\(ptr .*?, ptr (@\d+)\)", text)]


def probabilities(circuit, qubits):
    """Of the outcomes of qubits, an axis for each."""
    gates = Circuit(circuit.n_qubits)
    for command in circuit:
        if command.op.type not in (OpType.Measure, OpType.Barrier):
            gates.add_gate(command.op, command.args)
    table = (np.abs(gates.get_statevector()) ** 2).reshape((2,) * circuit.n_qubits)
    rest = tuple(k for k in range(circuit.n_qubits) if k not in qubits)
    return table.transpose([*qubits, *rest]).sum(axis=tuple(range(len(qubits), circuit.n_qubits)))


def moments_in_order(plan, circuits, orders):
    """The moments for a reader who takes the k-th outcome for bit k."""
    means = []
    for setting, circuit, order in zip(plan.settings, circuits, orders, strict=True):
        table = probabilities(circuit, order)
        means.append([])
        for sign, qubits in setting.readings:
            axes = [setting.measured.index(qubit) for qubit in qubits]
            odd = sum(np.indices(table.shape)[axis] for axis in axes) % 2
            means[-1].append(sign * float(((1 - 2 * odd) * table).sum()))
    each = zip(plan.constants, plan.terms, strict=True)
    return [constant + sum(c * means[setting][string] for setting, string, c in terms) for constant, terms in each]


@pytest.mark.parametrize("kind", ["pytket", "qasm", "qasm-qelib1", "qir"])
@pytest.mark.parametrize("level", [0, 2])
def test_a_reader_in_order_gets_the_moments(level, kind):
    compiled = qf.compile(RING, "H2-1LE", level)
    (state,) = kernel_states(compiled.split, generic_slots(compiled.split)[None])
    exact = [expectation(each, state, compiled.split.qubit_count) for each in compiled.split.observables]
    circuits = (compiled.without_tk2 if kind == "qir" else compiled).measured_circuits()
    orders = [read_back(text, kind) for text in compiled.emit(kind, measured=True)]
    np.testing.assert_allclose(moments_in_order(compiled.measurements, circuits, orders), exact, atol=1e-9)


def test_without_the_order_the_moments_are_others():
    compiled = qf.compile(RING, "H2-1LE", 0)
    slots = generic_slots(compiled.split)
    circuits = compiled.kernel.bind_settings(slots[None], compiled.measurements.settings)
    orders = [measured(circuit)[0] for circuit in circuits]
    assert orders == [[1, 2, 0, 3]] * 3
    wrong = moments_in_order(compiled.measurements, circuits, orders)
    right = moments_in_order(compiled.measurements, circuits, [sorted(order) for order in orders])
    assert np.abs(np.subtract(wrong, right)).max() > 0.1


def test_gates_and_counts_are_the_same_and_the_price_is_that_of_the_machine():
    compiled = qf.compile(RING, "H2-1LE", 0)
    slots = generic_slots(compiled.split)
    plain = compiled.kernel.bind_settings(slots[None], compiled.measurements.settings)
    for before, after in zip(plain, compiled.measured_circuits(), strict=True):
        assert compiled.kernel.counts(after).cost == compiled.kernel.counts(before).cost
        assert compiled.kernel.counts(after).measured == 4
        assert list(map(str, after)) == list(map(str, measured_in_order(before)))
        np.testing.assert_allclose(probabilities(after, [0, 1, 2, 3]), probabilities(before, [0, 1, 2, 3]), atol=1e-12)
    assert compiled.price(100) == pytest.approx(compiled.target.price(map(compiled.kernel.counts, plain), 100))


@pytest.mark.parametrize("seed", range(10))
def test_measurements_come_last_and_in_the_order_of_their_bits(seed):
    random = np.random.default_rng(seed)
    qubits = 2 + seed % 5
    circuit = Circuit(qubits, qubits)
    for _ in range(3 * qubits):
        a, b = random.choice(qubits, 2, replace=False)
        circuit.ZZPhase(0.3, a, b).PhasedX(0.1, 0.2, a)
    for bit, qubit in enumerate(random.permutation(qubits)):
        circuit.Measure(int(qubit), bit)
    for made in (measured_in_order(circuit), Circuit.from_dict(measured_in_order(circuit).to_dict())):
        kinds = [command.op.type for command in made]
        assert kinds[-qubits - 1 :] == [OpType.Barrier, *[OpType.Measure] * qubits]
        assert measured(made)[1] == made.bits
        assert dict(zip(*reversed(measured(made)), strict=True)) == dict(zip(*reversed(measured(circuit)), strict=True))


def test_a_circuit_without_measurements_stays():
    bare = Circuit(2).PhasedX(0.1, 0.2, 0)
    assert measured_in_order(bare) == bare


def wide(qubits):
    """A circuit whose odd qubits end in 1; the first qubit is the last to be ready."""
    circuit = Circuit(qubits, qubits)
    for qubit in range(1, qubits, 2):
        circuit.PhasedX(1, 0, qubit)
    for _ in range(4):
        circuit.PhasedX(0.5, 0, 0)
    for qubit in range(qubits):
        circuit.Measure(qubit, qubit)
    return measured_in_order(circuit)


@pytest.mark.parametrize("qubits", [32, 33, 98])
def test_wide_circuits_as_qasm(qubits):
    circuit = wide(qubits)
    again = circuit_from_qasm_str(FORMATS["qasm"].write(circuit, "wide"))
    assert max(register.size for register in again.c_registers) <= 32
    assert measured(again)[0] == list(range(qubits))
    assert measured(again)[1] == again.bits == sorted(again.bits)
    assert [command.op for command in again] == [command.op for command in circuit]
    assert [command.qubits for command in again] == [command.qubits for command in circuit]
    assert ({bit.reg_name for bit in again.bits} == {"c"}) == (qubits == 32)


@pytest.mark.parametrize("qubits", [64, 65, 98])
def test_wide_circuits_as_qir(qubits):
    text = FORMATS["qir"].write(wide(qubits), "wide")
    assert read_back(text, "qir") == list(range(qubits))
    names = [f"c[{k}]" if qubits == 64 else f"c{k // 64}[{k % 64}]" for k in range(qubits)]
    assert labels(text) == names


@pytest.mark.parametrize("widest", [1, 3, 7, 50])
def test_narrow_registers_keep_the_order_of_all_bits(widest):
    circuit = wide(50)
    narrow = narrow_registers(circuit, widest)
    assert measured(narrow)[0] == measured(circuit)[0]
    assert measured(narrow)[1] == narrow.bits
    assert max(register.size for register in narrow.c_registers) == min(widest, 50)
    assert circuit.bits == wide(50).bits
