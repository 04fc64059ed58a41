"""Print and parse are inverse to each other; every part of a program keeps its place."""

from importlib.resources import files

import pytest
from hypothesis import given

from qffc.ir import Program, QffcError, parse_program, parse_value
from qffc.ir.text.syntax import USAGE
from qffc.ir.text.value_parser import ARGUMENTS
from qffc.ir.values import Value
from qffc.testing import programs, symmetric_programs, values

WATER = """qffc 1

program water
symmetry rotation, inversion, translation, exchange
scope molecule
species O, H
channels 2
average exchange

site c: O centre
site a: H neighbour
site b: H neighbour

parameter f: species, channel radial bessel 8 cutoff 5
parameter J: 2 default -1/2 frozen

qubit a0: a
qubit a1: a
qubit b0: b
qubit free

singlet a0, a1
zero b0
zero free
rotate a0, radial(f[Z(a), channel], norm(r(c, a)))*unit(r(c, a))
exchange a0, b0, 2*J[0] + -1*pi
exchange a0, b0, J[1] unordered mix
chirality a0, a1, b0, 1/3*J[1]^2 unordered mix
pauli_rotation X(a0) Z(free), dot(r(c, a), r(c, b)) unordered unordered
relabel a0 -> b0, b0 -> a0

observable m = dot(a0, a1)
observable n = 1/2*dot(a0, b0) + -2*X(a1) Y(free) + 1*(dot(a0, a1)*Z(b0))
energy -1*moment(m)*norm(r(c, a))^-1 + moment(n)
"""


GRAPH = """qffc 1

program graph
symmetry exchange
scope molecule
species H

site a: H free molecule A
site b: H free molecule A
site c: H free molecule B
site d: H free molecule B

parameter A: 3, 3
parameter X: channel, 3

qubit q0: a
qubit q1

generator swap: sites a -> b, b -> a; qubits q0 -> q1, q1 -> q0; entries A 0 -> 2, 2 -> 0; entries X axes 1: 1 -> 1
generator parity: paulis X(q0) Y(q1)
conserved charge = 1*Z(q0) + -1/2*Z(q1)

zero q0
zero q1

observable m = dot(q0, q1)
energy moment(m)
"""


STAR = """qffc 1

program star
symmetry rotation, inversion, translation
scope atom
species O, H
average inversion

site c: any centre
site n1: any neighbour
site n2: any neighbour

parameter J: species, species

qubit q0: n1
qubit q1: n2

singlet q0, q1
rotate q0, J[Z(c), Z(n1)]*r(c, n1)

observable m = dot(q0, q1)
"""


@pytest.mark.parametrize(
    "readout",
    [
        "atomic weight J[Z(c), Z(n1)] features m head linear",
        "atomic feature J[Z(c), Z(n1)]*moment(m) head linear",
        "atomic feature moment(m) head 8, 4 tanh",
        "energy J[Z(c), Z(n1)]*moment(m)",
    ],
)
def test_canonical_text_of_a_star_survives(readout: str) -> None:
    text = f"{STAR}{readout}\n"
    assert parse_program(text).text == text


@pytest.mark.parametrize("text", [WATER, GRAPH])
def test_canonical_text_survives(text: str) -> None:
    assert parse_program(text).text == text


def test_generators_are_kept_in_one_order() -> None:
    swap = "sites b -> a, a -> b; qubits q1 -> q0, q0 -> q1; entries X axes 1: 1 -> 1; entries A 2 -> 0, 0 -> 2"
    mixed = GRAPH.replace(GRAPH.partition("generator swap: ")[2].partition("\n")[0], swap)
    assert mixed != GRAPH
    assert parse_program(mixed).text == GRAPH


@given(programs(finite=False))
def test_parse_undoes_print(program: Program) -> None:
    parsed = parse_program(program.text)
    assert parsed == program
    assert parsed.text == program.text
    assert parsed.digest == program.digest


@given(symmetric_programs())
def test_parse_undoes_print_on_symmetric_programs(program: Program) -> None:
    assert parse_program(program.text) == program


@given(values())
def test_parse_undoes_print_on_numbers(value: Value) -> None:
    assert parse_value(value.text) == value


