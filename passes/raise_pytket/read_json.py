"""The JSON of pytket to circuits: pytket writes every name as it is, and reads some of them as something else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pytket.circuit import Circuit

from qffc.ir.diagnostics import QffcError, error
from qffc.passes.strict_documents import parse_json

_EXPRESSIONS = ("params", "phase", "phase_pair", "pauli_gadgets")
"""The entries of gates and boxes that have expressions."""
_NUMBER = r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_PLAIN_NUMBER = re.compile(rf"{_NUMBER}(?!\w)")
_NAME = re.compile(r"[^\W\d]\w*(?!\w|\s*\()")
_AFTER_A_NUMBER = re.compile(r"\d\w*[^\W\d]\w*")
_WITHOUT_SPACES = re.compile(r"\w\S*(?<=[\w)])[+-](?=[\w(])\S*")
_LONG = re.compile(r"(?<![\w.])\d{16,}(?![\d.e])")


def read_json(text: str, file: str) -> Circuit:
    """Return the circuit that pytket wrote as JSON.

    Raises:
        QffcError: for what is no circuit, and for names that pytket reads as something else.
    """
    try:
        data = parse_json(text)
    except ValueError as problem:
        raise _no_circuit(str(problem), file) from None
    for expression in sorted(set(_expressions(data))):
        _need_names(expression, file)
    try:
        circuit = Circuit.from_dict(data)  # type: ignore[arg-type]  # what is no circuit is refused
    except (RuntimeError, ValueError, TypeError, KeyError) as problem:
        raise _no_circuit(str(problem).strip().split("\n")[0] or type(problem).__name__, file) from None
    return circuit


def _expressions(data: object, wanted: bool = False) -> Iterator[str]:
    """Every expression in the JSON of a circuit, boxes included."""
    if isinstance(data, str):
        if wanted:
            yield data
    elif isinstance(data, dict):
        for key, child in data.items():
            yield from _expressions(child, key in _EXPRESSIONS)
    elif isinstance(data, list):
        for child in data:
            # Pauli strings are lists within the list of gadgets.
            yield from _expressions(child, wanted and not _is_pauli_string(child))


def _is_pauli_string(data: object) -> bool:
    return isinstance(data, list) and all(part in ("I", "X", "Y", "Z") for part in data)


def _need_names(expression: str, file: str) -> None:
    """Refuse an expression in which a name is none to pytket."""
    if "[" in expression:
        raise error(
            "symbol that pytket cannot read back",
            found=f"'{expression}'",
            expected="names without brackets",
            help="rename it before writing the file, or give the circuit itself to qf.from_pytket",
            where=file,
        )
    if _LONG.search(expression):
        raise error(
            "number that is too large",
            found=f"'{expression}'",
            expected="numbers up to 2^53",
            help="write the angle with smaller numbers",
            where=file,
        )
    rest = _PLAIN_NUMBER.sub("0", expression)
    names = list(dict.fromkeys(name for name in _NAME.findall(rest) if name != "pi"))
    numbers = [name for name in names if _is_number(name)]
    if not names and re.search(r"\bpi\b", expression):
        numbers = ["pi"]  # an angle without symbols is written as a number: this is a symbol of that name
    if numbers:
        raise _taken(f"'{numbers[0]}', which would be a number", expression, file)
    odd = _AFTER_A_NUMBER.search(rest) or _WITHOUT_SPACES.search(rest)
    if odd is not None:
        raise _taken(f"'{odd[0]}', which would be an expression", expression, file)


@cache
def _is_number(name: str) -> bool:
    """Whether pytket reads a name as a number."""
    data = Circuit(1).Rx(0.5, 0).to_dict()
    data["commands"][0]["op"]["params"] = [name]
    try:
        return not Circuit.from_dict(data).free_symbols()
    except RuntimeError:
        return False  # pytket says more when it reads the circuit


def _taken(found: str, expression: str, file: str) -> QffcError:
    return error(
        "symbol that pytket does not read back",
        found=f"{found}, in '{expression}'",
        expected="names of letters, digits and _ that are no constants of mathematics",
        help="rename the parameter where the circuit is made, or give the circuit itself to qf.from_pytket",
        where=file,
    )


def _no_circuit(found: str, file: str) -> QffcError:
    return error(
        "JSON that is no circuit",
        found=found,
        expected="what json.dumps(circuit.to_dict()) writes",
        help="write the circuit again",
        where=file,
    )
