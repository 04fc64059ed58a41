"""Files of circuits to pytket circuits: OpenQASM 2 and 3, and the JSON of pytket; which one it is, the text says."""

from __future__ import annotations

import re

from lark.exceptions import LarkError
from pytket.circuit import Circuit
from pytket.qasm.qasm import QASMParseError, QASMUnsupportedError, circuit_from_qasm_str

from qffc.ir.diagnostics import QffcError, Span, error
from qffc.passes.strict_documents import parse_json

_VERSION = re.compile(r"\s*OPENQASM\s+(\d+)(?:\.\d+)?\s*;")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_GLOBAL_PHASE = re.compile(r"\bgphase\s*\([^;]*\)\s*;")
_OPAQUE = re.compile(r"\bopaque\b[^;]*;")
_BRACKETS = re.compile(r"\(([^;{}]*)\)")
_CONSTANT = re.compile(r"(?<![\w.])([EI])(?!\w)")
"""Names that pytket takes for the base of the natural logarithm and the imaginary unit."""


def read_circuit(text: str, file: str) -> Circuit:
    """Return the circuit that a text describes.

    Parameters keep their names: ``rx(theta) q[0];`` is read in OpenQASM 2, too, where the standard has numbers alone.

    Args:
        text: OpenQASM 2 or 3, or the JSON of a pytket circuit.
        file: what messages call the text.

    Raises:
        QffcError: when it is none of these.

    Example:
        >>> text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; rx(theta) q[0];'
        >>> read_circuit(text, "<text>").free_symbols()
        {theta}
    """
    if text.lstrip().startswith("{"):
        return _read_json(text, file)
    plain = _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    version = _VERSION.match(plain)
    if version is not None and version[1] == "2":
        return _read_qasm2(plain, file)
    if version is not None and version[1] == "3":
        try:
            from qffc.passes.raise_pytket.read_qasm3 import read_qasm3
        except ImportError:
            raise error(
                "package for OpenQASM 3 not installed",
                found="no package 'openqasm3' with its parser",
                expected="the extra 'qasm3'",
                help="pip install 'openqasm3[parser]', which is what the extra 'qasm3' is",
            ) from None
        return read_qasm3(text, file)
    raise error(
        "not a circuit",
        found=f"OpenQASM {version[1]}" if version else f"a text that starts with '{_start(plain)}'",
        expected="'OPENQASM 2.0;' or 'OPENQASM 3.0;' at the start, or the JSON of a pytket circuit",
        help="write the circuit as one of these: qml.to_openqasm, qiskit.qasm3.dumps, json.dumps(circuit.to_dict())",
        where=file,
    )


def _start(text: str) -> str:
    return text.strip().split("\n")[0][:40]


def _read_qasm2(text: str, file: str) -> Circuit:
    opaque = _OPAQUE.search(text)
    if opaque is not None:
        raise error(
            "gate without a definition",
            found=f"'{opaque[0].strip()}'",
            expected="gates that are defined",
            help="define it with 'gate', or leave it out",
            span=_span(text, opaque.start(), file),
        )
    for brackets in _BRACKETS.finditer(text):
        constant = _CONSTANT.search(brackets[1])
        if constant is not None:
            raise _taken_for_a_number(constant[1], _span(text, brackets.start(), file), None)
    # A phase of the whole state, which is no statement of OpenQASM 2 though packages write it.
    text = _GLOBAL_PHASE.sub("", text)
    try:
        return circuit_from_qasm_str(text)
    except (QASMParseError, QASMUnsupportedError, LarkError, RuntimeError, KeyError, ValueError) as problem:
        raise error(
            "OpenQASM 2 that cannot be read",
            found=_first_line(problem),
            expected="OpenQASM 2 with the gates of qelib1.inc, or with definitions of others",
            help="define the gate in the file, or write OpenQASM 3",
            where=file,
        ) from None


def _read_json(text: str, file: str) -> Circuit:
    try:
        data = parse_json(text)
    except ValueError as problem:
        raise _no_circuit(str(problem), file) from None
    for symbols in _parameters(data):
        constant = _CONSTANT.search(symbols)
        if constant is not None:
            raise _taken_for_a_number(constant[1], None, file)
        if "[" in symbols:
            raise error(
                "symbol that pytket cannot read back",
                found=f"'{symbols}'",
                expected="names without brackets",
                help="rename it before writing the file, or give the circuit itself to qf.from_pytket",
                where=file,
            )
    try:
        circuit = Circuit.from_dict(data)  # type: ignore[arg-type]  # what is no circuit is refused
    except (RuntimeError, ValueError, TypeError, KeyError) as problem:
        raise _no_circuit(_first_line(problem), file) from None
    return circuit


def _parameters(data: object) -> list[str]:
    """Every parameter of a gate in the JSON of a circuit, boxes included."""
    if isinstance(data, dict):
        own = [entry for entry in data.get("params") or () if isinstance(entry, str)]
        return own + [entry for child in data.values() for entry in _parameters(child)]
    return [entry for child in data for entry in _parameters(child)] if isinstance(data, list) else []


def _no_circuit(found: str, file: str) -> QffcError:
    return error(
        "JSON that is no circuit",
        found=found,
        expected="what json.dumps(circuit.to_dict()) writes",
        help="write the circuit again",
        where=file,
    )


def _taken_for_a_number(name: str, span: Span | None, where: str | None) -> QffcError:
    return error(
        "symbol that pytket takes for a number",
        found=f"'{name}', which would be {'2.718...' if name == 'E' else 'the imaginary unit'}",
        expected="another name",
        help="rename the parameter where the circuit is made",
        span=span,
        where=where,
    )


def _span(text: str, place: int, file: str) -> Span:
    line = text.count("\n", 0, place) + 1
    source = text.split("\n")[line - 1]
    column = place - (text.rfind("\n", 0, place) + 1)
    start = column + len(source[column:]) - len(source[column:].lstrip())
    return Span(file, line, start + 1, None, source)


def _first_line(problem: Exception) -> str:
    return str(problem).strip().split("\n")[0] or type(problem).__name__
