"""The verb ``import``: circuits of other packages as programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.output import AsJson, emit, say
from qffc.ir.diagnostics import error
from qffc.ir.short_repr import counted

if TYPE_CHECKING:
    from qffc.importing.import_circuit import Imported

_MOST_LISTED = 8


def import_program(
    file: Annotated[
        Path,
        typer.Argument(help="OpenQASM 2 or 3, the JSON of a pytket circuit, or a description of one: FILE.toml"),
    ],
    site: Annotated[
        list[str] | None, typer.Option(help="an atom, 'H1:H', or with its role, 'O:O centre'; may be repeated")
    ] = None,
    observable: Annotated[
        list[str] | None, typer.Option(help="what is measured: 'E=dot(q0, q1)'; may be repeated")
    ] = None,
    angle: Annotated[
        list[str] | None,
        typer.Option(help="what a symbol stands for: 't_{i}=component(r(O, H{i}), x)'; may be repeated"),
    ] = None,
    rotation: Annotated[
        list[str] | None,
        typer.Option(help="three symbols whose rotations turn about a vector: 'a, b, c=r(O, H1)'; may be repeated"),
    ] = None,
    energy: Annotated[
        str | None, typer.Option(help="the readout, a value of moments; needed with several observables")
    ] = None,
    symmetry: Annotated[
        str | None, typer.Option(help="what is declared, with commas; by default all that molecules have")
    ] = None,
    qubit: Annotated[
        list[str] | None, typer.Option(help="the atom that a qubit belongs to: 'q0:H1'; may be repeated")
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option(help="a table that needs more than a name: 'w: 2 default 1'; may be repeated")
    ] = None,
    generator: Annotated[
        list[str] | None,
        typer.Option(help="a symmetry declared by hand: 'mirror: qubits q0 -> q1, q1 -> q0'; may be repeated"),
    ] = None,
    conserved: Annotated[
        list[str] | None, typer.Option(help="a conserved charge: 'spin', or 'N = 1*Z(q0) + 1*Z(q1)'; may be repeated")
    ] = None,
    scope: Annotated[str, typer.Option(help="molecule, pair or atom")] = "molecule",
    name: Annotated[str | None, typer.Option(help="of the program; by default that of the file")] = None,
    out: Annotated[Path | None, typer.Option(help="write the program to this file; by default it is printed")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a program of a circuit that was not written in qffc; angles that are not described become parameters."""
    from qffc.atomic_files import write_text
    from qffc.importing.files import import_file

    entries = {
        "sites": _named(site, ":", "--site", "H1:H"),
        "observables": _named(observable, "=", "--observable", "E=dot(q0, q1)"),
        "angles": _named(angle, "=", "--angle", "theta=norm(r(O, H1))"),
        "rotations": _named(rotation, "=", "--rotation", "a, b, c=r(O, H1)"),
        "energy": energy,
        "symmetry": None if symmetry is None else [part.strip() for part in symmetry.split(",") if part.strip()],
        "qubits": _named(qubit, ":", "--qubit", "q0:H1"),
        "parameters": parameter,
        "generators": _lines("generator", generator) + _lines("conserved", conserved),
        "scope": None if scope == "molecule" else scope,
        "name": name,
    }
    imported = import_file(file, entries)
    told = _told(imported, file)
    if out is None:
        say(told)
        emit(imported.program.text, _data(imported, None), as_json)
        return
    write_text(out, imported.program.text)
    emit(f"{told}\nwritten to {out}; next: qffc check {out}", _data(imported, out), as_json)


def _lines(word: str, given: list[str] | None) -> list[str]:
    return [f"{word} {text}" for text in given or ()]


def _named(given: list[str] | None, sign: str, option: str, example: str) -> dict[str, str]:
    """Entries by name, from texts with a sign between the two."""
    entries: dict[str, str] = {}
    for text in given or ():
        name, found, value = (part.strip() for part in text.partition(sign))
        if not (name and found and value):
            raise error(
                "option without a name or a value",
                found=f"{option} '{text}'",
                expected=f"a name, '{sign}' and a value",
                help=f"write for instance {option} '{example}'",
            )
        if name in entries:
            raise error(
                "name given twice",
                found=f"{option} '{text}', and '{name}{sign}{entries[name]}'",
                expected=f"one {option} for each name",
                help="leave one out",
            )
        entries[name] = value
    return entries


def _told(imported: Imported, file: Path) -> str:
    program = imported.program
    counts = ", ".join(f"{count} {word}" for word, count in imported.counts.items())
    lines = [
        f"{file}: {imported.gates} gates on {_some([qubit.name for qubit in program.qubits])}",
        f"operations: {counts}",
    ]
    names = list(dict.fromkeys(imported.trainable.values()))
    if names:
        lines.append(f"trainable, since nothing is said of them: {_some(names)}")
    if imported.brought:
        lines.append(f"also trainable, from what you said: {_some(imported.brought)}")
    if imported.measurements:
        lines.append(
            f"left out: {counted(imported.measurements, 'measurement')} at the end; observables say what is read"
        )
    return "\n".join(lines)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return f"{', '.join(names[:_MOST_LISTED])}{more}"


def _data(imported: Imported, out: Path | None) -> dict[str, object]:
    return {
        "program": imported.program.text,
        "gates": imported.gates,
        "operations": imported.counts,
        "trainable": dict(imported.trainable),
        "also_trainable": list(imported.brought),
        "measurements": imported.measurements,
        "written": None if out is None else str(out),
    }
