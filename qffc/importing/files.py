"""Circuits and descriptions from files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qffc.importing.described import described
from qffc.importing.import_circuit import Imported, import_circuit
from qffc.importing.symbols import program_name
from qffc.ir.diagnostics import error
from qffc.passes.strict_documents import parse_toml

if TYPE_CHECKING:
    from pytket.circuit import Circuit

DESCRIPTION_SUFFIX = ".toml"


def import_file(file: Path, entries: Mapping[str, object]) -> Imported:
    """Return the program of a circuit in a file.

    Args:
        file: OpenQASM 2 or 3, the JSON of a pytket circuit, or a description in TOML that names such a file.
        entries: what is said of the circuit; nothing when the file is a description.

    Raises:
        QffcError: when a file cannot be read, or the description does not fit.
    """
    if file.suffix == DESCRIPTION_SUFFIX:
        if any(entry for entry in entries.values()):
            raise error(
                "two descriptions",
                found=f"options beside '{file}'",
                expected="all that is said of the circuit in one place",
                help="put the options into the file, or name the circuit instead",
            )
        return _described_by(file)
    description = described({**entries, "name": entries.get("name") or program_name(file.stem)}, str(file))
    return import_circuit(circuit_in(file), description)


def circuit_in(file: Path) -> Circuit:
    """Return the circuit of a file.

    Raises:
        QffcError: when there is none.
    """
    from qffc.passes.raise_pytket.read_circuit import read_circuit

    return read_circuit(_text_of(file), str(file))


def _described_by(file: Path) -> Imported:
    try:
        entries = parse_toml(_text_of(file))
    except ValueError as problem:
        raise error(
            "description that cannot be read",
            found=f"'{file}': {problem}",
            expected="a TOML file",
            help="docs/howto-import.md shows one",
        ) from None
    circuit = entries.pop("circuit", None)
    if not isinstance(circuit, str):
        raise error(
            "description without a circuit",
            found=f"circuit = {circuit!r}" if circuit is not None else "no entry 'circuit'",
            expected="the file of the circuit",
            help='write for instance: circuit = "water.qasm"',
            where=str(file),
        )
    entries.setdefault("name", program_name(file.stem))
    return import_circuit(circuit_in(file.parent / circuit), described(entries, str(file)))


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise error(
            "circuit that cannot be read",
            found=f"'{file}': {problem}",
            expected="a file of OpenQASM 2 or 3, of pytket, or a description of one in TOML",
            help="check the path",
        ) from None