@given(values(rank=1))
def test_parse_undoes_print_on_vectors(value: Value) -> None:
    parsed = parse_value(value.text)
    assert parsed == value
    assert parsed.law == value.law


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("a - b", "a + -1*b"),
        ("a - b - c", "a + -1*b + -1*c"),
        ("a - (b - c)", "a + -1*b + c"),
        ("a/b/c", "a*b^-1*c^-1"),
        ("a/(b/c)", "a*b^-1*c"),
        ("-a^2", "-1*a^2"),
        ("(-a)^2", "a^2"),
        ("--a", "a"),
        ("2*-a", "-2*a"),
        ("1/2*a", "1/2*a"),
        ("1/2/3", "1/6"),
        ("2^-1", "1/2"),
        ("1/2^2", "1/4"),
        ("(1/3)^2", "1/9"),
        ("-2^2", "-4"),
        ("0.1", "1/10"),
        ("1e-3*a", "1/1000*a"),
        ("2.5e2", "250"),
        (".5", "1/2"),
        ("  a\t+ a  # twice", "2*a"),
        ("(((a)))", "a"),
        ("cutoff(a, 2.5)", "cutoff(a, 5/2)"),
        ("cutoff(a, 10/4)", "cutoff(a, 5/2)"),
        ("x(x) + r(r, sin)", "r(r, sin) + x(x)"),
        ("J[Z(a),channel, 3]", "J[Z(a), channel, 3]"),
        ("vector(0, 0, 0) + x(a)", "x(a)"),
    ],
)
def test_free_spelling(written: str, canonical: str) -> None:
    assert parse_value(written).text == canonical
    assert parse_value(canonical).text == canonical


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("dot(u, v) - X(u)", "1*dot(u, v) + -1*X(u)"),
        ("dot(v, u)", "dot(u, v)"),
        ("Y(v) X(u)", "X(u) Y(v)"),
        ("0.5*dot(u, v)", "1/2*dot(u, v)"),
        ("-1/2*X(u)*X(v)", "-1/2*(X(u)*X(v))"),
        ("(X(u))", "X(u)"),
        ("dot(u, v) - 3/2*X(u)", "1*dot(u, v) + -3/2*X(u)"),
    ],
)
def test_free_spelling_of_observables(written: str, canonical: str) -> None:
    text = (
        "qffc 1\nprogram p\nscope molecule\nspecies H\nsite a: H free\nqubit u\nqubit v\nsinglet u, v\n"
        f"observable e = {written}\nenergy moment(e)\n"
    )
    program = parse_program(text)
    assert f"observable e = {canonical}\n" in program.text
    assert parse_program(program.text) == program


def test_comments_and_blank_lines_are_free() -> None:
    loose = "# water\n\n" + WATER.replace("\n", "   # why\n\n") + "\n# end"
    assert parse_program(loose) == parse_program(WATER)
    assert parse_program(WATER.replace("\n", "\r\n")).text == WATER


def test_everything_keeps_its_place() -> None:
    program = parse_program(WATER, "water.qffc")
    assert str(program.sites[1].span) == "water.qffc:11:1"
    assert str(program.parameters[0].span) == "water.qffc:14:1"
    assert str(program.qubits[3].span) == "water.qffc:20:1"
    lines = WATER.splitlines()
    for op in program.ops:
        assert op.span is not None
        assert op.span.source == lines[op.span.line - 1]
        assert (op.span.column, op.span.end_column) == (1, len(op.span.source) + 1)


def test_mistakes_point_at_the_part() -> None:
    with pytest.raises(QffcError) as caught:
        parse_program(WATER.replace("rotate a0, radial", "rotate a0, tan(pi)*radial"), "water.qffc")
    span = caught.value.diagnostic.span
    assert span is not None
    assert (span.line, span.column, span.end_column) == (25, 12, 15)


@pytest.mark.parametrize(
    ("version", "word"), [("2", "install a newer qffc that reads version 2"), ("0", "versions start at 1")]
)
def test_other_versions_are_refused(version: str, word: str) -> None:
    with pytest.raises(QffcError, match=word) as caught:
        parse_program(WATER.replace("qffc 1", f"qffc {version}"))
    assert caught.value.diagnostic.found == f"version {version}"
    assert caught.value.diagnostic.expected == "version 1"


def test_a_newer_version_is_refused_before_its_body_is_read() -> None:
    with pytest.raises(QffcError, match="too new"):
        parse_program("qffc 7\nteleport a, b\n")


@pytest.mark.parametrize(
    "text", ["", "\n", "# nothing\n", "qffc", "qffc x", "qffc 1", "((", "\x00", "\u2200", "qffc 1\nqffc 1"]
)
def test_rubbish_is_a_diagnostic(text: str) -> None:
    with pytest.raises(QffcError) as caught:
        parse_program(text)
    assert caught.value.diagnostic.span is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(" * 100 + "a" + ")" * 100, "nested too deeply"),
        ("1e999999999", "number out of range"),
        ("9^99999999", "exponent too large"),
        ("9^9999*a", "number out of range"),
        ("9" * 5000, "number out of range"),
        ("1/0", "division by zero"),
        ("1/(a - a)", "division by zero"),
        ("0^-1", "division by zero"),
        ("a^1.5", "whole number"),
        ("", "syntax error"),
    ],
)
def test_unreasonable_values_are_refused(text: str, message: str) -> None:
    with pytest.raises(QffcError, match=message):
        parse_value(text)


def test_nesting_within_the_limit_parses() -> None:
    text = "sin(" * 60 + "a" + ")" * 60
    assert parse_value(text).text == text


def test_long_programs_parse() -> None:
    gate = "rotate a0, radial(f[Z(a), channel], norm(r(c, a)))*unit(r(c, a))\nexchange a0, b0, 2*J[0] + -1*pi\n"
    long = WATER.replace("relabel a0 -> b0", gate * 1000 + "relabel a0 -> b0")
    assert parse_program(long).text == long


def test_the_example_in_the_format_page_is_canonical() -> None:
    page = files("qffc.ir").joinpath("FORMAT.md").read_text(encoding="utf-8")
    example = page.split("```\n")[1]
    assert parse_program(example).text == example


def test_every_word_of_the_grammar_is_on_the_format_page() -> None:
    page = files("qffc.ir").joinpath("FORMAT.md").read_text(encoding="utf-8")
    for word in (*USAGE, *ARGUMENTS):
        assert word in page
