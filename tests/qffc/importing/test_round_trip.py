"""What leaves as a circuit with symbols and comes back has the response that it had, as the identity test decides."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from symbolic_circuits import SymbolicCircuit

import qffc as qf
from qffc.cli.compile_emit import Emit, emitted
from qffc.importing.import_circuit import import_circuit
from qffc.ir.evaluate import Instance
from qffc.ir.program import Program
from qffc.ir.reference import moments
from qffc.library import load
from qffc.passes.same_response import compare_responses
from qffc.testing import programs
from qffc.toolchain import check

LIBRARY = (
    ("water-demo", {"depth": 1}),
    ("water-demo", {"depth": 1, "tied": True, "breaking": False}),
    ("sivqlm-lih", {"depth": 2}),
    ("sivqlm-h2o", {"depth": 1}),
    ("ring", {"qubits": 4, "depth": 1}),
    ("all-pairs", {"qubits": 4, "depth": 1}),
    ("initial", {"slots": 2}),
)


def returned(program: Program, seed: int) -> Program:
    written = SymbolicCircuit(program, seed)
    return import_circuit(written.circuit, written.description).program


@pytest.mark.parametrize(("name", "options"), LIBRARY, ids=lambda part: str(part))
def test_library_program_comes_back(name: str, options: dict[str, object]) -> None:
    program = load(name, **options)
    back = returned(program, 3)
    assert compare_responses(program, back).outcome == "equal"
    assert [op.word for op in back.ops if op.word in ("singlet", "rotate", "exchange")] == [
        op.word for op in program.ops if op.word in ("singlet", "rotate", "exchange")
    ]
    assert [v.status for v in check(back).verdicts] == [v.status for v in check(program).verdicts]


@settings(max_examples=40)
@given(programs(finite=True), st.integers(0, 2**30))
def test_random_program_comes_back(program: Program, seed: int) -> None:
    ops = tuple(op for op in program.ops if op.word not in ("chirality", "collective"))
    program = replace(program, ops=ops, channels=1, average=())
    found = compare_responses(program, returned(program, seed))
    assert found.outcome == "equal" or (found.outcome == "unknown" and found.why), found.render()


def test_another_meaning_of_one_symbol_is_noticed() -> None:
    program = load("sivqlm-h2o", depth=1)
    written = SymbolicCircuit(program)
    first = next(iter(written.angles))
    other = replace(written.description, angles={**written.angles, first: f"2*({written.angles[first]})"})
    assert compare_responses(program, import_circuit(written.circuit, other).program).outcome == "different"


@pytest.mark.parametrize("kind", [Emit.PYTKET, Emit.QASM])
@pytest.mark.parametrize("target", ["H2-1LE", "HeliosLE"])
def test_emitted_circuit_comes_back_with_its_moments(kind: Emit, target: str, tmp_path: Path) -> None:
    """What `qffc compile --emit` writes has numbers, those of one generic geometry."""
    compiled = qf.compile("lib:water-demo:depth=1", target)
    (text,) = emitted(compiled, kind, None, None, False)
    file = tmp_path / "circuit.txt"
    file.write_text(text, encoding="utf-8")
    back = qf.from_pytket(file, sites={"H": "H"}, observables={"E": "dot(q0, q1)"})
    (moment,) = moments(back, Instance(np.zeros((1, 3)), np.zeros(1, dtype=int), {}))
    state = compiled.circuit().get_statevector().reshape((4, -1))
    pauli = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    expected = sum(np.vdot(state, np.kron(matrix, matrix) @ state).real for matrix in pauli)
    assert moment == pytest.approx(expected, abs=1e-10)
