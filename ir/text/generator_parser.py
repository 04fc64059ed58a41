"""Trees of the grammar to symmetries that are declared by hand."""

from __future__ import annotations

from collections.abc import Mapping

from qffc.ir.diagnostics import error
from qffc.ir.generators import Conserved, Generator, TableMoves, conserved_spin
from qffc.ir.pauli import PauliString
from qffc.ir.text.observable_parser import build_observable, pauli_letter, qubit_number
from qffc.ir.text.syntax import Line, Node, whole_number_of
from qffc.ir.text.value_parser import subtrees, tokens


def build_generator(node: Node, line: Line, numbers: Mapping[str, int]) -> Generator:
    """Return the discrete symmetry of a ``generator`` tree; ``numbers`` are those of the qubits."""
    sites: tuple[tuple[str, str], ...] = ()
    qubits: tuple[tuple[int, int], ...] = ()
    entries: list[TableMoves] = []
    paulis: PauliString = ()
    seen: set[str] = set()
    for part in subtrees(node):
        word = str(tokens(part)[0])
        if word in seen:
            raise error(
                "part of a generator given twice",
                found=f"a second '{word}'",
                expected=f"one '{word}'",
                help=f"put everything behind one '{word}'",
                span=line.span(part),
            )
        moves = [tokens(move) for move in subtrees(part)]
        match word:
            case "sites":
                sites = tuple((str(a), str(b)) for a, b in moves)
            case "qubits":
                qubits = tuple((qubit_number(a, line, numbers), qubit_number(b, line, numbers)) for a, b in moves)
            case "entries":
                entries.append(_table_moves(part, line))
            case "paulis":
                paulis = tuple(pauli_letter(letter, line, numbers) for letter in subtrees(part))
        seen |= {word} - {"entries"}  # a part for each table
    return Generator(str(tokens(node)[1]), sites, qubits, tuple(entries), paulis, line.span())


def build_conserved(node: Node, line: Line, numbers: Mapping[str, int]) -> tuple[Conserved, ...]:
    """Return the continuous symmetries of a ``conserved`` tree: one charge, or the three of ``conserved spin``."""
    name = tokens(node)[1]
    if subtrees(node):
        return (Conserved(str(name), build_observable(subtrees(node)[0], line, numbers), line.span()),)
    if name != "spin":
        raise error(
            "charge without a sum",
            found=f"'conserved {name}'",
            expected=f"'conserved {name} = 1*Z(QUBIT) + ...', or 'conserved spin' for the total spin",
            help="say what is conserved",
            span=line.span(name),
        )
    return conserved_spin(len(numbers), line.span())


def _table_moves(part: Node, line: Line) -> TableMoves:
    axes: tuple[int, ...] | None = None
    moves = []
    for child in subtrees(part):
        numbers = [whole_number_of(token, line) for token in tokens(child) if token.type == "NUMBER"]
        if child.data == "table_axes":
            axes = tuple(numbers)
        else:
            moves.append((numbers[0], numbers[1]))
    return TableMoves(str(tokens(part)[1]), tuple(moves), axes)
