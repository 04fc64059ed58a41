"""How lines of operations are written, from the table in ``ops.py``: for parser, messages and ``FORMAT.md``."""

from __future__ import annotations

from string import ascii_lowercase

from qffc.ir.observables import OBSERVABLES, NamedObservable
from qffc.ir.operation import Coupling, Declaration
from qffc.ir.ops import OPERATIONS


def usages() -> dict[str, str]:
    """Return how each line of an operation is written, by its word.

    Example:
        >>> usages()["exchange"]
        'exchange QUBIT, QUBIT, ANGLE [unordered GROUP]'
    """
    written = {}
    for kind in OPERATIONS:
        said = kind.declaration
        operands = ["QUBIT"] * len(said.qubits) + ["QUBIT, QUBIT, ..."] * (said.members is not None)
        operands += ["X(QUBIT) Y(QUBIT) ..."] * (said.string is not None)
        operands += ["QUBIT -> QUBIT, ..."] * (said.moves is not None)
        operands += ["ANGLE"] * (said.angle is not None) + ["VECTOR"] * (said.vector is not None)
        free = " [unordered GROUP]" if issubclass(kind, Coupling) else ""
        written[said.word] = f"{said.word} {', '.join(operands)}{free}"
    return written


def lark_rules() -> str:
    """Return the rules of these lines for ``program.lark``, which has all others."""
    rules = []
    for kind in OPERATIONS:
        said = kind.declaration
        free = " unordered?" if issubclass(kind, Coupling) else ""
        rules.append(f"{said.word}: {said.word.upper()} {_operands(said, 'NAME', 'on+', 'move', 'value')}{free}")
        rules.append(f"{said.word.upper()}.2: /{said.word}\\b/")
    words = " | ".join(kind.declaration.word for kind in OPERATIONS)
    return "\n".join([f"?operation: {words}", *rules, ""])


def ebnf_rules() -> list[str]:
    """Return the rules of these lines as the grammar of ``FORMAT.md`` has them."""
    rules = []
    for kind in OPERATIONS:
        said = kind.declaration
        free = " [ unordered ]" if issubclass(kind, Coupling) else ""
        rules.append(f'"{said.word}" {_operands(said, "name", "pauli-string", "moves", "value")}{free}')
    return rules


def operation_table() -> list[str]:
    """Return the table of operations of ``FORMAT.md``."""
    rows = ["| line | what it does | |", "|---|---|---|"]
    for kind in OPERATIONS:
        said = kind.declaration
        operands = list(ascii_lowercase[: len(said.qubits)]) + ["a, b, ..."] * (said.members is not None)
        operands += ["X(a) Y(b) ..."] * (said.string is not None) + ["a -> b, ..."] * (said.moves is not None)
        operands += ["t"] * (said.angle is not None) + ["v"] * (said.vector is not None)
        cells = (f"`{said.word} {', '.join(operands)}`", said.unitary, said.meaning)
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return rows


def observable_table() -> list[str]:
    """Return the table of the observables of ``FORMAT.md`` that are a word with qubits in brackets."""
    rows = ["| observable | |", "|---|---|"]
    for kind in OBSERVABLES:
        if issubclass(kind, NamedObservable):
            rows.append(f"| `{kind.word}({', '.join(ascii_lowercase[: kind.size()])})` | {kind.formula} |")
    return rows


def _operands(said: Declaration, name: str, string: str, moves: str, value: str) -> str:
    parts: list[str] = [name] * len(said.qubits) + [string] * (said.string is not None)
    if said.members is not None:
        parts += [name, f'{name} {{ "," {name} }}' if name == "name" else f'{name} ("," {name})*']
    if said.moves is not None:
        parts.append(moves if moves == "moves" else f'{moves} ("," {moves})*')
    parts += [value] * (said.angle is not None or said.vector is not None)
    return ' "," '.join(parts)
