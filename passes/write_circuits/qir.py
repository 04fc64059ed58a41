"""QIR of the base profile, as text that Quantinuum's compiler ``qir-qis`` takes, and as checked bytes.

The profile is what it says: constant angles, all gates, then all measurements, then all outputs, in four blocks.
Gates are those that the machines have: ``u1q`` is PhasedX, ``rz`` and ``rzz``. Result k is bit k of the circuit,
and outputs are recorded in that order, each with the name of its bit.
"""

from __future__ import annotations

import struct
from math import pi

from pytket.circuit import Circuit, OpType

from qffc.ir.diagnostics import QffcError, error
from qffc.passes.lower_pytket.files import narrow_registers
from qffc.passes.write_circuits.native_gates import NativeGate, native_gates

_NAMES = {OpType.PhasedX: "u1q", OpType.Rz: "rz", OpType.ZZPhase: "rzz", OpType.ZZMax: "rzz"}
_SIGNATURES = {
    "u1q": "double, double, ptr",
    "rz": "double, ptr",
    "rzz": "double, ptr, ptr",
    "mz": "ptr, ptr writeonly",
}
_IRREVERSIBLE = ("mz",)
WITHOUT_TK2 = tuple(_NAMES)
"""The gates of Helios, and of the base profile."""
WIDEST = 64
"""Bits of a register that pytket reads back without being told."""


def qir_text(circuit: Circuit, name: str = "main") -> str:
    r"""Return a circuit as textual QIR of the base profile, version 2: pointers are opaque.

    Args:
        circuit: native gates without TK2, numbers for angles, at most one measurement of each qubit, at its end.
        name: of the module.

    Raises:
        QffcError: for a gate that the compiler does not know, TK2 among them.

    Example:
        >>> circuit = Circuit(1, 1).PhasedX(0.5, 0.0, 0).Measure(0, 0)
        >>> print(*[line for line in qir_text(circuit).split("\n") if "call" in line], sep="\n")
          call void @__quantum__rt__initialize(ptr null)
          call void @__quantum__qis__u1q__body(double 0x3FF921FB54442D18, double 0x0000000000000000, ptr null)
          call void @__quantum__qis__mz__body(ptr null, ptr null)
          call void @__quantum__rt__result_record_output(ptr null, ptr @0)
    """
    circuit = narrow_registers(circuit, WIDEST)
    gates = list(native_gates(circuit, WITHOUT_TK2, "QIR for Quantinuum"))
    measured = sorted((gate for gate in gates if gate.type == OpType.Measure), key=lambda gate: gate.bit)
    numbers = {gate.bit: number for number, gate in enumerate(measured)}
    labels = [str(circuit.bits[gate.bit]) for gate in measured]
    called = {_NAMES[gate.type] for gate in gates if gate.type != OpType.Measure} | ({"mz"} if measured else set())
    lines = [f"; ModuleID = '{_plain(name)}'", f'source_filename = "{_plain(name)}"', ""]
    lines += [f'@{k} = internal constant [{len(label) + 1} x i8] c"{label}\\00"' for k, label in enumerate(labels)]
    lines += ["", "define i64 @main() #0 {", "entry:", "  call void @__quantum__rt__initialize(ptr null)"]
    lines += ["  br label %body", "", "body:"]
    lines += [_gate(gate) for gate in gates if gate.type != OpType.Measure]
    lines += ["  br label %measurements", "", "measurements:"]
    lines += [_call("mz", _pointer(gate.qubits[0]), _pointer(numbers[gate.bit])) for gate in measured]
    lines += ["  br label %output", "", "output:"]
    record = "  call void @__quantum__rt__result_record_output"
    lines += [f"{record}({_pointer(number)}, ptr @{number})" for number in range(len(measured))]
    lines += ["  ret i64 0", "}", "", "declare void @__quantum__rt__initialize(ptr)"]
    lines += ["declare void @__quantum__rt__result_record_output(ptr, ptr)"] if measured else []
    lines += [_declaration(gate) for gate in _SIGNATURES if gate in called]
    counts = f'"required_num_qubits"="{circuit.n_qubits}" "required_num_results"="{len(measured)}"'
    schema = '"entry_point" "output_labeling_schema"="labeled" "qir_profiles"="base_profile"'
    lines += ["", f"attributes #0 = {{ {schema} {counts} }}"]
    lines += ['attributes #1 = { "irreversible" }'] if measured else []
    lines += ["", "!llvm.module.flags = !{!0, !1, !2, !3}", "", '!0 = !{i32 1, !"qir_major_version", i32 2}']
    lines += ['!1 = !{i32 7, !"qir_minor_version", i32 0}']
    lines += ['!2 = !{i32 1, !"dynamic_qubit_management", i1 false}']
    lines += ['!3 = !{i32 1, !"dynamic_result_management", i1 false}', ""]
    return "\n".join(lines)


def qir_of(circuit: Circuit, name: str = "main") -> bytes:
    """Return a circuit as bitcode that Quantinuum's compiler has made and found valid.

    Args:
        circuit: as for :func:`qir_text`.
        name: of the module.

    Raises:
        QffcError: when ``qir-qis`` is not installed, or as :func:`qir_text`.
    """
    text = qir_text(circuit, name)
    try:
        import qir_qis
    except ImportError:
        raise _not_installed() from None
    bitcode: bytes = qir_qis.qir_ll_to_bc(text)
    qir_qis.validate_qir(bitcode)
    return bitcode


def _gate(gate: NativeGate) -> str:
    angles = (0.5,) if gate.type == OpType.ZZMax else gate.angles
    # In hexadecimal, as LLVM prints a double that has no short decimal.
    radians = [f"double 0x{struct.pack('>d', angle * pi).hex().upper()}" for angle in angles]
    return _call(_NAMES[gate.type], *radians, *map(_pointer, gate.qubits))


def _call(name: str, *arguments: str) -> str:
    return f"  call void @__quantum__qis__{name}__body({', '.join(arguments)})"


def _pointer(number: int) -> str:
    return f"ptr inttoptr (i64 {number} to ptr)" if number else "ptr null"


def _declaration(name: str) -> str:
    return f"declare void @__quantum__qis__{name}__body({_SIGNATURES[name]})" + (" #1" if name in _IRREVERSIBLE else "")


def _plain(name: str) -> str:
    return "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\' else "_" for letter in name
    )


def _not_installed() -> QffcError:
    return error(
        "package for QIR not installed",
        found="no package 'qir-qis', which makes bitcode of QIR and validates it",
        expected="the extra 'qir'",
        help="pip install qir-qis, which is what the extra 'qir' is; text needs nothing",
    )
