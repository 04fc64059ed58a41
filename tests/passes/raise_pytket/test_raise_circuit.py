"""Circuits of random gates keep their state; what has a shorter form in the IR gets it, and nothing else does."""

from math import pi

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from pytket.circuit import CircBox, Circuit, OpType, PauliExpBox
from pytket.passes import AutoRebase, DecomposeBoxes
from pytket.pauli import Pauli

from qffc.ir.declarations import EnergyReadout, Parameter, Qubit, Site
from qffc.ir.diagnostics import QffcError
from qffc.ir.evaluate import Instance
from qffc.ir.observables import PauliObservable
from qffc.ir.program import Program
from qffc.ir.reference import statevector
from qffc.ir.text.parser import parse_value
from qffc.ir.values import Moment, ParameterEntry
from qffc.passes.raise_pytket.raise_circuit import raise_circuit

FIXED = (OpType.X, OpType.Y, OpType.Z, OpType.H, OpType.S, OpType.Sdg, OpType.SX, OpType.V, OpType.T)
TURNS = (OpType.Rx, OpType.Ry, OpType.Rz, OpType.U1)
PAIRS = (OpType.CX, OpType.CY, OpType.CZ, OpType.CH, OpType.SWAP, OpType.ECR, OpType.ISWAPMax, OpType.ZZMax)
COUPLINGS = (OpType.XXPhase, OpType.YYPhase, OpType.ZZPhase, OpType.CRx, OpType.CRy, OpType.CU1, OpType.ESWAP)
SYMBOLS = sympy.symbols("a b c")


def program_of(circuit: Circuit, **options: object) -> Program:
    values = {symbol.name: ParameterEntry(symbol.name) for symbol in circuit.free_symbols()}
    return Program(
        name="raised",
        symmetry=(),
        scope="molecule",
        species=("H",),
        sites=(Site("h", "H", "free"),),
        parameters=tuple(Parameter(name, ()) for name in sorted(values)),
        qubits=tuple(Qubit(f"q{index}") for index in range(circuit.n_qubits)),
        ops=raise_circuit(circuit, values, **options).ops,
        observables=(("e", PauliObservable(((0, "Z"),))),),
        readout=EnergyReadout(Moment("e")),
    )


def need_the_same_state(circuit: Circuit) -> Program:
    program = program_of(circuit)
    numbers = {symbol: 0.37 + 0.61 * index for index, symbol in enumerate(sorted(circuit.free_symbols(), key=str))}
    bound = circuit.copy()
    bound.symbol_substitution(numbers)
    DecomposeBoxes().apply(bound)  # pytket's own simulation forgets wires that a box ends on in another order
    parameters = {symbol.name: np.asarray(number) for symbol, number in numbers.items()}
    ours = statevector(program, Instance(np.zeros((1, 3)), np.zeros(1, int), parameters))
    assert abs(np.vdot(ours, bound.get_statevector())) == pytest.approx(1.0, abs=1e-10)
    return program


@st.composite
def circuits(draw: st.DrawFn) -> Circuit:
    """Clifford gates most of all, and rotations among them; every second angle is a quarter turn or zero."""
    qubits = draw(st.integers(2, 4))
    circuit = Circuit(qubits)
    numbers = st.sampled_from(
        (0.0, 0.5, 1.0, -0.5, 1.5, 0.25, 1 / 3, 0.123, *(symbol / sympy.pi for symbol in SYMBOLS))
    )
    for _ in range(draw(st.integers(0, 25))):
        kind = draw(st.sampled_from((*FIXED, *TURNS, *PAIRS, *PAIRS, *COUPLINGS)))
        pair = draw(st.permutations(range(qubits)))[:2]
        angles = [draw(numbers)] if kind in (*TURNS, *COUPLINGS) else []
        circuit.add_gate(kind, angles, pair if kind in (*PAIRS, *COUPLINGS) else pair[:1])
        if angles and kind in TURNS and draw(st.booleans()):
            circuit.add_gate(OpType.CX, pair)
    return circuit


@given(circuits())
def test_random_circuit_keeps_its_state(circuit: Circuit) -> None:
    need_the_same_state(circuit)


@given(circuits())
def test_random_circuit_that_pytket_has_shortened_keeps_its_state(circuit: Circuit) -> None:
    """Whole swaps are renamed wires there."""
    circuit.SWAP(0, 1).SWAP(1, circuit.n_qubits - 1) if circuit.n_qubits > 2 else circuit.SWAP(0, 1)
    circuit.replace_SWAPs()
    need_the_same_state(circuit)


