"""Circuits with numbers in formats that qffc writes itself, or spells in gates of others."""

import re
import struct
import sys

import numpy as np
import pytest
from pytket.circuit import Circuit, OpType
from pytket.qasm import circuit_from_qasm_str

import qffc as qf
from qffc.ir.diagnostics import QffcError
from qffc.passes.write_circuits.hugr import hugr_of
from qffc.passes.write_circuits.qelib1 import in_qelib1
from qffc.passes.write_circuits.qir import qir_of, qir_text

GOLDEN = r"""; ModuleID = 'tiny'
source_filename = "tiny"

@0 = internal constant [5 x i8] c"c[0]\00"
@1 = internal constant [5 x i8] c"c[1]\00"

define i64 @main() #0 {
entry:
  call void @__quantum__rt__initialize(ptr null)
  br label %body

body:
  call void @__quantum__qis__u1q__body(double 0x3FF921FB54442D18, double 0xBFE921FB54442D18, ptr inttoptr (i64 1 to ptr))
  call void @__quantum__qis__rzz__body(double 0xBFE921FB54442D18, ptr inttoptr (i64 1 to ptr), ptr null)
  br label %measurements

measurements:
  call void @__quantum__qis__mz__body(ptr inttoptr (i64 1 to ptr), ptr null)
  call void @__quantum__qis__mz__body(ptr null, ptr inttoptr (i64 1 to ptr))
  br label %output

output:
  call void @__quantum__rt__result_record_output(ptr null, ptr @0)
  call void @__quantum__rt__result_record_output(ptr inttoptr (i64 1 to ptr), ptr @1)
  ret i64 0
}

declare void @__quantum__rt__initialize(ptr)
declare void @__quantum__rt__result_record_output(ptr, ptr)
declare void @__quantum__qis__u1q__body(double, double, ptr)
declare void @__quantum__qis__rzz__body(double, ptr, ptr)
declare void @__quantum__qis__mz__body(ptr, ptr writeonly) #1

attributes #0 = { "entry_point" "output_labeling_schema"="labeled" "qir_profiles"="base_profile" "required_num_qubits"="2" "required_num_results"="2" }
attributes #1 = { "irreversible" }

!llvm.module.flags = !{!0, !1, !2, !3}

!0 = !{i32 1, !"qir_major_version", i32 2}
!1 = !{i32 7, !"qir_minor_version", i32 0}
!2 = !{i32 1, !"dynamic_qubit_management", i1 false}
!3 = !{i32 1, !"dynamic_result_management", i1 false}
"""  # noqa: E501
READERS = {"u1q": OpType.PhasedX, "rz": OpType.Rz, "rzz": OpType.ZZPhase}


def random_circuit(seed, *, tk2):
    random = np.random.default_rng(seed)
    circuit = Circuit(3)
    for _ in range(6):
        a, b = (int(qubit) for qubit in random.choice(3, 2, replace=False))
        circuit.PhasedX(*random.uniform(-2, 2, 2), a).Rz(random.uniform(-2, 2), b).ZZPhase(random.uniform(-2, 2), a, b)
        circuit.ZZMax(b, a)
        if tk2:
            circuit.TK2(*random.uniform(-2, 2, 3), a, b).TK2(random.uniform(-2, 2), 0, 0, a, b)
    return circuit


def read_qir(text):
    """The gates of a text in QIR as a circuit of pytket."""
    qubits = int(re.search(r'"required_num_qubits"="(\d+)"', text)[1])
    circuit = Circuit(qubits)
    for name, arguments in re.findall(r"call void @__quantum__qis__(\w+)__body\((.*)\)", text):
        angles = [
            struct.unpack(">d", bytes.fromhex(each))[0] / np.pi for each in re.findall("double 0x(\\w+)", arguments)
        ]
        pointers = re.findall(r"ptr (null|inttoptr \(i64 (\d+) to ptr\))", arguments)
        if name in READERS:
            circuit.add_gate(READERS[name], angles, [int(number or 0) for _, number in pointers])
    return circuit


def same(first, second):
    return abs(np.trace(first.get_unitary().conj().T @ second.get_unitary())) / 2**first.n_qubits == pytest.approx(1)


def test_qir_is_what_it_was():
    circuit = Circuit(2, 2).PhasedX(0.5, 1.75, 1).ZZPhase(3.75, 1, 0).Measure(0, 1).Measure(1, 0)
    assert qir_text(circuit, "tiny") == GOLDEN


@pytest.mark.parametrize("seed", range(5))
def test_qir_does_what_the_circuit_does(seed):
    circuit = random_circuit(seed, tk2=False)
    assert same(read_qir(qir_text(circuit)), circuit)


def test_the_compiler_of_quantinuum_takes_qir():
    qir_qis = pytest.importorskip("qir_qis")
    compiled = qf.compile("lib:pair", "H2-1", 2).without_tk2
    for circuit in (*compiled.measured_circuits(), compiled.circuit()):
        attributes = qir_qis.get_entry_attributes(qir_of(circuit, 'any "name"'))
        assert attributes["qir_profiles"] == "base_profile"
        assert attributes["required_num_results"] == str(circuit.n_bits)
        assert len(qir_qis.qir_to_qis(qir_of(circuit))) > 1000


def test_bitcode_says_what_it_needs(monkeypatch):
    monkeypatch.setitem(sys.modules, "qir_qis", None)
    with pytest.raises(QffcError, match="pip install qir-qis"):
        qir_of(Circuit(1))


@pytest.mark.parametrize("write", [qir_text, hugr_of])
@pytest.mark.parametrize(
    ("circuit", "title"),
    [
        (Circuit(2).TK2(0.1, 0.1, 0.1, 0, 1), "whose two_qubit is 'ZZPhase'"),
        (Circuit(2).CX(0, 1), "compile to native gates first"),
        (Circuit(1, 1).Measure(0, 0).Rz(0.1, 0), "Rz after a measurement of"),
        (Circuit(1, 2).Measure(0, 0).Measure(0, 1), "Measure after a measurement of"),
    ],
)
def test_circuits_that_cannot_be_written(write, circuit, title):
    with pytest.raises(QffcError, match=title):
        write(circuit)


@pytest.mark.parametrize("seed", range(5))
def test_gates_of_qelib1_do_what_native_ones_do(seed):
    circuit = random_circuit(seed, tk2=True)
    made = in_qelib1(circuit)
    assert {command.op.type for command in made} <= {OpType.U3, OpType.Rz, OpType.Ry, OpType.H, OpType.CX}
    assert same(made, circuit)
    assert made.n_gates_of_type(OpType.CX) == 6 * (2 + 2 + 3 + 2)


def test_a_file_in_qelib1_has_no_gate_of_another_header():
    compiled = qf.compile("lib:pair", "H2-1", 2)
    texts = compiled.emit("qasm-qelib1", measured=True)
    assert len(texts) == len(compiled.measurements.settings)
    for text, circuit in zip(texts, compiled.measured_circuits(), strict=True):
        assert set(re.findall(r"^(\w+)", text, re.MULTILINE)) <= {
            *("OPENQASM", "include", "qreg", "creg", "u3", "rz", "ry", "h", "cx", "barrier", "measure")
        }
        again = circuit_from_qasm_str(text)
        for each in (again, circuit):
            each.remove_blank_wires(keep_blank_classical_wires=True)
        gates = [Circuit(circuit.n_qubits) for _ in range(2)]
        for bare, full in zip(gates, (again, circuit), strict=True):
            for command in full:
                if command.op.type not in (OpType.Measure, OpType.Barrier):
                    bare.add_gate(command.op, command.args)
        assert same(*gates)
