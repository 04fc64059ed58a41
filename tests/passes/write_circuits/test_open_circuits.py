"""One circuit for all numbers: every writer against the state of the kernel, at numbers that it learns afterwards."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy
from guppy_on_states import run_guppy
from hypothesis import given, settings
from hypothesis import strategies as st
from pytket.circuit import OpType
from pytket.passes import DecomposeBoxes
from symbolic_circuits import SymbolicCircuit

import qffc as qf
from qffc.importing.import_circuit import import_circuit
from qffc.ir.diagnostics import QffcError
from qffc.ir.reference import expectation
from qffc.ir.text.parser import parse_program
from qffc.library import load
from qffc.passes.circuit.split_program import Affine, split_program
from qffc.passes.measurement.kernel_states import kernel_states
from qffc.passes.measurement.plan import plan_measurement
from qffc.passes.measurement.settings import measurement_plan
from qffc.passes.same_response import compare_responses
from qffc.passes.write_circuits.guppy import guppy_source
from qffc.passes.write_circuits.open_circuit import OpenCircuit, affine_text, half_chirality, turn_angles
from qffc.passes.write_circuits.qasm3 import qasm3_text
from qffc.passes.write_circuits.symbols import symbolic_circuit
from qffc.testing import programs

SPINS = """qffc 1
program spins
scope molecule
species H
site A: H free
site B: H free
parameter J: 6
qubit a: A
qubit b: A
qubit c: B
qubit d: B
singlet a, b
zero c
zero d
rotate a, 1/2*J[5]*r(A, B)
rotate c, r(A, B)
relabel a -> c, c -> d, d -> a
chirality a, c, d, 2/3*J[0]
collective a, b, d, J[1]
pauli_rotation X(a) Y(b) Z(d), J[2] + 1/3*pi
collective a, b, c, d, J[3]
rotate b, -3/2*r(A, B)
pauli_rotation Y(c), J[4]
exchange a, b, -J[0] + 2*J[1] + 1/4
observable ab = dot(a, b)
observable s = X(b) Y(c)
energy moment(ab) + moment(s)
"""
CASES = {
    "spins": lambda: parse_program(SPINS),
    "pair": lambda: load("pair", depth=1),
    "water-demo": lambda: load("water-demo", depth=1),
    "all-pairs": lambda: load("all-pairs", qubits=4, depth=1),
}

VECTORS = [f"v{number}_{angle}" for number in range(3) for angle in "abc"]
HALF = [f"h0_{k}" for k in range(5)]


def numbers_for(split, seed, size=1.0):
    return size * np.random.default_rng(seed).normal(size=split.slot_count)


def with_numbers(circuit, values):
    """A circuit of pytket without measurements, with numbers for its symbols."""
    made = circuit.copy()
    made.symbol_substitution({sympy.Symbol(name): value for name, value in values.items()})
    DecomposeBoxes().apply(made)
    bare, places = type(made)(made.n_qubits), {qubit: place for place, qubit in enumerate(made.qubits)}
    for command in made:
        if command.op.type not in (OpType.Measure, OpType.Barrier):
            bare.add_gate(command.op, [places[qubit] for qubit in command.qubits])
    return bare


def written(kind, circuit, tmp_path):
    """A circuit with inputs after it was written, read by what is no part of the writer where it is text."""
    if kind == "symbols":
        return symbolic_circuit(circuit)
    pytest.importorskip("openqasm3")
    from qffc.passes.raise_pytket.read_qasm3 import read_qasm3

    file = tmp_path / "open.qasm"
    file.write_text(qasm3_text(circuit), encoding="utf-8")
    return read_qasm3(file.read_text(encoding="utf-8"), "open.qasm")


def fidelity(state, other):
    return abs(np.vdot(state, other))


@pytest.mark.parametrize("size", [1.0, 30.0], ids=["small", "large"])
@pytest.mark.parametrize("kind", ["symbols", "qasm3"])
@pytest.mark.parametrize("case", CASES)
def test_the_state_is_that_of_the_kernel(case, kind, size, tmp_path):
    split = split_program(CASES[case]())
    circuit = OpenCircuit(split)
    made = written(kind, circuit, tmp_path)
    for seed in range(2):
        slots = numbers_for(split, seed, size)
        (state,) = kernel_states(split, slots[None])
        assert fidelity(with_numbers(made, circuit.values(slots)).get_statevector(), state) == pytest.approx(
            1, abs=1e-9
        )


@settings(max_examples=40)
@given(programs(native=True), st.integers(0, 2**30), st.sampled_from([0.0, 1.0, 20.0]))
def test_random_programs(program, seed, size):
    split = split_program(program)
    slots = numbers_for(split, seed, size)
    (state,) = kernel_states(split, slots[None])
    circuit = OpenCircuit(split)
    made = with_numbers(symbolic_circuit(circuit), circuit.values(slots))
    assert fidelity(made.get_statevector(), state) == pytest.approx(1, abs=1e-9)
    plan = measurement_plan(split.observables, split.qubit_count)
    source = guppy_source(split, plan.settings)
    for number, setting in enumerate(plan.settings):
        machine = run_guppy(
            source, f"setting_{number}", split.qubit_count, *([slots.tolist()] * bool(split.slot_count))
        )
        agrees_with(state, setting, machine.probabilities)


def agrees_with(state, setting, table):
    """Whether the products of outcomes that a setting reads have the means of their strings."""
    assert table.sum() == pytest.approx(1)
    for string, (sign, qubits) in zip(setting.strings, setting.readings, strict=True):
        odd = sum(np.indices(table.shape)[setting.measured.index(qubit)] for qubit in qubits) % 2
        mean = sign * ((1 - 2 * odd) * table).sum()
        exact = qf_expectation(string, state)
        assert mean == pytest.approx(exact, abs=1e-9)


def qf_expectation(string, state):
    from qffc.ir.observables import PauliObservable

    return expectation(PauliObservable(string), state, int(np.log2(state.size)))


@pytest.mark.parametrize("planned", [False, True], ids=["pauli", "planned"])
@pytest.mark.parametrize("case", CASES)
def test_settings_of_guppy_read_the_moments(case, planned):
    split = split_program(CASES[case]())
    plan = plan_measurement(split) if planned else measurement_plan(split.observables, split.qubit_count)
    source = guppy_source(split, plan.settings)
    slots = numbers_for(split, 3, 7.0)
    (state,) = kernel_states(split, slots[None])
    for number, setting in enumerate(plan.settings):
        machine = run_guppy(source, f"setting_{number}", split.qubit_count, slots.tolist())
        agrees_with(state, setting, machine.probabilities)


@pytest.mark.parametrize("kind", ["symbols", "qasm3"])
@pytest.mark.parametrize("case", ["pair", "spins"])
def test_settings_of_circuits_read_the_moments(case, kind, tmp_path):
    split = split_program(CASES[case]())
    slots = numbers_for(split, 3)
    (state,) = kernel_states(split, slots[None])
    for setting in plan_measurement(split).settings:
        circuit = OpenCircuit(split, setting)
        made = written(kind, circuit, tmp_path)
        read = {command.bits[0]: command.qubits[0] for command in made if command.op.type == OpType.Measure}
        order = [made.qubits.index(read[bit]) for bit in made.bits]
        assert order == list(setting.measured)
        end = np.abs(with_numbers(made, circuit.values(slots)).get_statevector()) ** 2
        table = end.reshape((2,) * split.qubit_count)
        rest = [qubit for qubit in range(split.qubit_count) if qubit not in order]
        table = table.transpose([*order, *rest]).sum(axis=tuple(range(len(order), split.qubit_count)))
        agrees_with(state, setting, table)


@pytest.mark.parametrize("kind", ["symbols", "qasm3"])
@pytest.mark.parametrize("case", ["pair", "water-demo", "all-pairs"])
def test_imported_again_the_response_is_equal(case, kind, tmp_path):
    program = CASES[case]()
    circuit = OpenCircuit(split_program(program))
    said = SymbolicCircuit(program).description
    angles = {each.name: each.meaning for each in circuit.inputs if each.name.startswith("s")}
    turns = {
        ", ".join(f"{each.name[:-1]}{angle}" for angle in "abc"): each.meaning.removeprefix("turn about ")
        for each in circuit.inputs
        if each.name.endswith("_a")
    }
    said = replace(said, angles=angles, rotations=turns)
    back = import_circuit(written(kind, circuit, tmp_path), said).program
    assert compare_responses(program, back).outcome == "equal"
    name = next(iter(angles))
    other = replace(said, angles={**angles, name: f"2*({angles[name]})"})
    assert (
        compare_responses(program, import_circuit(written(kind, circuit, tmp_path), other).program).outcome
        == "different"
    )


def test_inputs_are_told_apart_and_said():
    circuit = OpenCircuit(split_program(CASES["spins"]()))
    names = [each.name for each in circuit.inputs]
    numbers = ["s0", "s1", "s2", "s3", "s4"]
    assert names == [*numbers, *VECTORS[:6], *HALF, "e0_p", "e0_q", "e1_p", "e1_q", *VECTORS[6:]]
    told = {each.name: each.meaning for each in circuit.inputs}
    assert told["v0_a"] == "turn about 1/2*J[5]*r(A, B)"
    assert told["v2_c"] == "turn about -3/2*r(A, B)"
    assert told["h0_0"] == "half of the chirality by 2.0*J[0]/3.0"
    assert told["e1_q"] == "collective exchange of 4 by J[3]"
    assert repr(circuit) == "<OpenCircuit of 'spins', 23 inputs, 32 gates>"


def test_numbers_that_do_not_fit():
    circuit = OpenCircuit(split_program(CASES["pair"]()))
    with pytest.raises(QffcError, match="slots that do not fit"):
        circuit.values(np.zeros(3))
    with pytest.raises(QffcError, match="slots that do not fit"):
        circuit.values(np.full(circuit.split.slot_count, np.nan))


@pytest.mark.parametrize("write", [OpenCircuit, lambda split: guppy_source(split, ())])
def test_a_collective_exchange_without_a_circuit(write):
    text = (
        SPINS.replace("qubit d: B", "qubit d: B\nqubit e: B")
        .replace("zero d", "zero d\nzero e")
        .replace("collective a, b, c, d,", "collective a, b, c, d, e,")
    )
    with pytest.raises(QffcError, match="collective exchange without a circuit"):
        write(split_program(parse_program(text)))


@pytest.mark.parametrize(
    ("angle", "text"),
    [
        (Affine(Fraction(0), Fraction(0), ()), "0.0"),
        (Affine(Fraction(1, 4), Fraction(-1), ()), "0.25 - pi"),
        (Affine(Fraction(-1, 3), Fraction(2, 7), ((Fraction(5), 0),)), "-1.0/3.0 + 2.0*pi/7.0 + 5.0*t"),
        (Affine(Fraction(0), Fraction(0), ((Fraction(-1), 0),)), "-t"),
    ],
)
def test_affine_angles_as_text(angle, text):
    assert affine_text(angle, ["t"], "pi") == text


def test_angles_without_a_vector_are_none():
    assert turn_angles((0.0, 0.0, 0.0)) == (0.0, 0.0, 0.0)
    assert turn_angles((0.0, 0.0, -0.5)) == (-0.5, 0.0, 0.0)
    assert half_chirality(0.0) == (0.0,) * 5


def test_emit_names_and_refuses():
    compiled = qf.compile("lib:pair")  # for no machine: what has inputs needs no native gates
    (text,) = compiled.emit("qasm3")
    assert text.startswith("OPENQASM 3.0;")
    assert len(compiled.emit("qasm3", measured=True)) == len(compiled.measurements.settings)
    with pytest.raises(QffcError, match="unknown format"):
        compiled.emit("quil")
    with pytest.raises(QffcError, match="numbers for a circuit that has inputs"):
        compiled.emit("guppy", np.zeros(compiled.split.slot_count))
