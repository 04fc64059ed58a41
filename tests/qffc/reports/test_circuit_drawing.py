"""Drawings of circuits, compared with texts beside this file; ``QFFC_REWRITE_ERRORS=1`` rewrites them."""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given

from qffc.ir.program import Program
from qffc.ir.text.parser import parse_program
from qffc.library import load
from qffc.reports.circuit_drawing import circuit_figure, draw_circuit
from qffc.reports.circuit_layout import bands_of, layout_of
from qffc.reports.circuit_svg import circuit_svg
from qffc.reports.site_colours import ELEMENTS, site_colours
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


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_file_says_the_same(kind: str, tmp_path: Path) -> None:
    if kind == "svg":
        draw_circuit(EVERY, tmp_path / "circuit.svg")
        root = ElementTree.parse(tmp_path / "circuit.svg").getroot()
        drawn = [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]
    else:
        (axes,) = circuit_figure(EVERY).axes
        drawn = [text.get_text() for text in axes.texts]
    layout = layout_of(EVERY)
    marks = [mark for column in layout.columns for each in column if each.boxed for mark in each.marks]
    labels = [each.label for column in layout.columns for each in column if each.label]
    for text in [*marks, *labels, layout.title, *layout.wires]:
        assert drawn.count(text) >= [*marks, *labels, layout.title, *layout.wires].count(text), text
    assert drawn.count("M") == len(layout.measured)
    assert any("norm(r(a, b))" in line for line in drawn)


def test_atoms_have_colours_and_each_site_its_own() -> None:
    program = load("sivqlm-h2o", depth=1)
    colours = site_colours(program)
    assert colours["O"] == ELEMENTS["O"]
    assert len(set(colours.values())) == 3
    drawn = circuit_svg(program)
    for site in ("H1", "H2"):
        assert drawn.count(f'stroke="{colours[site]}" stroke-width') == 4  # two turns of each of its two qubits


def test_lines_of_a_drawing_are_about_equally_long() -> None:
    widths = [float(1 + place % 3) for place in range(40)]
    bands = bands_of(widths, 30.0)
    lengths = [sum(widths[first:last]) for first, last in bands]
    assert [first for first, _ in bands[1:]] == [last for _, last in bands[:-1]]
    assert max(lengths) <= 30
    assert max(lengths) - min(lengths) <= 4
    assert bands_of([50.0, 1.0], 30.0) == [(0, 1), (1, 2)]