def words(circuit: Circuit) -> list[str]:
    program = need_the_same_state(circuit)
    names = [qubit.name for qubit in program.qubits]
    return [op.text(names) for op in program.ops if op.word != "zero"]


SINGLETS = (
    Circuit(2).X(0).H(0).X(1).CX(0, 1),
    Circuit(2).H(0).Z(0).X(1).CX(0, 1),
    Circuit(2).H(1).CX(1, 0).Z(0).X(0),
    Circuit(2).X(0).X(1).H(0).CX(0, 1).S(0).Sdg(0),
    Circuit(2).H(0).CX(0, 1).Y(1),
)


@pytest.mark.parametrize("circuit", SINGLETS, ids=str)
def test_singlet_is_found(circuit: Circuit) -> None:
    assert words(circuit)[0] == "singlet q0, q1"


@pytest.mark.parametrize(
    "circuit",
    [
        Circuit(2).H(0).CX(0, 1),
        Circuit(2).H(0).CX(0, 1).X(1),
        Circuit(2).H(0).CX(0, 1).Z(1),
        Circuit(3).X(2).CX(2, 0).X(0).H(0).X(1).CX(0, 1),
        Circuit(2).Rx(1e-9, 0).X(0).H(0).X(1).CX(0, 1),
    ],
    ids=str,
)
def test_what_is_no_singlet_is_none(circuit: Circuit) -> None:
    assert not any(word.startswith("singlet") for word in words(circuit))


def test_gates_after_a_singlet_stay_after_it() -> None:
    """The gate that ends the preparation would cancel the first one of the coupling."""
    (a, _, _) = SYMBOLS
    circuit = SINGLETS[0].copy().CX(0, 1).Rx(a / sympy.pi, 0).CX(0, 1)
    assert words(circuit) == ["singlet q0, q1", "pauli_rotation X(q0) X(q1), a"]


def test_equal_couplings_are_an_exchange() -> None:
    t = SYMBOLS[0] / sympy.pi
    assert words(Circuit(2).TK2(t, t, t, 0, 1)) == ["exchange q0, q1, 1/2*a"]
    assert words(Circuit(2).ESWAP(t, 0, 1)) == ["exchange q0, q1, 1/4*a"]
    assert words(Circuit(2).TK2(0.5, 0.5, 0.5, 0, 1)) == ["exchange q0, q1, 1/4*pi"]
    apart = Circuit(3).YYPhase(t, 0, 1).Rx(0.3, 2).XXPhase(t, 1, 0).ZZPhase(t, 0, 1)
    assert "exchange q0, q1, 1/2*a" in words(apart)


@pytest.mark.parametrize("gate", ["other angle", "other sign", "between", "twice"])
def test_unequal_couplings_are_none(gate: str) -> None:
    a, b, _ = SYMBOLS
    t = a / sympy.pi
    last = {"other angle": b / sympy.pi, "other sign": -t}.get(gate, t)
    circuit = Circuit(2).XXPhase(t, 0, 1)
    if gate == "between":
        circuit.Rx(0.2, 0)
    circuit.YYPhase(t, 0, 1)
    circuit.YYPhase(t, 0, 1) if gate == "twice" else circuit.ZZPhase(last, 0, 1)
    assert not any(word.startswith("exchange") for word in words(circuit))


def test_clifford_gates_that_belong_there_stay() -> None:
    """Folding these would take more two-qubit rotations than it saves."""
    circuit = Circuit(2).CX(0, 1)
    for qubit in (0, 1):
        circuit.Rz(0.1, qubit).Ry(0.2, qubit).Rz(0.3, qubit)
    circuit.CX(0, 1)
    assert sum(word.count("(") == 2 for word in words(circuit)) == 2


def test_long_string_between_ladders() -> None:
    a, _, _ = SYMBOLS
    circuit = Circuit(4).H(0).V(1)
    for pair in ((0, 1), (1, 2), (2, 3)):
        circuit.CX(*pair)
    circuit.Rz(a / sympy.pi, 3)
    for pair in ((2, 3), (1, 2), (0, 1)):
        circuit.CX(*pair)
    circuit.H(0).Vdg(1)
    assert words(circuit) == ["pauli_rotation X(q0) Y(q1) Z(q2) Z(q3), a"]


