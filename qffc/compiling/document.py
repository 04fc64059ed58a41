"""Compiled programs on disk: one JSON document, checked against itself when it is read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from qffc.compiling.levels import level
from qffc.ir.diagnostics import QffcError, error
from qffc.ir.program import Program
from qffc.ir.text.parser import parse_program
from qffc.passes.counts import CircuitCounts
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.pipeline import PassRecord
from qffc.passes.pipeline_text import check_recorded
from qffc.passes.plain_data import from_plain, to_plain
from qffc.passes.strict_documents import parse_json
from qffc.passes.target import Target

FORMAT = "qffc compiled program"
VERSION = 1


@dataclass(frozen=True, eq=False)
class Parts:
    """What a compiled program is made of; :class:`qffc.compiling.compiled.Compiled` describes the fields."""

    source: Program
    program: Program
    certificate: Certificate
    target: Target
    level: int
    passes: str
    lowering: str
    records: tuple[PassRecord, ...]


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


def document_text(compiled: Parts, counts: CircuitCounts | None) -> str:
    """Return a compiled program as JSON: texts, certificate, target, passes, counts where there are native gates."""
    document = _Document(
        qffc=version("qffc"),
        source=_Text(compiled.source.text, compiled.source.digest),
        program=_Text(compiled.program.text, compiled.program.digest),
        target=compiled.target,
        level=compiled.level,
        passes=compiled.passes,
        lowering=compiled.lowering,
        records=compiled.records,
        counts=counts,
    )
    data = {"format": FORMAT, "version": VERSION, **to_plain(document)}
    data["certificate"] = json.loads(compiled.certificate.to_json())
    return json.dumps({**data, "sha256": _checksum(data)}, indent=2, allow_nan=False) + "\n"


def parts_in(text: str, where: str) -> Parts:
    """Return the compiled program of a JSON text.

    Nothing is proven or compiled again: ``qffc check`` does that for a certificate.

    Args:
        text: what :func:`document_text` gave.
        where: how messages name it.

    Raises:
        QffcError: when the text is no compiled program of a known version, was changed after it was written, or its
            programs, certificate and passes do not fit together.
    """
    data = _read(text, where)
    claimed, certificate = data.pop("sha256", None), data.pop("certificate", None)
    found = _checksum({**data, "certificate": certificate})
    if claimed != found:
        raise refusal(
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
        raise refusal(
            "compiled program with the certificate of another",
            where,
            f"a certificate of '{proof.program}', digest {proof.digest[:12]}",
            f"one of '{program.name}', digest {program.digest[:12]}",
        )
    level(document.level)
    check_recorded(document.passes)
    check_recorded(document.lowering)
    return Parts(
        source=source,
        program=program,
        certificate=proof,
        target=document.target,
        level=document.level,
        passes=document.passes,
        lowering=document.lowering,
        records=document.records,
    )


def _read(text: str, where: str) -> dict[str, Any]:
    try:
        data = parse_json(text)
    except ValueError as problem:
        raise refusal("compiled program that is not JSON", where, str(problem), "a JSON object") from None
    kind, number = (data.get("format"), data.get("version")) if isinstance(data, dict) else (None, None)
    if not isinstance(data, dict) or kind != FORMAT or number != VERSION:
        raise refusal(
            "not a compiled program of a known version",
            where,
            f"format {kind!r}, version {number!r}",
            f"format '{FORMAT}', version {VERSION}",
        )
    return data


def _program(stored: _Text, where: str) -> Program:
    program = parse_program(stored.text, file=where)
    if program.digest != stored.digest:
        raise refusal(
            "program that does not match its digest",
            where,
            f"a text with digest {program.digest[:12]}",
            f"digest {stored.digest[:12]}",
        )
    return program


def _checksum(data: dict[str, Any]) -> str:
    """It finds damage and careless edits, as that of a certificate."""
    return sha256(json.dumps(data, sort_keys=True, allow_nan=False).encode()).hexdigest()


def refusal(title: str, where: str, found: str, expected: str) -> QffcError:
    """Return the error for a file that holds no sound compiled program."""
    return error(title, found=found, expected=expected, help="compile the program again", where=where)
