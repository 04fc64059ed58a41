"""The verb ``draw``: the circuit of a program, in the terminal or as a file."""

from __future__ import annotations

from pathlib import Path
from shutil import get_terminal_size
from typing import Annotated

import typer

from qffc.cli.output import AsJson, emit, say
from qffc.compiling.levels import LEVELS
from qffc.ir.diagnostics import error

_SUFFIXES = (".svg", ".png", ".txt")
_WIDTH = 100
"""Characters of a line where there is no terminal."""


def draw_program(
    program: Annotated[str, typer.Argument(help="lib:NAME, FILE.qffc, FILE.py:NAME, or a trained model")],
    level: Annotated[
        int | None,
        typer.Option(
            "-O", "--level", min=0, max=len(LEVELS) - 1, help="what this optimization level makes; default: as written"
        ),
    ] = None,
    target: Annotated[str, typer.Option(help="what the level compiles for; see 'qffc targets'")] = "H2-1LE",
    out: Annotated[Path | None, typer.Option(help="a file .svg, .png or .txt instead of the terminal")] = None,
    width: Annotated[
        int | None, typer.Option(min=40, help="characters of a line; default: as wide as the terminal")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw the circuit of a program: layers, angles, vectors, what is measured, and a legend."""
    from qffc.atomic_files import write_text
    from qffc.references.programs import resolve_program
    from qffc.reports.circuit_layout import layout_of
    from qffc.reports.text_drawing import text_drawing
    from qffc.toolchain import compile as compile_to

    if out is not None and out.suffix not in _SUFFIXES:
        raise error(
            "drawing of no known kind",
            found=f"--out {out}",
            expected=f"a file {', '.join(_SUFFIXES)}",
            help="add one of these endings",
        )
    drawn = resolve_program(program) if level is None else compile_to(program, target, level).program
    text = text_drawing(drawn, width or get_terminal_size((_WIDTH, 24)).columns)
    if out is not None and out.suffix != ".txt":
        from qffc.reports.circuit_drawing import draw_circuit

        draw_circuit(drawn, out)
    elif out is not None:
        write_text(out, text + "\n")
    if out is not None:
        say(f"written to {out}")
    layout = layout_of(drawn)
    layers = [[each.op.text([q.name for q in drawn.qubits]) for each in column] for column in layout.columns]
    data = {"program": drawn.name, "digest": drawn.digest, "layers": layers, "legend": _lines(layout.legend)}
    if out is None or as_json:
        emit(text, {**data, "drawing": text}, as_json)


def _lines(legend: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    """Return the lines of a legend for JSON: a sign may have several."""
    return [{"sign": sign, "meaning": meaning} for sign, meaning in legend]