def test_boxes_are_written_out() -> None:
    a, _, _ = SYMBOLS
    inner = Circuit(2).SWAP(0, 1).Rx(a / sympy.pi, 0)
    inner.replace_SWAPs()
    circuit = Circuit(3).H(2).add_circbox(CircBox(inner), [2, 0])
    circuit.add_gate(PauliExpBox([Pauli.X, Pauli.I, Pauli.Z], 0.25), [0, 1, 2])
    assert "pauli_rotation X(q0) Z(q2), 1/4*pi" in words(circuit)


def test_three_angles_are_a_turn_about_a_vector() -> None:
    a, b, c = SYMBOLS
    values = {symbol.name: ParameterEntry(symbol.name) for symbol in SYMBOLS}
    three = tuple(values.values())
    vectors, names = {three: parse_value("r(a, b)")}, {three: "'a, b, c'"}
    good = Circuit(2).Rz(a / sympy.pi, 0).H(1).Ry(b / sympy.pi, 0).Rz(c / sympy.pi, 0).Rx(0.3, 0)
    ops = raise_circuit(good, values, vectors, names).ops
    assert "rotate q0, r(a, b)" in [op.text(("q0", "q1")) for op in ops]
    for bad in (
        Circuit(2).Rz(a / sympy.pi, 0).Ry(b / sympy.pi, 0),
        Circuit(2).Rz(a / sympy.pi, 0).Rx(0.1, 0).Ry(b / sympy.pi, 0).Rz(c / sympy.pi, 0),
        Circuit(2).Rz(a / sympy.pi, 0).Ry(c / sympy.pi, 0).Rz(b / sympy.pi, 0),
        Circuit(2).Rz(a / sympy.pi, 0).Ry(b / sympy.pi, 1).Rz(c / sympy.pi, 0),
        good.copy().Rx(a / sympy.pi, 1),
        Circuit(2).Rz(a / sympy.pi, 0).Rz(b / sympy.pi, 0).Ry(c / sympy.pi, 0),
        Circuit(2).Rz(a / sympy.pi, 0).CX(0, 1).Ry(b / sympy.pi, 0).Rz(c / sympy.pi, 0),
    ):
        with pytest.raises(QffcError, match="angles that are no turn about a vector"):
            raise_circuit(bad, values, vectors, names)


def test_numbers_are_exact() -> None:
    circuit = Circuit(1).Rx(1 / 3, 0).Rz(0.3 / pi, 0).Ry(1.5707963267948966 / pi / 4, 0)
    assert words(circuit) == [
        "pauli_rotation X(q0), 1/3*pi",
        "pauli_rotation Z(q0), 3/10",
        "pauli_rotation Y(q0), 1/8*pi",
    ]


@pytest.mark.parametrize(
    ("factor", "read"),
    [(1 / 6, "1/6*a"), (-2 / 3, "-2/3*a"), (0.3, "3/10*a"), (0.12345678, "6172839/50000000*a"), (1e-7, "1/10000000*a")],
)
def test_rounded_factors_of_symbols_are_read_as_what_they_stand_for(factor: float, read: str) -> None:
    a = ParameterEntry("a")
    circuit = Circuit(1).Rx(factor * sympy.Symbol("a") / sympy.pi, 0)
    assert raise_circuit(circuit, {"a": a}).ops[-1].value == parse_value(read)


def test_factors_that_pytket_has_rounded_are_exact() -> None:
    """pytket writes half of a third of an angle as 0.166666666666667 of it."""
    a = ParameterEntry("a")
    circuit = Circuit(2).CRz(sympy.Rational(1, 3) * sympy.Symbol("a") / sympy.pi, 0, 1)
    AutoRebase({OpType.TK1, OpType.TK2}).apply(circuit)
    values = [op.value for op in raise_circuit(circuit, {"a": a}).ops if op.value is not None]
    assert any(value in (a / 6, -a / 6) for value in values)


def test_numbers_that_end_the_process_are_refused() -> None:
    from pytket.qasm import circuit_from_qasm_str

    text = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\nrx(9223372036854775808*a) q[0];\n'
    with pytest.raises(QffcError, match="number that is too large"):
        raise_circuit(circuit_from_qasm_str(text), {"a": ParameterEntry("a")})
