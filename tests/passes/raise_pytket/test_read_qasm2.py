"""Angles of OpenQASM 2: they mean what they mean in mathematics, and names stay names."""

import math

import pytest
import sympy
from pytket.circuit import Circuit

from qffc.ir.diagnostics import QffcError
from qffc.passes.raise_pytket.read_circuit import read_circuit

VALUES = {"a": 0.7, "b": 1.3, "c": 0.4}
MATHEMATICS = {"pi": math.pi, "sin": math.sin, "cos": math.cos, "tan": math.tan, "exp": math.exp, "ln": math.log}


def two(body: str) -> Circuit:
    return read_circuit(f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\n{body}\n', "<text>")


def names(circuit: Circuit) -> set[str]:
    return {symbol.name for symbol in circuit.free_symbols()}


def angles(circuit: Circuit) -> list[float]:
    """The angles of a circuit in radians."""
    circuit.symbol_substitution({sympy.Symbol(name): value for name, value in VALUES.items()})
    return [float(angle) * math.pi for command in circuit.get_commands() for angle in command.op.params]


@pytest.mark.parametrize(
    "angle",
    [
        *("a+b**2", "a*b**2", "-a**2", "-2^2", "(-2)**2", "2**3**2*0.001", "a-b*c^2", "a**-2", "(-0.5)**2"),
        *("a^2^2", "2*-a", "--a", "a-(-b)", "2-a-b", "a/2/b", "a/b*c", "3-2-1", "+a", "-(a+b)", "1/a/b"),
        *("sin(a+b)*cos(c)", "tan(a)", "exp(a)/10", "ln(2*b)", "sqrt(2)*a", "sqrt(a)", "exp(-1)"),
        *("1e-3", "-1.5E+0", ".5*a", "2.*a", "pi*a/4", "-pi/4-a", "5*pi/4 - a", "a*0.1*10", "b**0.5"),
    ],
)
def test_angle_is_read_as_mathematics_does(angle: str) -> None:
    expected = eval(angle.replace("^", "**"), {**MATHEMATICS, **VALUES, "sqrt": math.sqrt})
    found = angles(two(f"rx({angle}) q[0]; gate g(b, a) x {{ ry({angle}) x; }} g(b, a) q[1];"))
    assert [math.remainder(each - expected, 4 * math.pi) for each in found] == pytest.approx([0, 0], abs=1e-9)


@pytest.mark.parametrize(
    "name", ["E", "I", "e", "GoldenRatio", "Catalan", "EulerGamma", "True", "oo", "S", "lambda", "if", "sin"]
)
def test_names_of_constants_are_names(name: str) -> None:
    assert names(two(f"rx({name}) q[0];")) == {name}
    assert names(two(f"gate g({name}) x {{ rx({name}/2) x; }} g(t) q[0]; ry({name}) q[1];")) == {name, "t"}


def test_names_of_entries_and_greek_ones_stay() -> None:
    assert names(two("rx(x[0] + x[0, 1]) q[0]; rz(θ) q[1]; u3(n0, n1, 2*nn0) q[0];")) == {
        *("x[0]", "x[0, 1]", "θ", "n0", "n1", "nn0")
    }


def test_formal_names_are_no_names_of_the_call() -> None:
    circuit = two("gate g(a, b) x { rx(a) x; ry(b) x; } g(b, a) q[0];")
    found = [command.op.params[0] * sympy.pi for command in circuit.get_commands()]
    assert [str(angle) for angle in found] == ["b", "a"]


def test_names_that_a_definition_does_not_declare_are_those_of_the_file() -> None:
    assert names(two("gate g(t) x { rx(t*w) x; } g(0.3) q[0]; g(t) q[1];")) == {"w", "t"}


@pytest.mark.parametrize("operands", ["", " q[0]", " q[0],q[1]", " q"])
def test_phase_of_the_whole_state_has_any_operands(operands: str) -> None:
    circuit = two(f"gphase(a*(0.3 + 1)){operands};\nrx(0.3) q[0];\ngphase (-0.1){operands} ;\nx q[1];")
    assert (circuit.n_gates, names(circuit)) == (2, set())


def test_phase_in_a_definition_is_left_out() -> None:
    assert two("gate g(t) x { gphase(t) x; rx(t) x; gphase(0.2); } g(0.3) q[0];").n_gates == 1


@pytest.mark.parametrize("number", ["9223372036854775808", "2**63*a", "a/9223372036854775809", "1e400", "9**9**9"])
def test_numbers_that_pytket_does_not_hold_are_refused(number: str) -> None:
    with pytest.raises(QffcError, match="number that is too large"):
        two(f"rx({number}) q[0];")


@pytest.mark.parametrize(
    "angle",
    ["1a", "a b", "1/0", "a % 2", "acos(a)", "a.b", "1_000", "0x1f", "a if b", "nan", "(" * 300 + "a" + ")" * 300],
)
def test_what_is_no_angle_is_refused(angle: str) -> None:
    with pytest.raises(QffcError, match="expression that is no angle"):
        two(f"rx({angle}) q[0];")


def test_two_registers_of_one_name_are_refused() -> None:
    with pytest.raises(QffcError, match="name declared twice"):
        two("qreg q[1];")


def test_byte_order_mark_is_no_part_of_a_circuit() -> None:
    assert read_circuit('\ufeffOPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\nh q[0];', "<text>").n_gates == 1
