"""Descriptions: names, tables, patterns, scopes, and what is left to defaults."""

import json
from pathlib import Path

import pytest
import sympy
from pytket.circuit import Circuit, Qubit

import qffc as qf
from qffc.importing.description import Description
from qffc.importing.files import import_file
from qffc.importing.import_circuit import import_circuit
from qffc.ir.diagnostics import QffcError
from qffc.ir.program import Program

A, B = sympy.symbols("a b")
WATER = {"O": "O", "H1": "H", "H2": "H"}


def read(circuit: Circuit, **said: object) -> Program:
    return qf.from_pytket(circuit, **{"sites": WATER, "observables": {"E": "Z(q0)"}, **said})


def test_everything_that_molecules_have_is_declared() -> None:
    assert read(Circuit(1)).symmetry == ("rotation", "inversion", "translation", "exchange")
    assert read(Circuit(1), sites={"O": "O", "H": "H"}).symmetry == ("rotation", "inversion", "translation")
    assert read(Circuit(1), symmetry=["exchange", "rotation"]).symmetry == ("rotation", "exchange")
    assert read(Circuit(1), symmetry=[]).symmetry == ()
    roles = {"O": "O centre", "H1": "H neighbour", "H2": "H free"}
    assert "exchange" not in read(Circuit(1), sites=roles).symmetry


def test_symbols_without_a_meaning_are_parameters() -> None:
    circuit = Circuit(1).Rx(sympy.Symbol("w[0, 2]"), 0).Ry(sympy.Symbol("w[1, 0]"), 0).Rz(sympy.Symbol("dot"), 0)
    program = read(circuit)
    assert [(table.name, table.axes) for table in program.parameters] == [("w", (2, 3)), ("dot_", ())]
    assert [op.value.text for op in program.ops[1:]] == ["pi*w[0, 2]", "pi*w[1, 0]", "dot_*pi"]


def test_symbol_of_a_phase_alone_is_no_parameter() -> None:
    circuit = Circuit(1).Rx(A, 0)
    circuit.add_phase(B)
    made = import_circuit(circuit, Description(WATER, {"E": "Z(q0)"}))
    assert (made.trainable, made.brought) == ({"a": "a"}, ())


def test_powers_of_a_half_are_roots() -> None:
    assert read(Circuit(1).Rx(A**0.5 / sympy.pi, 0)).ops[1].value.text == "sqrt(a)"


def test_symbols_that_look_alike_stay_apart() -> None:
    names = ("_w_0_", "w[0]", "w", "w[0, 0]", "θ", "theta", "a b", "a_b", "2x")
    circuit = Circuit(1)
    for name in names:
        circuit.Rx(sympy.Symbol(name), 0)
    assert len({op.value for op in read(circuit).ops[1:]}) == len(names)


def test_angle_of_a_turn_may_share_its_name_with_a_parameter() -> None:
    circuit = Circuit(1)
    for add, symbol in zip((circuit.Rz, circuit.Ry, circuit.Rz, circuit.Rx), sympy.symbols("a b c d"), strict=True):
        add(symbol / sympy.pi, 0)
    program = read(circuit, rotations={"a, b, c": "a*r(O, H1)"}, angles={"d": "b"})
    assert [op.value.text for op in program.ops[1:]] == ["a*r(O, H1)", "b"]


def test_tables_of_values_are_declared_too() -> None:
    angles = {"a": "J[Z(O), Z(H1), 1]*norm(r(O, H1))", "b": "k*component(r(O, H2), x)"}
    program = read(Circuit(1).Rx(A / sympy.pi, 0).Ry(B / sympy.pi, 0), angles=angles, energy="c + 2*moment(E)")
    assert [(table.name, table.axes) for table in program.parameters] == [
        ("J", ("species", "species", 2)),
        ("k", ()),
        ("c", ()),
    ]


def test_a_number_in_a_name_is_one_in_its_value() -> None:
    circuit = Circuit(2).Rx(sympy.Symbol("x_0_1"), 0).Rx(sympy.Symbol("x_1_2"), 1)
    program = read(circuit, angles={"x_{q}_{h}": "alpha[{q}]*norm(r(O, H{h}))"})
    assert [op.value.text for op in program.ops[2:]] == [
        "alpha[0]*norm(r(O, H1))*pi",
        "alpha[1]*norm(r(O, H2))*pi",
    ]


def test_qubits_have_the_names_of_their_registers() -> None:
    circuit = Circuit()
    for qubit in (Qubit("q", 0), Qubit("q", 1), Qubit("spin3", 0), Qubit("ion", 0), Qubit("ψ", 0)):
        circuit.add_qubit(qubit)
    program = read(circuit, observables={"E": "Z(spin3) Z(ion0)"}, qubits={"spin3": "H1"})
    assert [(qubit.name, qubit.site) for qubit in program.qubits] == [
        ("ion0", None),
        ("q0", None),
        ("q1", None),
        ("spin3", "H1"),
        ("psi0", None),
    ]


