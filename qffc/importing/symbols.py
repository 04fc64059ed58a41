"""Names of symbols, as other packages spell them, to entries of tables of parameters.

``w[0, 1]`` is an entry of the table ``w``, and so is ``_w_0_``, which is how Qiskit writes ``w[0]`` in OpenQASM 3.
Greek letters get their names, and words that values use an underscore at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import name as unicode_name

from qffc.ir.declarations import Axis, Parameter
from qffc.ir.diagnostics import error
from qffc.ir.values import ChannelIndex, Index, ParameterEntry, SpeciesOf
from qffc.ir.verification.names import RESERVED

_ENTRY = re.compile(r"(?P<table>[^\[\]]+)\[(?P<indices>\d+(?:,\s*\d+)*)\]")
_QISKIT = re.compile(r"_(?P<table>[^\W_].*?)_(?P<indices>\d+)_")
_LETTER = re.compile(r"[A-Za-z0-9_]")
_GREEK = re.compile(r"GREEK (?:(?P<case>SMALL|CAPITAL) LETTER )?(?P<letter>\w+)(?: SYMBOL)?")


def entries_of(symbols: Iterable[str]) -> dict[str, ParameterEntry]:
    """Return the entry that each symbol is as a trainable parameter, all different.

    Example:
        >>> for symbol, entry in entries_of(["θ[0]", "_x_3_", "φ", "w_0_1", "x"]).items():
        ...     print(symbol, entry)
        _x_3_ x_[3]
        w_0_1 w_0_1
        x x__
        θ[0] theta[0]
        φ phi
    """
    taken: dict[str, int] = {}  # table -> number of its axes
    used: set[ParameterEntry] = set()
    found: dict[str, ParameterEntry] = {}
    for symbol in sorted(symbols):
        match = _ENTRY.fullmatch(symbol) or _QISKIT.fullmatch(symbol)
        indices = () if match is None else tuple(int(index) for index in match["indices"].split(","))
        table = plain_name(symbol if match is None else match["table"])
        while taken.get(table, len(indices)) != len(indices) or ParameterEntry(table, indices) in used:
            table += "_"
        taken[table] = len(indices)
        found[symbol] = ParameterEntry(table, indices)
        used.add(found[symbol])
    return found


def spellings(symbol: str, entry: ParameterEntry) -> tuple[str, ...]:
    """Return the names by which an author may call a symbol: its own, and the one that it has in the program.

    Example:
        >>> spellings("_θ_3_", ParameterEntry("theta", (3,)))
        ('_θ_3_', 'θ[3]', 'theta[3]')
    """
    qiskit = _QISKIT.fullmatch(symbol)
    own = symbol if qiskit is None else f"{qiskit['table']}[{qiskit['indices']}]"
    return tuple(dict.fromkeys((symbol, own, entry.text)))


def tables_of(entries: Iterable[ParameterEntry]) -> tuple[Parameter, ...]:
    """Return the smallest tables that have these entries, in the order in which they come.

    Raises:
        QffcError: when entries of one table have different numbers of indices.

    Example:
        >>> tables = tables_of([ParameterEntry("w", (0, 2)), ParameterEntry("t"), ParameterEntry("w", (1, 0))])
        >>> [(table.name, table.axes) for table in tables]
        [('w', (2, 3)), ('t', ())]
    """
    columns: dict[str, list[tuple[Index, ...]]] = {}
    for entry in entries:
        rows = columns.setdefault(entry.name, [])
        if rows and len(rows[0]) != len(entry.indices):
            raise error(
                "one name for two tables",
                found=f"'{ParameterEntry(entry.name, rows[0])}' and '{entry}'",
                expected="the same number of indices everywhere",
                help="give one of the two another name",
            )
        rows.append(entry.indices)
    return tuple(
        Parameter(name, tuple(_axis(column) for column in zip(*rows, strict=True))) for name, rows in columns.items()
    )


def _axis(column: tuple[Index, ...]) -> Axis:
    numbers = [index for index in column if isinstance(index, int)]
    if numbers:
        return max(numbers) + 1
    match column[0]:
        case SpeciesOf():
            return "species"
        case ChannelIndex():
            return "channel"
        case _:
            return "round"


def program_name(text: str) -> str:
    """Return the name of a program that looks like a text.

    Example:
        >>> program_name("my circuit.v2"), program_name("4qubits")
        ('my-circuit-v2', 'circuit-4qubits')
    """
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", text)
    return plain if re.match("[A-Za-z_]", plain) else f"circuit-{plain}"


def plain_name(name: str) -> str:
    """Return a name of the text format that looks like this one.

    Example:
        >>> plain_name("θ"), plain_name("ϕ"), plain_name("λ"), plain_name("dot"), plain_name("1a")
        ('theta', 'phi', 'lambda', 'dot_', 'p_1a')
    """
    if name.isidentifier() and name.isascii():
        return f"{name}_" if name in RESERVED else name
    letters = [letter if _LETTER.match(letter) else _spelled(letter) for letter in name]
    plain = re.sub(r"_{2,}", "_", "".join(letters)) if "_" not in name else "".join(letters)
    if not plain or not (plain[0].isalpha() or plain[0] == "_"):
        plain = f"p_{plain}"
    return f"{plain}_" if plain in RESERVED else plain


def _spelled(letter: str) -> str:
    greek = _GREEK.fullmatch(unicode_name(letter, ""))
    if greek is None:
        return "_"
    word = greek["letter"].lower().replace("lamda", "lambda")  # as Unicode spells it
    return word.capitalize() if greek["case"] == "CAPITAL" else word
