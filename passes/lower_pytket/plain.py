"""Operations gate by gate, as a user of pytket would write them: what its passes are given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pytket.circuit import Circuit, PauliExpBox, Unitary3qBox
from pytket.pauli import Pauli

from qffc.ir.diagnostics import InternalError
from qffc.ir.pauli import triple_product
from qffc.ir.reference import dense
from qffc.passes.lower_pytket.collective import collective_exchanges
from qffc.passes.lower_pytket.ops import NumericOp
from qffc.passes.lower_pytket.turns import euler_angles, half_turns, turn_about

_LETTERS = {"X": Pauli.X, "Y": Pauli.Y, "Z": Pauli.Z}


def circuit_of(ops: Sequence[NumericOp], qubits: int) -> Circuit:
    """Return operations as a circuit: TK1 for a rotation, TK2 for an exchange, Pauli gadgets for the rest.

    Args:
        ops: on wires.
        qubits: how many.

    Example:
        >>> circuit_of([NumericOp("exchange", (0, 1), 0.1)], 2).n_gates
        1
    """
    circuit = Circuit(qubits)
    for op in ops:
        _append(circuit, op)
    return circuit


def _append(circuit: Circuit, op: NumericOp) -> None:
    match op.kind:
        case "zero":
            pass
        case "singlet":
            a, b = op.qubits
            circuit.X(a).X(b).H(a).CX(a, b)
        case "rotate":
            alpha, beta, gamma = map(half_turns, euler_angles(turn_about(op.vector)))
            circuit.TK1(alpha, beta, gamma, op.qubits[0])
        case "exchange":
            _append_exchange(circuit, op.qubits, op.angle)
        case "collective":
            # Its pairs do not commute, and a matrix of so many qubits is written with more gates than the closed form
            # has.
            for a, b, angle in collective_exchanges(len(op.qubits), op.angle):
                _append_exchange(circuit, (op.qubits[a], op.qubits[b]), angle)
        case "pauli_rotation":
            letters = [_LETTERS[letter] for _, letter in op.string]
            circuit.add_pauliexpbox(PauliExpBox(letters, half_turns(op.angle)), [qubit for qubit, _ in op.string])
        case "chirality":
            # Its Pauli strings do not all commute, so that gadgets would only approximate it.
            circuit.add_unitary3qbox(Unitary3qBox(_chirality_matrix(op.angle)), *op.qubits)
        case _:
            raise InternalError(f"no plain form of {op.kind}")


def _append_exchange(circuit: Circuit, pair: tuple[int, ...], angle: float) -> None:
    turns = half_turns(2 * angle)
    circuit.TK2(turns, turns, turns, *pair)


def _chirality_matrix(angle: float) -> NDArray[np.complex128]:
    levels, vectors = np.linalg.eigh(dense(triple_product(0, 1, 2), (0, 1, 2)))
    matrix: NDArray[np.complex128] = (vectors * np.exp(-1j * angle * levels)) @ vectors.conj().T
    return matrix
