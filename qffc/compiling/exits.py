"""What a compiled program is written as: one function for each format.

Some formats hold a circuit with numbers, one for each binding of the slots. Others hold the program itself with inputs
in the place of numbers; one text serves all geometries, and the format ``inputs`` has the numbers that go in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import error, quoted
from qffc.ir.program import Program
from qffc.passes.circuit.split_program import Split
from qffc.passes.measurement.settings import MeasurementPlan, Setting
from qffc.passes.target import Target

if TYPE_CHECKING:
    from pytket.circuit import Circuit

    from qffc.passes.write_circuits.open_circuit import OpenCircuit

Floats = NDArray[np.float64]
Content = Literal["program", "numbers", "inputs", "values"]
_WIDEST_QASM = 32
"""Bits of a register that pytket writes, and reads back without being told."""


class Source(Protocol):
    """What formats are written from: a :class:`qffc.compiling.compiled.Compiled`."""

    @property
    def program(self) -> Program: ...

    @property
    def split(self) -> Split: ...

    @property
    def target(self) -> Target: ...

    @property
    def measurements(self) -> MeasurementPlan: ...

    @property
    def without_tk2(self) -> Self: ...

    def circuit(self, slots: Floats | None = None) -> Circuit: ...

    def measured_circuits(self, slots: Floats | None = None) -> tuple[Circuit, ...]: ...

    def to_json(self) -> str: ...


@dataclass(frozen=True)
class Format:
    """How one format is written.

    Args:
        suffix: of its files.
        content: ``program`` for what has no circuits; ``numbers`` for a circuit of one binding; ``inputs`` for one of
            all bindings; ``values`` for the numbers of inputs.
        write: what makes a text, or bytes.
        always_measured: whether a circuit without measurements would say nothing.
        whole: whether all settings are in one text.
        without_tk2: whether circuits are lowered to ZZPhase, whatever the target prefers.
    """

    suffix: str
    content: Content
    write: Callable[..., str | bytes]
    always_measured: bool = False
    whole: bool = False
    without_tk2: bool = False


def emit(compiled: Source, kind: str, slots: Floats | None = None, measured: bool = False) -> tuple[str | bytes, ...]:
    """Return what a program is in a format; see :meth:`qffc.compiling.compiled.Compiled.emit`."""
    form = format_called(kind)
    if form.content == "program":
        return (form.write(compiled),)
    if form.content == "numbers":
        if form.without_tk2:
            _need_zz_phase(compiled.target, kind)
            compiled = compiled.without_tk2
        wanted = measured or form.always_measured
        circuits = compiled.measured_circuits(slots) if wanted else (compiled.circuit(slots),)
        return tuple(form.write(circuit, compiled.program.name) for circuit in circuits)
    if form.content == "values":
        return (form.write(compiled, slots),)
    if slots is not None:
        raise error(
            "numbers for a circuit that has inputs",
            found=f"slots with '{kind}', which is one text for all of them",
            expected="no slots",
            help="leave them out; 'inputs' writes the numbers that go in",
        )
    if form.whole:
        return (form.write(compiled),)
    from qffc.passes.write_circuits.open_circuit import OpenCircuit

    settings: Sequence[Setting | None] = compiled.measurements.settings if measured else (None,)
    return tuple(form.write(OpenCircuit(compiled.split, setting)) for setting in settings)


def _need_zz_phase(target: Target, kind: str) -> None:
    if target.gates and "ZZPhase" not in target.gates:
        raise error(
            f"'{kind}' for a target without ZZPhase",
            found=f"'{target.name}' with {quoted(target.gates)}",
            expected="a target that has ZZPhase: it is the gate of two qubits in this format",
            help="name one of Quantinuum's, such as --target Helios, or write 'qasm-qelib1' or 'pytket'",
        )


def format_called(kind: str) -> Format:
    """Return a format by its name.

    Raises:
        QffcError: lists them all.
    """
    if kind not in FORMATS:
        raise error(
            "unknown format",
            found=f"'{kind}'",
            expected=f"one of {quoted(FORMATS)}",
            help="choose what to write; docs/howto-compile.md says what each is for",
        )
    return FORMATS[kind]


def _pytket(circuit: Circuit, name: str = "") -> str:
    return json.dumps(circuit.to_dict(), indent=1) + "\n"


def _qasm(circuit: Circuit, name: str) -> str:
    from pytket.qasm.qasm import QASMUnsupportedError, circuit_to_qasm_str

    from qffc.passes.lower_pytket.files import narrow_registers
    from qffc.passes.target_gates import IONS

    narrow = narrow_registers(circuit, _WIDEST_QASM)
    # The header of Quantinuum knows all its native gates: U1q is PhasedX, Rxxyyzz is TK2.
    of_ions = any(command.op.type.name in (*IONS, "PhasedX") for command in circuit)
    try:
        return circuit_to_qasm_str(narrow, header="hqslib1" if of_ions else "qelib1")
    except QASMUnsupportedError as problem:
        raise error(
            "gate that OpenQASM 2 does not have",
            found=f"{problem}",
            expected="gates of its headers 'qelib1' and 'hqslib1'",
            help="write the circuit with --emit pytket",
        ) from None


def _qelib1(circuit: Circuit, name: str) -> str:
    from pytket.qasm.qasm import circuit_to_qasm_str

    from qffc.passes.lower_pytket.files import narrow_registers
    from qffc.passes.write_circuits.qelib1 import in_qelib1

    return circuit_to_qasm_str(in_qelib1(narrow_registers(circuit, _WIDEST_QASM)), header="qelib1")


def _qir(circuit: Circuit, name: str) -> str:
    from qffc.passes.write_circuits.qir import qir_text

    return qir_text(circuit, name)


def _hugr(circuit: Circuit, name: str) -> bytes:
    from qffc.passes.write_circuits.hugr import hugr_of

    return hugr_of(circuit)


def _guppy(compiled: Source) -> str:
    from qffc.passes.write_circuits.guppy import guppy_source

    return guppy_source(compiled.split, compiled.measurements.settings)


def _qasm3(circuit: OpenCircuit) -> str:
    from qffc.passes.write_circuits.qasm3 import qasm3_text

    return qasm3_text(circuit)


def _symbols(circuit: OpenCircuit) -> str:
    from qffc.passes.write_circuits.symbols import symbolic_circuit

    return _pytket(symbolic_circuit(circuit))


def _inputs(compiled: Source, slots: Floats | None) -> str:
    from qffc.passes.equivariance.numbers.generic_point import generic_slots
    from qffc.passes.write_circuits.open_circuit import OpenCircuit

    numbers = generic_slots(compiled.split) if slots is None else slots
    values = OpenCircuit(compiled.split).values(numbers)
    return json.dumps({"slots": [float(number) for number in numbers], "inputs": values}, indent=1) + "\n"


FORMATS: Mapping[str, Format] = {
    "ir": Format(".qffc", "program", lambda compiled: compiled.program.text),
    "pytket": Format(".json", "numbers", _pytket),
    "pytket-symbols": Format(".json", "inputs", _symbols),
    "qasm": Format(".qasm", "numbers", _qasm),
    "qasm-qelib1": Format(".qasm", "numbers", _qelib1),
    "qasm3": Format(".qasm", "inputs", _qasm3),
    "qir": Format(".ll", "numbers", _qir, without_tk2=True),
    "guppy": Format(".py", "inputs", _guppy, whole=True, always_measured=True),
    "hugr": Format(".hugr", "numbers", _hugr, always_measured=True, without_tk2=True),
    "inputs": Format(".json", "values", _inputs),
    "json": Format(".json", "program", lambda compiled: compiled.to_json()),
}
"""By the name that ``--emit`` and :meth:`qffc.compiling.compiled.Compiled.emit` take."""
