"""Drawings of circuits, compared with texts beside this file; ``QFFC_REWRITE_ERRORS=1`` rewrites them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given

from qffc.ir.program import Program
from qffc.ir.text.parser import parse_program
from qffc.library import load
from qffc.reports.circuit_drawing import draw_circuit
from qffc.reports.circuit_layout import layout_of
from qffc.reports.text_drawing import text_drawing
from qffc.testing.strategies import programs

HERE = Path(__file__).parent / "drawings"
EVERY = parse_program((HERE / "every.qffc").read_text(encoding="utf-8"))
"""A program with every operation, a crossed wire, and a parameter with the name of a value."""


@pytest.mark.parametrize(
    ("name", "program", "width"),
    [
        ("every", EVERY, 80),
        ("ring", load("ring", qubits=4, depth=1), 44),
        ("pair", load("sivqlm-lih", depth=1), 80),
    ],
)
def test_drawings_are_those_beside(name: str, program: Program, width: int) -> None:
    drawn, file = text_drawing(program, width) + "\n", HERE / f"{name}.txt"
    if os.environ.get("QFFC_REWRITE_ERRORS"):
        file.write_text(drawn, encoding="utf-8")
    assert drawn == file.read_text(encoding="utf-8")


@given(program=programs())
def test_lines_fit_and_every_operation_is_in_its_layer(program: Program) -> None:
    lines = text_drawing(program, 60).splitlines()
    widest = max(max(map(len, layout_of(program).wires)) + 2 + 30, 60)
    assert max(map(len, lines)) <= widest
    columns = layout_of(program).columns
    assert sum(map(len, columns)) == len(program.ops)
    heads = re.findall(r"\d+", " ".join(line for line in lines if re.fullmatch(r"[ \d]+", line)))
    assert [int(head) for head in heads] == list(range(1, len(columns) + 1))


def test_a_wide_circuit_is_continued_below() -> None:
    program = load("ring", qubits=6, depth=2)
    for width, bands in ((50, 5), (80, 3), (200, 1)):
        lines = text_drawing(program, width).splitlines()
        assert max(map(len, lines)) <= width
        assert sum(line.startswith("q0") for line in lines) == bands


def test_names_of_values_are_not_those_of_the_program() -> None:
    legend = layout_of(EVERY).legend
    names = [sign for sign, _ in legend]
    assert "t1" not in names
    assert "t2" in names


def test_a_file_says_the_same(tmp_path: Path) -> None:
    draw_circuit(EVERY, tmp_path / "circuit.svg")
    drawn = re.findall(r"<!-- (.*) -->", (tmp_path / "circuit.svg").read_text(encoding="utf-8"))
    layout = layout_of(EVERY)
    marks = [mark for column in layout.columns for each in column if each.boxed for mark in each.marks]
    labels = [each.label for column in layout.columns for each in column if each.label]
    for text in [*marks, *labels, layout.title, *layout.wires]:
        assert drawn.count(text) >= [*marks, *labels, layout.title, *layout.wires].count(text), text
    assert drawn.count("M") == len(layout.measured)
    assert any("norm(r(a, b))" in line for line in drawn)
