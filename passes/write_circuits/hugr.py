"""HUGR packages of circuits with numbers: what Helios is sent now, and what Selene runs.

They are made by ``guppylang``, the extra ``selene``. A package has no arguments: ``guppylang`` refuses an entry point
with some, unless its own emulator runs it from the source, :func:`qffc.passes.write_circuits.guppy.guppy_source`.
"""

from __future__ import annotations

from pytket.circuit import Circuit, OpType

from qffc.ir.diagnostics import QffcError, error
from qffc.passes.write_circuits.native_gates import native_gates
from qffc.passes.write_circuits.qir import WITHOUT_TK2


def hugr_of(circuit: Circuit) -> bytes:
    """Return a circuit as the envelope of a HUGR package; its result "c" has the bits in their order.

    Args:
        circuit: native gates without TK2, numbers for angles, at most one measurement of each qubit, at its end.

    Raises:
        QffcError: when ``guppylang`` 1 is not installed; for a gate that Helios does not have, TK2 among them.
    """
    plain = Circuit(circuit.n_qubits, circuit.n_bits)  # one register of each kind, whatever the circuit has
    for gate in native_gates(circuit, WITHOUT_TK2, "HUGR for Helios"):
        if gate.type == OpType.Measure:
            plain.Measure(gate.qubits[0], gate.bit)
        else:
            plain.add_gate(gate.type, gate.angles, gate.qubits)
    try:
        from guppylang import guppy
        from guppylang.std.builtins import array, comptime, result
        from guppylang.std.qsystem.helios import phased_x as _  # noqa: F401  # not there before guppylang 1
        from guppylang.std.quantum import discard_array, qubit
    except ImportError:
        raise _not_installed() from None
    size = circuit.n_qubits
    body = guppy.load_pytket("body", plain, use_arrays=True)
    if circuit.n_bits == 0:

        @guppy  # type: ignore[untyped-decorator]  # Guppy reads the source of the function
        def main() -> None:
            qubits = array(qubit() for _ in range(comptime(size)))
            body(qubits)
            discard_array(qubits)

    else:

        @guppy  # type: ignore[untyped-decorator]
        def main() -> None:
            qubits = array(qubit() for _ in range(comptime(size)))
            bits = body(qubits)
            discard_array(qubits)
            result("c", bits)

    package: bytes = main.compile().to_bytes()
    return package


def _not_installed() -> QffcError:
    return error(
        "package for HUGR not installed",
        found="no package 'guppylang' of version 1",
        expected="the extra 'selene', on Python 3.12 or newer",
        help='pip install "guppylang>=1.2" "selene-sim>=0.3.7", which is what the extra \'selene\' is; it does not go '
        "with the extra 'emulator'",
    )
