"""What a drawing of a circuit shows and where, whether with characters or with lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial

from qffc.ir.operation import Op
from qffc.ir.program import Program

_SHORT = 8
"""Characters of an angle that stands in the drawing itself; longer ones have a name there, and their own line below."""
_HALVINGS = 12
"""Of the length of a line, until lines are about equally long."""


@dataclass(frozen=True)
class Drawn:
    """An operation in a drawing.

    Args:
        op: the operation.
        marks: what stands on the wire of each of its qubits, in its own order.
        boxed: whether marks are names in boxes, rather than signs.
        label: its angle, where it stands beside the line between its qubits.
    """

    op: Op
    marks: tuple[str, ...]
    boxed: bool
    label: str = ""

    @property
    def ends(self) -> tuple[int, int]:
        """The first and the last wire that it reaches."""
        return min(self.op.qubits), max(self.op.qubits)


@dataclass(frozen=True)
class Layout:
    """A circuit, ready to be drawn.

    Args:
        title: what it is.
        wires: the names of the qubits.
        columns: layers of operations that share no wire, and cross none of each other.
        measured: the qubits that the readout looks at.
        legend: a sign or a name, and what it stands for.
    """

    title: str
    wires: tuple[str, ...]
    columns: tuple[tuple[Drawn, ...], ...]
    measured: tuple[int, ...]
    legend: tuple[tuple[str, str], ...]


def layout_of(program: Program) -> Layout:
    """Return what a drawing of a program shows.

    Example:
        >>> from qffc.library import load
        >>> layout = layout_of(load("sivqlm-lih", depth=1))
        >>> [[drawn.marks for drawn in column] for column in layout.columns]
        [[('', '')], [('R v1',), ('R v2',)], [('•', '•')], [('R v3',), ('R v4',)]]
        >>> dict(layout.legend)["v2"]
        'alpha_lower[0]*r(Li, H)'
    """
    names = _value_names(program)
    wires = tuple(q.name if q.site is None else f"{q.name} · {q.site}" for q in program.qubits)
    columns = tuple(tuple(_drawn(op, program, names) for op in column) for column in columns_of(program))
    measured = tuple(sorted({qubit for _, observable in program.observables for qubit in observable.qubits}))
    count, layers = len(program.ops), len(columns)
    title = f"{program.name}: {count} operations on {len(wires)} qubits in {layers} layers"
    return Layout(title, wires, columns, measured, tuple(_legend(program, names)))


def bands_of(widths: Sequence[float], room: float) -> list[tuple[int, int]]:
    """Return the layers of each line of a drawing, from the first to before the last: few lines, about equally long.

    Args:
        widths: of the layers.
        room: the longest line, but for one of a single layer.

    Example:
        >>> bands_of([1, 1, 1, 1, 1, 1, 1], 6)
        [(0, 4), (4, 7)]
    """
    bands = _filled(widths, room)
    low, high = 0.0, room
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if len(_filled(widths, middle)) > len(bands):
            low = middle
        else:
            high = middle
    return _filled(widths, high)


def _filled(widths: Sequence[float], room: float) -> list[tuple[int, int]]:
    bands, first, used = [], 0, 0.0
    for place, width in enumerate(widths):
        if place > first and used + width > room:
            bands.append((first, place))
            first, used = place, 0.0
        used += width
    return [*bands, (first, len(widths))]


def columns_of(program: Program) -> list[list[Op]]:
    """Return the operations in columns, each as far left as its qubits, and the wires that it crosses, allow."""
    free = [0] * len(program.qubits)
    columns: list[list[Op]] = []
    for op in program.ops:
        wires = range(min(op.qubits), max(op.qubits) + 1)
        column = max(free[wire] for wire in wires)
        while len(columns) <= column:
            columns.append([])
        columns[column].append(op)
        for wire in wires:
            free[wire] = column + 1
    return columns


def _value_names(program: Program) -> dict[str, str]:
    """What stands in the drawing for each angle and vector, by its text: v1, v2, ... and t1, t2, ... for long ones."""
    taken = set(re.findall(r"\w+", program.text))
    names: dict[str, str] = {}
    numbers = {"v": 0, "t": 0}
    for op in program.ops:
        if op.value is None or op.value.text in names:
            continue
        text = op.value.text
        names[text] = text
        letter = "v" if op.declaration.vector else "t"
        while letter == "v" or len(text) > _SHORT:
            numbers[letter] += 1
            names[text] = f"{letter}{numbers[letter]}"
            if names[text] not in taken:
                break
    return names


def _drawn(op: Op, program: Program, names: dict[str, str]) -> Drawn:
    said = op.declaration
    name = "" if op.value is None else names[op.value.text]
    if said.moves is not None:
        return Drawn(op, tuple(f"{said.symbol}{program.qubits[target].name}" for _, target in op.moved), True)
    signs = tuple(letter for _, letter in op.letters) or (said.symbol,) * len(op.qubits)
    if len(op.qubits) == 1:
        return Drawn(op, (f"{signs[0]} {name}".strip(),), True)
    if said.exchanges and len(said.orders) < factorial(len(op.qubits)) or said.is_signed:
        signs = tuple(f"{sign}{place}" for place, sign in enumerate(signs, 1))  # the order of its qubits matters
        return Drawn(op, signs, True, name)
    return Drawn(op, signs, bool(op.letters) or len(op.qubits) > 2, name)


def _legend(program: Program, names: dict[str, str]) -> list[tuple[str, str]]:
    kinds = {op.word: op.declaration for op in program.ops}
    lines = []
    for word, said in kinds.items():
        numbered = bool(said.exchanges) and len(said.qubits) > 2
        sign = "X Y Z" if said.string else said.symbol or "╭ ╰"
        order = "; a, b, ... are the qubits by their numbers" if numbered else ""
        lines.append((sign, f"{word}: {said.unitary}{order}"))
    lines += [(name, text) for text, name in names.items() if name != text]
    for group in dict.fromkeys(op.group for op in program.ops if op.group is not None):
        inside = [op for op in program.ops if op.group == group]
        lines.append(("free", f"{len(inside)} couplings of the group '{group}' have no order yet; drawn as written"))
    qubits = [qubit.name for qubit in program.qubits]
    seen = [f"{name} = {observable.text(qubits)}" for name, observable in program.observables]
    return [*lines, *(("M", f"measured: {text}") for text in seen)]
