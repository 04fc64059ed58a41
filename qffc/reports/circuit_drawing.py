"""A drawing of the circuit of a program, in its own operations rather than in native gates."""

from __future__ import annotations

from pathlib import Path

from qffc.ir.operation import Op
from qffc.ir.ops import Exchange, Rotate, Singlet
from qffc.ir.program import Program
from qffc.reports.plots import ACCENT, FAINT, INK, SECOND, new_figure, save_figure

_COLOURS = {Rotate: ACCENT, Exchange: SECOND, Singlet: INK}
_COLUMNS_PER_ROW = 36


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


def draw_circuit(program: Program, path: Path) -> None:
    """Write the circuit as PNG or SVG, by the suffix of ``path``.

    Qubits run from top to bottom; a bracket is a singlet, R a rotation about a vector of the molecule, two joined dots
    an exchange, P a Pauli rotation and χ a chirality.
    """
    columns = columns_of(program)
    qubits = len(program.qubits)
    bands = [columns[start : start + _COLUMNS_PER_ROW] for start in range(0, len(columns), _COLUMNS_PER_ROW)]
    width = min(len(columns), _COLUMNS_PER_ROW)
    figure = new_figure(1.6 + 0.34 * width, 0.5 + len(bands) * (0.5 * qubits + 0.3))
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_aspect("equal")
    for band, content in enumerate(bands):
        top = -band * (qubits + 1.0)
        for wire, qubit in enumerate(program.qubits):
            axes.plot([-0.5, len(content) - 0.4], [top - wire] * 2, color=FAINT, linewidth=1, zorder=0)
            name = qubit.name if qubit.site is None else f"{qubit.name} · {qubit.site}"
            axes.text(-0.7, top - wire, name, ha="right", va="center", color=INK, fontsize=9)
        for column, ops in enumerate(content):
            for op in ops:
                _draw(axes, op, float(column), top)
    axes.set_title(f"{program.name}: {len(program.ops)} operations on {qubits} qubits", color=INK, fontsize=10)
    save_figure(figure, path)


def _draw(axes, op: Op, x: float, top: float) -> None:  # type: ignore[no-untyped-def]  # matplotlib axes
    heights = [top - qubit for qubit in op.qubits]
    colour = _COLOURS.get(type(op), INK)
    if len(heights) > 1:
        axes.plot([x, x], [min(heights), max(heights)], color=colour, linewidth=1.6, zorder=1)
    for y in heights:
        if isinstance(op, Exchange):
            axes.plot([x], [y], marker="o", color=colour, markersize=6, zorder=2)
        elif isinstance(op, Singlet):
            axes.plot([x, x + 0.25], [y, y], color=colour, linewidth=1.6, zorder=2)
        else:
            box = {"boxstyle": "round,pad=0.18", "facecolor": "white", "edgecolor": colour}
            axes.text(
                x, y, op.declaration.symbol, ha="center", va="center", color=colour, fontsize=8, bbox=box, zorder=3
            )
