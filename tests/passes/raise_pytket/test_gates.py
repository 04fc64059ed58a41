"""Every gate of the table is what pytket says that it is, up to a phase, at special and at random angles."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from pytket.circuit import Circuit, OpType
from scipy.linalg import expm

from qffc.ir.values import Number, ParameterEntry, Pi
from qffc.passes.raise_pytket.angles import Angles
from qffc.passes.raise_pytket.gates import MOST_CONTROLLED, known_gates, steps_of
from qffc.passes.raise_pytket.raise_circuit import raise_circuit
from qffc.passes.raise_pytket.steps import Step

PAULIS = {"X": [[0, 1], [1, 0]], "Y": [[0, -1j], [1j, 0]], "Z": [[1, 0], [0, -1]], "I": [[1, 0], [0, 1]]}
WIDE = {OpType.CnX: 4, OpType.CnY: 4, OpType.CnZ: 4, OpType.CnRx: 4, OpType.CnRy: 3, OpType.CnRz: 3}


def number(value) -> float:
    return float(sympy.sympify(value.text.replace("^", "**")))


def unitary(steps: list[Step], qubits: int) -> np.ndarray:
    total = np.eye(2**qubits, dtype=complex)
    for step in steps:
        for string, angle in step.turns:
            letters = dict(string)
            matrix = np.eye(1)
            for qubit in range(qubits):
                matrix = np.kron(matrix, PAULIS[letters.get(qubit, "I")])
            total = expm(-0.5j * number(angle) * matrix) @ total
    return total


def sizes(kind: OpType) -> tuple[int, int]:
    """Numbers of parameters and of qubits."""
    for parameters in range(4):
        for qubits in (WIDE.get(kind, 1), 2, 3):
            try:
                Circuit(qubits).add_gate(kind, [0.1] * parameters, list(range(qubits))).get_unitary()
            except (RuntimeError, ValueError, TypeError):
                continue
            return parameters, qubits
    raise AssertionError(kind)


@pytest.mark.parametrize("kind", known_gates(), ids=lambda kind: kind.name)
def test_gate_is_what_pytket_says(kind: OpType) -> None:
    parameters, qubits = sizes(kind)
    random = np.random.default_rng(7)
    points = [[0.0] * parameters, [0.5] * parameters, [1.0] * parameters, *random.uniform(-4, 4, (4, parameters))]
    for point in points[:: 1 if parameters else len(points)]:
        circuit = Circuit(qubits).add_gate(kind, list(point), list(range(qubits)))
        angles = [Angles({}).angle(float(half_turns)) for half_turns in point]
        steps = steps_of(kind, angles, range(qubits))
        ours, theirs = unitary(steps, qubits), circuit.get_unitary()
        overlap = abs(np.trace(ours.conj().T @ theirs)) / 2**qubits
        assert overlap == pytest.approx(1.0, abs=1e-12)
        assert all((step.quarters is not None) or len(step.turns) == 1 for step in steps)


def test_gate_of_many_controls_is_none_of_the_table() -> None:
    assert steps_of(OpType.CnX, [], range(MOST_CONTROLLED)) is not None
    assert steps_of(OpType.CnX, [], range(MOST_CONTROLLED + 1)) is None


@pytest.mark.parametrize("kind", [kind for kind in known_gates() if sizes(kind)[0]], ids=lambda kind: kind.name)
def test_short_decimals_stay_whatever_their_sign(kind: OpType) -> None:
    """pytket adds half turns to numbers below zero: to some gates two, to others four."""
    parameters, qubits = sizes(kind)
    for number in (-0.3, 0.3, -3.0, 1.25, -0.05):
        circuit = Circuit(qubits).add_gate(kind, [number / np.pi] * parameters, list(range(qubits)))
        turns = [op.value for op in raise_circuit(circuit, {}).ops if op.value is not None and op.word != "relabel"]
        shares = [turn.value / Fraction(f"{number}") for turn in turns if isinstance(turn, Number)]
        assert shares
        assert all(share.denominator <= 8 and abs(share) <= 2 for share in shares), turns


def test_angles_of_symbols_are_those_of_any_expression():
    """Symbols times numbers go a short way; a sum that is multiplied out goes the long one."""
    a, b = sympy.symbols("a b")
    angles = Angles({"a": ParameterEntry("a"), "b": ParameterEntry("b")})
    for term in (a, 2 * a / 3, 0.25 * a * b, -a, sympy.Rational(1, 7) * b):
        assert angles.angle(term) == Pi() * angles.angle(term / sympy.pi)
        assert angles.angle(term) is angles.angle(term)
