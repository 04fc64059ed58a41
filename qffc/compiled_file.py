"""Compiled programs on disk: one JSON document, checked against itself when it is read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from qffc.compiled import Compiled
from qffc.ir.diagnostics import QffcError, error
from qffc.ir.given_values import path_of
from qffc.ir.program import Program
from qffc.ir.text.parser import parse_program
from qffc.levels import level
from qffc.passes.counts import CircuitCounts
from qffc.passes.equivariance.certificate import Certificate
from qffc.passes.pipeline import PassRecord
from qffc.passes.pipeline_text import parse_pipeline
from qffc.passes.plain_data import from_plain, to_plain
from qffc.passes.strict_documents import parse_json
from qffc.passes.target import Target

FORMAT = "qffc compiled program"
VERSION = 1


@dataclass(frozen=True)
class _Text:
    """A program as text, and what its digest should be."""

    text: str
    digest: str


@dataclass(frozen=True)
class _Document:
    """What a file holds beside its format, version and checksum."""

    qffc: str
    source: _Text
    program: _Text
    target: Target
    level: int
    passes: str
    lowering: str
    records: tuple[PassRecord, ...]
    counts: CircuitCounts | None


def to_json(compiled: Compiled) -> str:
    """Return a compiled program as JSON: texts, certificate, target, passes, and counts where there are native gates.

    Example:
        >>> from qffc.toolchain import compile
        >>> from_json(to_json(compile("lib:sivqlm-lih"))).program == compile("lib:sivqlm-lih").program
        True
    """
    document = _Document(
        qffc=version("qffc"),
        source=_Text(compiled.source.text, compiled.source.digest),
        program=_Text(compiled.program.text, compiled.program.digest),
        target=compiled.target,
        level=compiled.level,
        passes=compiled.passes,
        lowering=compiled.lowering,
        records=compiled.records,
        counts=compiled.counts if compiled.target.native else None,
    )
    data = {"format": FORMAT, "version": VERSION, **to_plain(document)}
    data["certificate"] = json.loads(compiled.certificate.to_json())
    return json.dumps({**data, "sha256": _checksum(data)}, indent=2, allow_nan=False) + "\n"


def from_json(text: str, where: str = "compiled program") -> Compiled:
    """Return the compiled program of a JSON text.

    Nothing is proven or compiled again: ``qffc check`` does that for a certificate.

    Args:
        text: what :func:`to_json` gave.
        where: how messages name it.

    Raises:
        QffcError: when the text is no compiled program of a known version, was changed after it was written, or its
            programs, certificate and passes do not fit together.
    """
    data = _read(text, where)
    claimed, certificate = data.pop("sha256", None), data.pop("certificate", None)
    found = _checksum({**data, "certificate": certificate})
    if claimed != found:
        raise _refusal(
            "compiled program that was changed after it was written",
            where,
            f"checksum {str(claimed)[:12]}",
            f"checksum {found[:12]} of what it says",
        )
    content = {key: value for key, value in data.items() if key not in ("format", "version")}
    document = from_plain(_Document, content, "compiled program")
    proof = Certificate.from_json(json.dumps(certificate))
    source, program = _program(document.source, f"{where}[source]"), _program(document.program, f"{where}[program]")
    if proof.digest != program.digest:
        raise _refusal(
            "compiled program with the certificate of another",
            where,
            f"a certificate of '{proof.program}', digest {proof.digest[:12]}",
            f"one of '{program.name}', digest {program.digest[:12]}",
        )
    level(document.level)
    parse_pipeline(document.passes)
    parse_pipeline(document.lowering)
    return Compiled(
        source=source,
        program=program,
        certificate=proof,
        target=document.target,
        level=document.level,
        passes=document.passes,
        lowering=document.lowering,
        records=document.records,
    )


def load_compiled(path: str | Path) -> Compiled:
    """Read a compiled program that :meth:`Compiled.save` or ``qffc compile --emit json`` has written.

    Raises:
        QffcError: when the file is missing, or does not hold what it says; see :func:`from_json`.
    """
    try:
        text = path_of("a compiled program", path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "not UTF-8 text"
        raise _refusal("file that cannot be read", str(path), f"{reason}", "a compiled program") from None
    return from_json(text, str(path))


def _read(text: str, where: str) -> dict[str, Any]:
    try:
        data = parse_json(text)
    except ValueError as problem:
        raise _refusal("compiled program that is not JSON", where, str(problem), "a JSON object") from None
    kind, number = (data.get("format"), data.get("version")) if isinstance(data, dict) else (None, None)
    if not isinstance(data, dict) or kind != FORMAT or number != VERSION:
        raise _refusal(
            "not a compiled program of a known version",
            where,
            f"format {kind!r}, version {number!r}",
            f"format '{FORMAT}', version {VERSION}",
        )
    return data


def _program(stored: _Text, where: str) -> Program:
    program = parse_program(stored.text, file=where)
    if program.digest != stored.digest:
        raise _refusal(
            "program that does not match its digest",
            where,
            f"a text with digest {program.digest[:12]}",
            f"digest {stored.digest[:12]}",
        )
    return program


def _checksum(data: dict[str, Any]) -> str:
    """It finds damage and careless edits, as that of a certificate."""
    return sha256(json.dumps(data, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _refusal(title: str, where: str, found: str, expected: str) -> QffcError:
    return error(title, found=found, expected=expected, help="compile the program again", where=where)
