"""OpenQASM 2 to pytket circuits: pytket parses it, but for the angles, which it is handed with all brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from lark.exceptions import LarkError
from pytket.circuit import Circuit
from pytket.passes import DecomposeBoxes
from pytket.qasm.qasm import QASMParseError, QASMUnsupportedError, circuit_from_qasm_str

from qffc.ir.diagnostics import QffcError, Span, error
from qffc.passes.raise_pytket.qasm2_expressions import PlainNames, rewritten

_PHASE = "gphase"
"""A phase of the whole state, which is no statement of OpenQASM 2 though packages write it."""
_PART = re.compile(r"[^;{}]*[;{}]?")
_CALL = re.compile(r"(?P<before>\s*(?:if\s*\([^)]*\)\s*)?(?P<gate>gate\s+)?(?P<name>(?!if\b)[A-Za-z_]\w*)\s*\()")
_OPAQUE = re.compile(r"\bopaque\b[^;]*;")
_REGISTER = re.compile(r"\b[qc]reg\s+(\w+)(?:\s*\[\s*0*(\d+))?")
_DIGITS = 4
"""Of the largest registers: pytket makes every qubit, so that a number of thirty digits would never end."""


def read_qasm2(text: str, file: str) -> Circuit:
    """Return the circuit of a text in OpenQASM 2 without comments.

    Args:
        text: of the file.
        file: what messages call it.

    Raises:
        QffcError: for what does not parse.
    """
    opaque = _OPAQUE.search(text)
    if opaque is not None:
        raise error(
            "gate without a definition",
            found=f"'{opaque[0].strip()}'",
            expected="gates that are defined",
            help="define it with 'gate', or leave it out",
            span=_span(text, opaque.start(), file),
        )
    _need_registers(text, file)
    names = PlainNames(text)
    plain = "".join(_parts(text, names, file))
    try:
        circuit = circuit_from_qasm_str(plain)
    except (QASMParseError, QASMUnsupportedError, LarkError, RuntimeError, KeyError, ValueError) as problem:
        raise error(
            "OpenQASM 2 that cannot be read",
            found=str(problem).strip().split("\n")[0] or type(problem).__name__,
            expected="OpenQASM 2 with the gates of qelib1.inc, or with definitions of others",
            help="define the gate in the file, or write OpenQASM 3",
            where=file,
        ) from None
    DecomposeBoxes().apply(circuit)  # names in definitions are not substituted
    circuit.symbol_substitution(names.meanings)
    return circuit


def _parts(text: str, names: PlainNames, file: str) -> Iterator[str]:
    """The text in parts, with angles that pytket reads as they are meant."""
    for part in _PART.finditer(text):
        call = _CALL.match(part[0])
        if call is None:
            yield part[0]
            continue
        inside, after = _in_brackets(part[0][call.end() :])
        if call["name"] == _PHASE and not call["gate"] and call["before"].lstrip().startswith(_PHASE):
            yield re.sub(r"[^\n]", " ", part[0])
            continue
        try:
            angles = [_angle(angle, names, bool(call["gate"])) for angle in inside]
        except QffcError as problem:
            start = part.start() + len(call["before"]) - len(call["before"].lstrip())
            raise QffcError(replace(problem.diagnostic, span=_span(text, start, file))) from None
        yield f"{call['before']}{', '.join(angles)}{after}"


def _in_brackets(text: str) -> tuple[list[str], str]:
    """What stands between commas up to the closing bracket, and the rest with the bracket."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        if letter in "([":
            depth += 1
        elif letter in ")]" and depth:
            depth -= 1
        elif letter == ")" or (letter == "," and not depth):
            parts.append(text[start:place])
            start = place + 1
            if letter == ")":
                return parts, text[place:]
    return [], text  # pytket says that the bracket is open


def _angle(text: str, names: PlainNames, formal: bool) -> str:
    if not text.strip():
        return text
    return names.fresh(text.strip()) if formal else rewritten(text, names)


def _need_registers(text: str, file: str) -> None:
    seen = set[str]()
    for found in _REGISTER.finditer(text):
        if found[1] in seen:
            raise error(
                "name declared twice",
                found=f"'{found[1]}'",
                expected="a name of its own for each register",
                help="rename one of the two",
                span=_span(text, found.start(), file),
            )
        seen.add(found[1])
        if len(found[2] or "") > _DIGITS:
            raise error(
                "register of that size",
                found=f"'{found[1]}' of {found[2] if len(found[2]) < 20 else f'{found[2][:20]}...'}",
                expected=f"fewer than {10**_DIGITS} qubits or bits",
                help="correct the number",
                span=_span(text, found.start(), file),
            )


def _span(text: str, place: int, file: str) -> Span:
    line = text.count("\n", 0, place) + 1
    return Span(file, line, place - (text.rfind("\n", 0, place) + 1) + 1, None, text.split("\n")[line - 1])
