"""Lines end at LF or CR LF: what some programs take for an end as well is refused, and places stay right."""

from __future__ import annotations

import pytest

from qffc.ir import QffcError, parse_program, parse_value
from qffc.ir.diagnostics import Diagnostic, Span
from qffc.ir.text.lines import lines_of
from qffc.references.programs import resolve_program

SPINS = """qffc 1
program spins
scope molecule
species H
site a: H free
qubit u: a
qubit d: a
singlet u, d
observable m = dot(u, d)
energy moment(m)
"""
ENDS = ("\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\r")
"""Where ``str.splitlines`` or an editor ends a line."""


@pytest.mark.parametrize("character", [*ENDS, "\x00", "\x1b", "\x7f", "\x9b"], ids=ascii)
@pytest.mark.parametrize("before", ["# the rest is no comment ", " ", ""], ids=["comment", "code", "start"])
def test_a_control_character_is_refused_where_it_stands(character: str, before: str) -> None:
    line = f"{before}{character}exchange u, d, 1"
    with pytest.raises(QffcError, match=f"control character in a line(.|\n)*U\\+{ord(character):04X}") as caught:
        parse_program(SPINS.replace("singlet u, d\n", f"singlet u, d\n{line}\n"), "spins.qffc")
    said = caught.value.diagnostic
    assert (said.span.line, said.span.column) == (9, len(before) + 1)
    assert character not in said.render()


def test_lines_end_at_lf_and_at_cr_lf() -> None:
    program = parse_program(SPINS)
    assert parse_program(SPINS.replace("\n", "\r\n")) == program
    assert parse_program(SPINS.replace("u, d\n", "u, d\t# Ångström · 水\n")) == program
    assert parse_program(SPINS.rstrip("\n")) == program
    assert lines_of("") == []
    assert lines_of("\n\r\na\r\n\nb") == ["", "", "a", "", "b"]
    assert lines_of("a\r\r\nb\r") == ["a\r", "b\r"]


def test_a_file_with_lone_carriage_returns_is_refused(tmp_path) -> None:
    file = tmp_path / "spins.qffc"
    file.write_bytes(SPINS.replace("\n", "\r").encode())
    with pytest.raises(QffcError, match=r"U\+000D"):
        resolve_program(str(file))
    file.write_bytes(SPINS.replace("\n", "\r\n").encode())
    assert resolve_program(str(file)) == parse_program(SPINS)


def test_a_value_has_one_line() -> None:
    with pytest.raises(QffcError, match="strange character"):
        parse_value("1\n+ 2")


def test_places_in_python_files_count_its_lines(tmp_path) -> None:
    file = tmp_path / "mine.py"
    file.write_bytes("text = 'a\u2028b'  # \x85\r\nsecond = 2\r\n".encode())
    assert Span(str(file), 2).line_text() == "second = 2"
    assert Span(str(file), 3).line_text() is None
    said = Diagnostic("t", "f", "e", "h", span=Span(str(file), 1)).render()
    assert said.count("\n") == len(["at", "blank", "source", "marker", "found", "expected", "help"])
