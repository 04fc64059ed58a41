"""Circuits as other packages wrote them, by `circuits/make_circuits.py`: what they become, and their verdicts."""

from pathlib import Path

import pytest

import qffc as qf
from qffc.importing.description import Description
from qffc.importing.files import circuit_in
from qffc.importing.import_circuit import Imported, import_circuit
from qffc.ir.program import Program
from qffc.library import load
from qffc.passes.same_response import compare_responses

CIRCUITS = Path(__file__).resolve().parent / "circuits"
THREE = {"O": "O", "H1": "H", "H2": "H"}


def imported(circuit: str, /, **said: object) -> Imported:
    file = CIRCUITS / circuit
    if "OPENQASM 3" in file.read_text(encoding="utf-8"):
        pytest.importorskip("openqasm3", reason="the extra 'qasm3'")
    return import_circuit(circuit_in(file), Description(**said))


def verdicts(program: Program) -> dict[str, str]:
    return {verdict.generator: verdict.status for verdict in qf.check(program).verdicts}


def lines(program: Program) -> list[str]:
    names = [qubit.name for qubit in program.qubits]
    return [op.text(names) for op in program.ops if op.word != "zero"]


def water(alpha: tuple[int, ...], w: tuple[int, ...], epsilon: str | None) -> Imported:
    rows = enumerate(zip(alpha, ("H1", "H2", "H1", "H2"), strict=True))
    frozen = () if epsilon is None else ("epsilon: 6, 4 default 0 frozen",)
    return imported(
        "water_demo.qasm",
        name="water-demo",
        sites={"O": "O centre", "H1": "H neighbour", "H2": "H neighbour"},
        qubits={"q0": "H1", "q1": "H2", "q2": "H1", "q3": "H2"},
        parameters=(f"alpha: {max(alpha) + 1}, 7", f"w: {max(w) + 1}, 6", *frozen),
        rotations={f"a_{q}_{{l}}, b_{q}_{{l}}, c_{q}_{{l}}": f"alpha[{row}, {{l}}]*r(O, {h})" for q, (row, h) in rows},
        angles={
            **{f"w_{q}_{{l}}": f"w[{row}, {{l}}]" for q, row in enumerate(w)},
            "epsilon_{l}_{q}": epsilon or "0",
        },
        observables={"m0": "dot(q0, q1)"},
    )


def test_water_demonstration_is_the_one_of_the_library() -> None:
    program, own = water((0, 1, 2, 3), (0, 1, 2, 3), "epsilon[{l}, {q}]").program, load("water-demo")
    assert (program.sites, program.parameters, program.qubits) == (own.sites, own.parameters, own.qubits)
    assert [op.word for op in program.ops] == [op.word for op in own.ops]
    assert compare_responses(own, program).outcome == "equal"
    assert verdicts(program) == verdicts(own)
    assert set(verdicts(program).values()) == {"refuted", "proven"}


def test_water_demonstration_with_its_numbers_tied() -> None:
    program, own = water((0, 0, 1, 1), (0, 1, 2, 1), None).program, load("water-demo", tied=True, breaking=False)
    assert compare_responses(own, program).outcome == "equal"
    assert set(verdicts(program).values()) == {"proven"}


def test_couplings_come_back_out_of_the_gates_that_stand_for_them() -> None:
    made = imported("spin_chain.qasm", sites={"a": "H"}, observables={"E": "Z(q0)"})
    assert lines(made.program)[:12] == [
        "pauli_rotation X(q0) X(q1), w_0",
        "pauli_rotation Y(q1) Y(q2), w_1",
        "pauli_rotation Z(q0) Z(q2), w_2",
        "pauli_rotation X(q0) X(q1), -1/2*w_3",
        "pauli_rotation Y(q0) Y(q1), -1/2*w_3",
        "pauli_rotation X(q0) Y(q1) Z(q2), w_4",
        "pauli_rotation Z(q0) Z(q1) Z(q2), w_5",
        "pauli_rotation Y(q0) X(q1), 1/2*w_6",
        "pauli_rotation X(q0) Y(q1), -1/2*w_6",
        "pauli_rotation X(q1), 1/2*w_7",
        "pauli_rotation Z(q0) X(q1), -1/2*w_7",
        "pauli_rotation Z(q1), 1/2*w_8",
    ]
    assert made.measurements == 1


def test_phase_of_the_whole_state_is_left_out() -> None:
    made = imported("bound_unitaries.qasm", sites={"a": "H"}, observables={"E": "Z(q1)"})
    assert made.trainable == {}
    assert len(lines(made.program)) == 6


def test_layers_after_features() -> None:
    angles = {"x_0": "norm(r(O, H1))", "x_1": "norm(r(O, H2))", "x_2": "norm(r(H1, H2))"}
    made = imported("strongly_entangling.qasm", sites=THREE, angles=angles, observables={"E": "Z(q0)"})
    assert verdicts(made.program) == {
        "rotation": "proven",
        "inversion": "proven",
        "translation": "proven",
        "exchange H1 H2": "refuted",
    }
    assert set(made.trainable) == {f"w_0_{i}_{j}" for i in range(3) for j in range(3)}


@pytest.mark.parametrize("vector", [False, True])
def test_coordinates_as_angles_are_no_vector(vector: bool) -> None:
    coordinates = {f"x_{index}": f"component(r(O, H), {axis})" for index, axis in enumerate("xyz")}
    meaning = {"rotations": {"x_0, x_1, x_2": "r(O, H)"}} if vector else {"angles": coordinates}
    made = imported("reuploading.qasm", sites={"O": "O", "H": "H"}, observables={"E": "Z(q0)"}, **meaning)
    assert ("rotate q0, r(O, H)" in lines(made.program)) is vector
    assert verdicts(made.program)["rotation"] == "refuted"


def test_feature_map_and_ansatz_of_qiskit() -> None:
    angles = {"x[0]": "norm(r(O, H1))", "x[1]": "norm(r(O, H2))"}
    made = imported("features_and_amplitudes.qasm", sites=THREE, angles=angles, observables={"E": "Z(q0) Z(q1)"})
    assert [(table.name, table.axes) for table in made.program.parameters] == [("theta", (4,))]
    assert verdicts(made.program)["exchange H1 H2"] == "refuted"
    product = "2*(norm(r(O, H1)) + -1*pi)*(norm(r(O, H2)) + -1*pi)"
    assert f"pauli_rotation Z(q0) Z(q1), {product}" in lines(made.program)


def test_hardware_efficient_ansatz_of_qiskit() -> None:
    made = imported("efficient_su2.qasm", sites={"a": "H", "b": "H"}, observables={"E": "Z(q0) Z(q1)"})
    assert made.trainable == {f"_θ_{index}_": f"theta[{index}]" for index in range(8)}
    assert sum(line.endswith("pi") for line in lines(made.program)) == 3  # the entangling gate stays


def test_weights_that_are_distances_are_symmetric() -> None:
    angles = {"d_01": "norm(r(a, b))", "d_12": "norm(r(b, c))", "d_02": "norm(r(a, c))"}
    pairs = "1*Z(q0) Z(q1) + 1*Z(q1) Z(q2) + 1*Z(q0) Z(q2)"
    made = imported("alternating.qasm", sites=dict.fromkeys("abc", "H"), angles=angles, observables={"E": pairs})
    assert set(verdicts(made.program).values()) == {"proven"}
