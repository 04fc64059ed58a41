"""OpenQASM 2 and 3 as pytket circuits: the same unitary, and the same names."""

import numpy as np
import pytest
from pytket.circuit import Circuit
from pytket.passes import DecomposeBoxes

from qffc.ir.diagnostics import QffcError
from qffc.passes.raise_pytket.raise_circuit import raise_circuit
from qffc.passes.raise_pytket.read_circuit import read_circuit

HEAD_2 = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'
HEAD_3 = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def need_equal(circuit: Circuit, expected: Circuit) -> None:
    numbers = {symbol: 0.3 + 0.5 * index for index, symbol in enumerate(sorted(circuit.free_symbols(), key=str))}
    for each in (circuit, expected):
        each.symbol_substitution(numbers)
    ours, theirs = circuit.get_unitary(), expected.get_unitary()
    assert abs(np.trace(ours.conj().T @ theirs)) / len(ours) == pytest.approx(1.0, abs=1e-9)


def three(body: str, qubits: int = 2) -> Circuit:
    pytest.importorskip("openqasm3", reason="the extra 'qasm3'")
    return read_circuit(f"{HEAD_3}qubit[{qubits}] q;\n{body}\n", "<text>")


def two(body: str, qubits: int = 2) -> Circuit:
    return read_circuit(f"{HEAD_2}qreg q[{qubits}];\n{body}\n", "<text>")


GATES = (
    "h q[0]; cx q[0], q[1]; rz(0.3) q[1]; cu1(0.7) q[0], q[1];",
    "u3(0.1, 0.2, 0.3) q[0]; u2(0.4, 0.5) q[1]; u1(pi/3) q[0]; p(0.2) q[1];",
    "sx q[0]; sdg q[1]; t q[0]; tdg q[1]; swap q[0], q[1]; ch q[0], q[1];",
    "crx(0.3) q[0], q[1]; cry(-pi/7) q[1], q[0]; crz(0.2) q[0], q[1]; cu3(0.1, 0.2, 0.3) q[0], q[1];",
    "gate mine(a, b) x, y { rx(a/2) x; cx x, y; ry(-b) y; } mine(0.3, 0.4) q[1], q[0]; mine(1.0, 2.0) q[0], q[1];",
    "h q; cz q[0], q[1]; barrier q; cy q[1], q[0];",
)


@pytest.mark.parametrize("body", GATES)
def test_both_versions_say_the_same(body: str) -> None:
    """The reader of OpenQASM 2 is pytket's."""
    made = two(body)
    DecomposeBoxes().apply(made)
    need_equal(three(body), made)


SAME = (
    ("for int i in [0:2] { h q[i]; rx(0.1*i) q[i]; }", "h q[0]; h q[1]; h q[2]; rx(0.1) q[1]; rx(0.2) q[2];"),
    ("for int i in {2, 0} { cx q[i], q[1]; }", "cx q[2], q[1]; cx q[0], q[1];"),
    ("for int i in [2:-1:1] { cx q[i], q[i - 1]; }", "cx q[2], q[1]; cx q[1], q[0];"),
    ("h q; cx q[0], q[1:2];", "h q[0]; h q[1]; h q[2]; cx q[0], q[1]; cx q[0], q[2];"),
    ("x q[-1];", "x q[2];"),
    ("inv @ s q[0]; inv @ rx(0.4) q[1]; inv @ inv @ t q[2];", "sdg q[0]; rx(-0.4) q[1]; t q[2];"),
    ("gate g(a) x, y { h x; cp(a) x, y; } inv @ g(0.3) q[0], q[2];", "cu1(-0.3) q[0], q[2]; h q[0];"),
    ("ctrl @ x q[0], q[1]; ctrl @ ctrl @ x q[0], q[1], q[2];", "cx q[0], q[1]; ccx q[0], q[1], q[2];"),
    ("ctrl @ rz(0.2) q[0], q[1]; ctrl @ inv @ p(0.2) q[1], q[2];", "crz(0.2) q[0], q[1]; cu1(-0.2) q[1], q[2];"),
    ("cu(0.1, 0.2, 0.3, 0.4) q[0], q[1];", "u1(0.4) q[0]; cu3(0.1, 0.2, 0.3) q[0], q[1];"),
    ("const float a = pi/5; const int n = 2; rx(a*n) q[n];", "rx(2*pi/5) q[2];"),
    (
        "rx(sqrt(4.0) + cos(0) - 2.0**3) q[0]; ry(tau/8) q[1]; rz(0.5) q[2];",
        "rx(-5) q[0]; ry(pi/4) q[1]; rz(0.5) q[2];",
    ),
    ("gphase(0.3); U(0.1, 0.2, 0.3) q[0]; id q[1];", "u3(0.1, 0.2, 0.3) q[0];"),
    ("gate rx(a) x { rz(a) x; } rx(0.3) q[0];", "rz(0.3) q[0];"),
    (
        "const float b = 0.3; for int i in [0:1] { const float b = 0.9; rx(b) q[0]; } rx(b) q[1];",
        "rx(1.8) q[0]; rx(0.3) q[1];",
    ),
    ("for int i in [1:2] { float b = i*0.5; float c = 2*b; rx(c) q[0]; }", "rx(3) q[0];"),
    ("const int i = 2; for int i in [0:1] { x q[i]; } y q[i];", "x q[0]; x q[1]; y q[2];"),
    (
        "uint[3] n = 7; int[3] m = -4; angle[3] a = 3*pi/4; rx(n) q[0]; rx(m) q[1]; rx(a) q[2];",
        "rx(7) q[0]; rx(-4) q[1]; rx(3*pi/4) q[2];",
    ),
    ("rx(int(4)) q[0]; rx(float(0.5)) q[1]; gphase(0.3) q[0];", "rx(4) q[0]; rx(0.5) q[1];"),
)