def test_circuit_of_every_atom() -> None:
    circuit = Circuit(2).X(0).H(0).X(1).CX(0, 1)
    for qubit, symbols in enumerate((("a", "b", "c"), ("d", "e", "f"))):
        for add, name in zip((circuit.Rz, circuit.Ry, circuit.Rz), symbols, strict=True):
            add(sympy.Symbol(name) / sympy.pi, qubit)
    program = read(
        circuit,
        scope="atom",
        sites={"c": "any centre", "j": "any gathered"},
        species=["O", "H"],
        parameters=["f: species, species radial bessel 4 cutoff 5", "g: species radial bessel 4 cutoff 5"],
        rotations={
            "a, b, c": "sum(j, radial(f[Z(c), Z(j)], norm(r(c, j)))*unit(r(c, j)))",
            "d, e, f": "sum(j, radial(g[Z(j)], norm(r(c, j)))*unit(r(c, j)))",
        },
        observables={"E": "dot(q0, q1)"},
        energy="atomic weight 1 features E head 8 silu",
    )
    assert {verdict.status for verdict in qf.check(program).verdicts} == {"proven"}


def test_exchange_of_three_controlled_gates_is_seen_without_its_clifford_gates() -> None:
    """The shortest circuit of it (Vatan and Williams, quant-ph/0308006) has no three rotations that could be one."""
    circuit = Circuit(2).X(0).H(0).X(1).CX(0, 1)
    for qubit in (0, 1):
        for add, name in zip((circuit.Rz, circuit.Ry, circuit.Rz), "abc", strict=True):
            add(sympy.Symbol(f"{name}_{qubit}") / sympy.pi, qubit)
    turn = 2 * A / sympy.pi + sympy.Rational(1, 2)
    circuit.Rz(0.5, 1).CX(1, 0).Rz(turn, 0).Ry(turn, 1).CX(0, 1).Ry(-turn, 1).CX(1, 0).Rz(-0.5, 0)
    rotations = {"a_0, b_0, c_0": "k*r(Li, H)", "a_1, b_1, c_1": "r(Li, H)"}
    said = {"sites": {"Li": "Li", "H": "H"}, "rotations": rotations, "observables": {"E": "dot(q0, q1)"}}
    program = read(circuit, **said)
    assert "exchange" not in [op.word for op in program.ops]
    verdicts = {verdict.generator: verdict for verdict in qf.check(program).verdicts}
    assert {verdict.status for verdict in verdicts.values()} == {"proven"}
    assert verdicts["rotation"].bits is None  # a proof by rules
    broken = read(circuit.copy().Rz(B / sympy.pi, 0), **said)
    assert [verdict.status for verdict in qf.check(broken).verdicts][0] == "refuted"


def test_generators_by_hand() -> None:
    circuit = Circuit(2).TK2(A, A, A, 0, 1)
    program = read(circuit, observables={"E": "dot(q0, q1)"}, generators=["conserved N = 1*Z(q0) + 1*Z(q1)"])
    statuses = {verdict.generator: verdict.status for verdict in qf.check(program).verdicts}
    assert statuses["conserved N"] == "proven"


def test_files_of_each_kind_make_one_program(tmp_path: Path) -> None:
    circuit = Circuit(2).H(0).CX(0, 1).Rx(sympy.Symbol("theta") / sympy.pi, 0)
    gates = "h q[0];\ncx q[0], q[1];\nrx(theta) q[0];\n"
    (tmp_path / "two.qasm").write_text(f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\n{gates}')
    (tmp_path / "own.json").write_text(json.dumps(circuit.to_dict()))
    programs = [read(source, name="one") for source in (circuit, tmp_path / "two.qasm", str(tmp_path / "own.json"))]
    assert len({program.text for program in programs}) == 1
    pytest.importorskip("openqasm3", reason="the extra 'qasm3'")
    (tmp_path / "three.qasm").write_text(
        f'OPENQASM 3.0;\ninclude "stdgates.inc";\ninput float theta;\nqubit[2] q;\n{gates}'
    )
    assert read(tmp_path / "three.qasm", name="one").text == programs[0].text


def test_description_in_a_file_is_the_whole_description(tmp_path: Path) -> None:
    (tmp_path / "c.qasm").write_text('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\nrx(t) q[0];\n')
    file = tmp_path / "spin-up.toml"
    file.write_text('circuit = "c.qasm"\nsymmetry = ["rotation"]\n[sites]\nH = "H"\n[observables]\nE = "Z(q0)"\n')
    program = import_file(file, {}).program
    assert (program.name, program.symmetry) == ("spin-up", ("rotation",))
    with pytest.raises(QffcError, match="two descriptions"):
        import_file(file, {"energy": "moment(E)"})


@pytest.mark.parametrize("circuit", [3, None, ["h q[0];"]])
def test_what_is_no_circuit_is_refused(circuit: object) -> None:
    with pytest.raises(QffcError, match="not a circuit"):
        read(circuit)
