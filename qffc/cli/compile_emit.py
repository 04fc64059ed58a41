"""What ``qffc compile --emit`` writes."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from qffc.cli.output import say
from qffc.ir.diagnostics import QffcError, error

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pytket.circuit import Circuit

    from qffc.compiling.compiled import Compiled


class Emit(StrEnum):
    """What there is to write."""

    IR = "ir"
    PYTKET = "pytket"
    QASM = "qasm"
    QIR = "qir"
    JSON = "json"
    DRAWING = "drawing"


_SUFFIXES = {Emit.PYTKET: ".json", Emit.QASM: ".qasm", Emit.QIR: ".ll"}
"""Of files of circuits."""
_WIDEST_QASM, _WIDEST_QIR = 32, 64
"""Bits of a register that pytket writes, and reads back without being told."""


def check_request(kind: Emit | None, out: Path | None, geometry: str | None, measured: bool) -> None:
    """Stop when options of ``--emit`` do not fit together.

    Raises:
        QffcError: says which.
    """
    if kind is None and (out is not None or geometry is not None or measured):
        raise error(
            "nothing to write",
            found=f"--out {out} without --emit" if out is not None else "circuits are described, but not asked for",
            expected=f"--emit and one of {', '.join(Emit)}",
            help="say what to write",
        )
    if kind is not None and kind not in _SUFFIXES and (geometry is not None or measured):
        raise error(
            "options of circuits for something else",
            found=f"--geometry or --measured with --emit {kind.value}",
            expected=f"one of {', '.join(_SUFFIXES)}",
            help="leave them out, or emit circuits",
        )
    if kind is Emit.DRAWING and (out is None or out.suffix not in (".png", ".svg")):
        raise error(
            "drawing without a file",
            found=f"--out {out}",
            expected="a file .png or .svg",
            help="add --out circuit.svg",
        )


def emitted(compiled: Compiled, kind: Emit, model: Path | None, geometry: str | None, measured: bool) -> list[str]:
    """Return what to write, as text: one entry, or one for each circuit; nothing for a drawing.

    Args:
        compiled: the program.
        kind: what to write.
        model: where the numbers come from, with a geometry.
        geometry: whose angles the circuits have; else generic ones.
        measured: one circuit for each measurement setting, instead of one without measurements.
    """
    if kind is Emit.DRAWING:
        return []
    if kind is Emit.IR:
        return [compiled.program.text]
    if kind is Emit.JSON:
        return [compiled.to_json()]
    points = (None,) if geometry is None else tuple(_slots(compiled, model, geometry))
    circuits: list[Circuit] = []
    for slots in points:
        circuits += compiled.measured_circuits(slots) if measured else (compiled.circuit(slots),)
        if compiled.target.connectivity is not None and not measured:
            say(_places(compiled, slots))
    return [_text(circuit, kind, compiled.program.name) for circuit in circuits]


def write(compiled: Compiled, kind: Emit, texts: list[str], out: Path) -> None:
    """Write to a file; several circuits to files of a folder."""
    from qffc.atomic_files import write_text

    if kind is Emit.DRAWING:
        from qffc.reports.circuit_drawing import draw_circuit

        draw_circuit(compiled.program, out)
    elif len(texts) == 1:
        write_text(out, texts[0])
    else:
        width = len(str(len(texts) - 1))
        for index, text in enumerate(texts):
            write_text(out / f"circuit-{index:0{width}}{_SUFFIXES[kind]}", text)
        say(f"{len(texts)} circuits")
    say(f"written to {out}")


def need_one(texts: list[str]) -> str:
    """Return the only text; several circuits need a folder.

    Raises:
        QffcError: when there are several.
    """
    if len(texts) != 1:
        raise error(
            "several circuits and no folder for them",
            found=f"{len(texts)} circuits without --out",
            expected="a folder",
            help="add --out FOLDER",
        )
    return texts[0]


def _slots(compiled: Compiled, model: Path | None, geometry: str) -> list[NDArray[np.float64]]:
    from qffc.cli.geometry import read_geometry

    if model is None:
        raise error(
            "geometry without parameters",
            found="a bare program",
            expected="a trained model, which has the parameters that angles depend on",
            help="name the model instead of the program, or leave --geometry out",
        )
    numbers, positions = read_geometry(geometry)
    if len(positions) > 1:
        say(f"the first of {len(positions)} frames")
    from qffc.execution.energy_circuits import prepare  # loads JAX
    from qffc.models.files.model_file import load_model
    from qffc.models.force_field import ForceField

    job = prepare(ForceField(compiled.program, load_model(model).arrays), numbers, positions[:1])
    if job.rounds > 1:
        say(f"{job.rounds} rounds: later circuits turn with what those before give without shot noise")
    return list(job.flat_slots)


def _text(circuit: Circuit, kind: Emit, name: str) -> str:
    if kind is Emit.PYTKET:
        return json.dumps(circuit.to_dict(), indent=1) + "\n"
    if kind is Emit.QIR:
        return _qir(circuit, name)
    from pytket.qasm.qasm import QASMUnsupportedError, circuit_to_qasm_str

    from qffc.passes.lower_pytket.files import narrow_registers

    narrow = narrow_registers(circuit, _WIDEST_QASM)
    try:
        # The header of Quantinuum knows all native gates: U1q is PhasedX, Rxxyyzz is TK2.
        return circuit_to_qasm_str(narrow, header="hqslib1" if _of_ions(circuit) else "qelib1")
    except QASMUnsupportedError as problem:
        raise error(
            "gate that OpenQASM 2 does not have",
            found=f"{problem}",
            expected="gates of its headers 'qelib1' and 'hqslib1'",
            help="write the circuit with --emit pytket",
        ) from None


def _of_ions(circuit: Circuit) -> bool:
    """Whether a circuit has gates that Quantinuum's header alone knows."""
    from qffc.passes.target_gates import IONS

    return any(command.op.type.name in (*IONS, "PhasedX") for command in circuit)


def _places(compiled: Compiled, slots: NDArray[np.float64] | None) -> str:
    ends = zip(compiled.program.qubits, compiled.places(slots), strict=True)
    return "qubits at the end: " + ", ".join(f"{qubit.name} is q[{place}]" for qubit, place in ends)


def _qir(circuit: Circuit, name: str) -> str:
    try:
        from pytket.qir.conversion.api import QIRFormat, QIRProfile, pytket_to_qir
    except ImportError:
        raise _no_qir() from None
    from qffc.passes.lower_pytket.files import narrow_registers

    circuit = narrow_registers(circuit, _WIDEST_QIR)
    text = pytket_to_qir(circuit, name=name, qir_format=QIRFormat.STRING, profile=QIRProfile.BASE)
    assert isinstance(text, str)
    return text


def _no_qir() -> QffcError:
    return error(
        "package for QIR not installed",
        found="no package 'pytket-qir'",
        expected="the extra 'qir'",
        help="pip install pytket-qir, which is what the extra 'qir' is",
    )
