"""What ``qffc compile --emit`` writes."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from qffc.cli.output import say
from qffc.compiling.exits import FORMATS
from qffc.ir.diagnostics import error

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qffc.compiling.compiled import Compiled


class Emit(StrEnum):
    """What there is to write: the formats of :data:`qffc.compiling.exits.FORMATS`, and a drawing."""

    IR = "ir"
    PYTKET = "pytket"
    PYTKET_SYMBOLS = "pytket-symbols"
    QASM = "qasm"
    QASM_QELIB1 = "qasm-qelib1"
    QASM3 = "qasm3"
    QIR = "qir"
    GUPPY = "guppy"
    HUGR = "hugr"
    INPUTS = "inputs"
    JSON = "json"
    DRAWING = "drawing"


def check_request(kind: Emit | None, out: Path | None, geometry: str | None, measured: bool) -> None:
    """Stop when options of ``--emit`` do not fit together.

    Raises:
        QffcError: says which.
    """
    if kind is None and (out is not None or geometry is not None or measured):
        named = {
            f"--out {out}": out is not None,
            f"--geometry {geometry}": geometry is not None,
            "--measured": measured,
        }
        place = "circuits" if out is None else out
        raise error(
            "nothing to write",
            found=f"{', '.join(name for name, given in named.items() if given)} without --emit",
            expected=f"--emit and one of {', '.join(Emit)}",
            help=f"add --emit qasm --out {place} for native circuits; counts and the price of a program need none of it"
            if geometry is not None or measured
            else "say what to write: --emit qasm for native circuits, --emit ir for the compiled program",
        )
    if kind is None:
        return
    content = None if kind is Emit.DRAWING else FORMATS[kind].content
    if geometry is not None and content not in ("numbers", "values"):
        raise error(
            "geometry for what has no numbers",
            found=f"--geometry with --emit {kind.value}",
            expected=f"one of {', '.join(_having('numbers', 'values'))}",
            help="leave it out; '--emit inputs' writes the numbers that go into a circuit with inputs"
            if content == "inputs"
            else "leave it out, or emit circuits",
        )
    if measured and content not in ("numbers", "inputs"):
        raise error(
            "measurements of something else than circuits",
            found=f"--measured with --emit {kind.value}",
            expected=f"one of {', '.join(_having('numbers', 'inputs'))}",
            help="leave it out, or emit circuits",
        )
    if kind is Emit.HUGR and out is None:
        raise error(
            "bytes without a file",
            found="--emit hugr without --out",
            expected="a file, or a folder for several circuits",
            help="add --out FOLDER",
        )
    if kind is Emit.DRAWING and (out is None or out.suffix not in (".png", ".svg")):
        raise error(
            "drawing without a file",
            found=f"--out {out}",
            expected="a file .png or .svg",
            help="add --out circuit.svg",
        )


def emitted(
    compiled: Compiled, kind: Emit, model: Path | None, geometry: str | None, measured: bool
) -> list[str | bytes]:
    """Return what to write: one entry, or one for each circuit; nothing for a drawing.

    Args:
        compiled: the program.
        kind: what to write.
        model: where the numbers come from, with a geometry.
        geometry: whose angles the circuits have; else generic ones.
        measured: one circuit for each measurement setting, instead of one without measurements.
    """
    if kind is Emit.DRAWING:
        return []
    points = (None,) if geometry is None else tuple(_slots(compiled, model, geometry))
    if compiled.target.connectivity is not None and not measured:
        for slots in points:
            say(_places(compiled, slots))
    return [content for slots in points for content in compiled.emit(kind, slots, measured=measured)]


def write(compiled: Compiled, kind: Emit, contents: list[str | bytes], out: Path) -> None:
    """Write to a file; several circuits to files of a folder."""
    if kind is Emit.DRAWING:
        from qffc.reports.circuit_drawing import draw_circuit

        draw_circuit(compiled.program, out)
    elif len(contents) == 1:
        _write(out, contents[0])
    else:
        width = len(str(len(contents) - 1))
        for index, content in enumerate(contents):
            _write(out / f"circuit-{index:0{width}}{FORMATS[kind].suffix}", content)
        say(f"{len(contents)} circuits")
    say(f"written to {out}")


def need_one(contents: list[str | bytes]) -> str:
    """Return the only text; several circuits need a folder.

    Raises:
        QffcError: when there are several.
    """
    if len(contents) != 1:
        raise error(
            "several circuits and no folder for them",
            found=f"{len(contents)} circuits without --out",
            expected="a folder",
            help="add --out FOLDER",
        )
    (content,) = contents
    assert isinstance(content, str)
    return content


def _having(*contents: str) -> list[str]:
    return [name for name, form in FORMATS.items() if form.content in contents]


def _write(path: Path, content: str | bytes) -> None:
    from qffc.atomic_files import atomic_path, write_text

    if isinstance(content, str):
        write_text(path, content)
        return
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


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


def _places(compiled: Compiled, slots: NDArray[np.float64] | None) -> str:
    ends = zip(compiled.program.qubits, compiled.places(slots), strict=True)
    return "qubits at the end: " + ", ".join(f"{qubit.name} is q[{place}]" for qubit, place in ends)