@pytest.mark.parametrize(("body", "plain"), SAME)
def test_what_is_short_in_version_3(body: str, plain: str) -> None:
    need_equal(three(body, 3), two(plain, 3))


def test_inputs_are_symbols() -> None:
    pytest.importorskip("openqasm3", reason="the extra 'qasm3'")
    text = (
        f"{HEAD_3}input float[64] θ;\ninput angle b;\ninput array[float[64], 2, 2] w;\noutput bit[1] c;\nqubit q;\n"
        "rx(2*θ + w[1, 0]) q;\nry(b) q;\nc[0] = measure q;\n"
    )
    circuit = read_circuit(text, "<text>")
    assert {symbol.name for symbol in circuit.free_symbols()} == {"θ", "b", "w[1, 0]"}
    assert [qubit.reg_name for qubit in circuit.qubits] == ["q"]
    assert circuit.n_gates_of_type(circuit.get_commands()[-1].op.type) == 1


MEASURED = ("bit c = measure q[0];", "bit[2] c = measure q;", "bit[2] c; c[0] = measure q[0];", "measure q[0];")


@pytest.mark.parametrize("body", MEASURED)
def test_measurements_are_measurements_however_they_are_written(body: str) -> None:
    assert raise_circuit(three(f"h q; {body}"), {}).measurements in (1, 2)
    with pytest.raises(QffcError, match="circuit that is more than gates"):
        raise_circuit(three(f"h q; {body} h q[0];"), {})


def test_register_may_have_any_name() -> None:
    circuit = three("qubit[2] measured; bit[2] c; h measured; c = measure measured;")
    assert raise_circuit(circuit, {}).measurements == 2


def test_symbols_are_read_in_version_2() -> None:
    circuit = two("rx(2*theta_0 + pi/2) q[0]; gphase(0.3);\ngphase(-0.1) ;\n// gphase is no statement\nx q[1];")
    assert {symbol.name for symbol in circuit.free_symbols()} == {"theta_0"}
    assert circuit.n_gates == 2


def test_comments_are_no_gates() -> None:
    circuit = two("rx(0.3) q[0]; // an angle (1a)\n/* rx(1a) q[0]; */")
    assert (circuit.n_gates, circuit.free_symbols()) == (1, set())


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("cx q[0];", "gate with other operands"),
        ("rx q[0];", "gate with other operands"),
        ("cx q[0], q[0];", "one qubit twice in a gate"),
        ("cx q, r;", "unknown qubit"),
        ("qubit[3] r; cx q, r;", "registers of different sizes"),
        ("rx(1/0) q[0];", "expression that is no angle"),
        ("rx(a) q[0];", "expression that is no angle"),
        ("rx(popcount(3)) q[0];", "expression that is no angle"),
        ("for int i in [0:1000000] { x q[0]; }", "expression that is no angle"),
        ("x q[0.5];", "expression that is no angle"),
        ("float a; x q[0];", "variable without a value"),
        ("qubit[0] r;", "register of that size"),
        ('include "mine.inc";', "unknown file to include"),
        ("negctrl @ x q[0], q[1];", "modifier of a gate"),
        ("ctrl @ u3(0.1, 0.2, 0.3) q[0], q[1];", "modifier of a gate"),
        ("ctrl @ U(0.1, 0.2, 0.3) q[0], q[1];", "modifier of a gate"),
        ("ctrl @ gphase(0.3) q[0];", "circuit that is more than gates"),
        ("for int i in [0:1] { float b = 0.1; } rx(b) q[0];", "expression that is no angle"),
        ("qubit[1] q;", "name declared twice"),
        ("float q = 1;", "name declared twice"),
        ("const float a = 1; const float a = 2;", "name declared twice"),
        ("rx(int(2.7)) q[0];", "value that its type does not hold"),
        ("const int n = 2.7;", "value that its type does not hold"),
        ("uint[2] n = 7;", "value that its type does not hold"),
        ("uint n = -1;", "value that its type does not hold"),
        ("int[3] n = 4;", "value that its type does not hold"),
        ("for uint[2] i in [0:7] { x q[0]; }", "value that its type does not hold"),
        ("angle[4] a = pi/3;", "value that its type does not hold"),
        ("angle a = 3*pi;", "value that its type does not hold"),
        ("complex c = 1;", "value that its type does not hold"),
        ("rx(9223372036854775808) q[0];", "number that is too large"),
        ("const float a = 2**63; rx(a) q[0];", "number that is too large"),
        ("rx(9**9**9) q[0];", "number that is too large"),
        ("rx($0) q[0];", "expression that is no angle"),
        ("h $0;", "qubit of a device"),
        ("pow(2) @ x q[0];", "modifier of a gate"),
        ("def f(qubit a) { x a; }", "circuit that is more than gates"),
    ],
)
def test_what_is_no_circuit_of_gates_is_refused(body: str, title: str) -> None:
    with pytest.raises(QffcError, match=title):
        three(body)
