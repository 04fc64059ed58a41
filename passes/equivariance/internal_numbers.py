"""Symmetries that leave the data alone, in numbers: how far the final state and what is read are from them.

The response says nothing here, for nothing that it depends on changes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError
from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.generators import Conserved
from qffc.ir.ops import Relabel
from qffc.ir.pauli import PauliSum
from qffc.ir.program import Program
from qffc.ir.reference import State, apply_string, statevector
from qffc.passes.circuit.conjugation import conjugated_sum
from qffc.passes.circuit.seen_operators import seen_operators


def distances(program: Program, instance: Instance, title: str) -> NDArray[np.float64]:
    """Return how far a program is from an internal symmetry at one point, (1 + operators,); zeros when it holds there.

    Args:
        program: the program.
        instance: the point.
        title: of a declared symmetry of the program that leaves the data alone.

    Returns:
        First the norm of V psi - psi with the phase that makes it smallest, or of (S - s) psi where s is the mean of
        the charge. Then of each operator O that the readout sees the norm of V O V+ - O, or of [S, O]: the root of the
        sum of the squares of its Pauli coefficients.
    """
    item = next((item for item in program.generators if item.title == title), None)
    if item is None:
        raise InternalError(f"the program declares no '{title}'")
    state = _on_wires(program, statevector(program, instance))
    evaluate = Evaluator(program, instance)
    operators = [operator for _, operator in seen_operators(program)]
    if isinstance(item, Conserved):
        charge = item.charge.paulis
        image = _apply(charge, state, evaluate)
        distance = float(np.linalg.norm(image - np.vdot(state, image).real * state))
        left = [charge.commutator(operator) for operator in operators]
    else:
        moves, string = dict(item.qubits), item.paulis
        order = [moves.get(qubit, qubit) for qubit in range(len(program.qubits))]
        image = apply_string(np.moveaxis(state, range(len(order)), order), string)
        overlap = np.vdot(image, state)
        phase = overlap / abs(overlap) if abs(overlap) > 1e-12 else 1.0
        distance = float(np.linalg.norm(phase * image - state))
        places = dict(enumerate(order))
        left = [conjugated_sum(operator.relabelled(places), dict(string)) - operator for operator in operators]
    return np.array([distance, *(_size(rest, evaluate) for rest in left)])


def _on_wires(program: Program, state: State) -> State:
    """The state with each qubit where it was prepared, (2, ..., 2)."""
    wires = list(range(len(program.qubits)))
    for op in program.ops:
        if isinstance(op, Relabel):
            before = list(wires)
            for source, target in op.moves:
                wires[target] = before[source]
    return np.moveaxis(state.reshape((2,) * len(wires)), range(len(wires)), wires)


def _apply(paulis: PauliSum, state: State, evaluate: Evaluator) -> State:
    total = np.zeros_like(state)
    for string, (real, _) in paulis.terms:
        total += float(evaluate(real)) * apply_string(state, string)
    return total


def _size(paulis: PauliSum, evaluate: Evaluator) -> float:
    numbers = [float(evaluate(part)) for _, parts in paulis.terms for part in parts]
    return float(np.sqrt(sum(number**2 for number in numbers)))
