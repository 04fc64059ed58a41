"""Trees of the grammar to operations, by the table in ``ops.py``."""

from __future__ import annotations

from collections.abc import Mapping

from qffc.ir.operation import Op
from qffc.ir.ops import make_op, operation
from qffc.ir.text.observable_parser import pauli_letter, qubit_number
from qffc.ir.text.syntax import Line, Node, quoting
from qffc.ir.text.value_parser import build_value, subtrees, tokens


def build_operation(word: str, node: Node, line: Line, numbers: Mapping[str, int]) -> Op:
    """Return the operation of a line.

    Args:
        word: what the line starts with.
        node: its tree.
        line: for places in diagnostics.
        numbers: of the qubits by name.
    """
    said, span = operation(word).declaration, line.span()
    parts = subtrees(node)
    unordered = str(tokens(parts.pop())[1]) if parts and parts[-1].data == "unordered" else None
    value = build_value(parts.pop(), line) if said.angle or said.vector else None
    string = tuple(pauli_letter(part, line, numbers) for part in parts) if said.string else ()
    ends = [tokens(part) for part in parts] if said.moves else []
    moves = tuple((qubit_number(a, line, numbers), qubit_number(b, line, numbers)) for a, b in ends)
    qubits = [qubit_number(token, line, numbers) for token in tokens(node)[1:]]

    def build() -> Op:
        return make_op(word, qubits, value, string=string, moves=moves, unordered=unordered, span=span)

    return quoting(build, node, line) if said.string or said.moves else build()
