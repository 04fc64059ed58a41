"""Symmetries that leave the data alone, in numbers: how far the final state and what is read are from them.

The response says nothing here, for nothing that it depends on changes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError
from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.generators import Conserved, Generator
from qffc.ir.pauli import PauliSum
from qffc.ir.program import Program
from qffc.ir.reference import Arithmetic, State, apply_string, expectation, read, statevector
from qffc.passes.circuit.seen_operators import seen_operators
from qffc.passes.circuit.wires import flatten, last_wires

_STATES = 4
"""Random states that a readout is compared on."""


def distances(
    program: Program, instance: Instance, title: str, arithmetic: Arithmetic = Evaluator
) -> NDArray[np.float64]:
    """Return how far a program is from an internal symmetry at one point, (1 + operators,); zeros when it holds there.

    Args:
        program: the program.
        instance: the point.
        title: of a declared symmetry of the program that leaves the data alone.
        arithmetic: what computes the values.

    Returns:
        First the norm of V psi - psi with the phase that makes it smallest, or of (S - s) psi where s is the mean of
        the charge. Then, of each number that is read, the largest change between a random state and its image under V;
        or, of each operator O that the readout sees, the norm of [S, O]: the root of the sum of the squares of its
        Pauli coefficients.
    """
    item = next((item for item in program.generators if item.title == title), None)
    if item is None:
        raise InternalError(f"the program declares no '{title}'")
    state = _on_wires(program, statevector(program, instance, arithmetic))
    evaluate = arithmetic(program, instance)
    if isinstance(item, Conserved):
        charge = item.charge.paulis
        image = _apply(charge, state, evaluate)
        distance = float(np.linalg.norm(image - np.vdot(state, image).real * state))
        left = [charge.commutator(operator) for _, operator in seen_operators(program)]
        return np.array([distance, *(_size(rest, evaluate) for rest in left)])
    image = _image(item, state)
    overlap = np.vdot(image, state)
    phase = overlap / abs(overlap) if abs(overlap) > 1e-12 else 1.0
    distance = float(np.linalg.norm(phase * image - state))
    return np.array([distance, *_change_of_readout(program, instance, item, arithmetic)])


def _image(item: Generator, state: State) -> State:
    """V applied to a state (2, ..., 2) on wires."""
    moves = dict(item.qubits)
    order = [moves.get(qubit, qubit) for qubit in range(state.ndim)]
    return apply_string(np.moveaxis(state, range(state.ndim), order), item.paulis)


def _change_of_readout(
    program: Program, instance: Instance, item: Generator, arithmetic: Arithmetic
) -> NDArray[np.float64]:
    """The largest change of each number that is read, (numbers,), over random states and their images."""
    random = np.random.default_rng(20250131)
    shape = (2,) * len(program.qubits)
    changes = []
    for _ in range(_STATES):
        state = random.normal(size=shape) + 1j * random.normal(size=shape)
        state /= np.linalg.norm(state)
        before, after = (_read(program, instance, each, arithmetic) for each in (state, _image(item, state)))
        change = np.abs(after - before)
        changes.append(np.where(np.isfinite(before) | np.isfinite(after), change, 0.0))
    largest: NDArray[np.float64] = np.max(changes, axis=0)
    return largest


def _read(program: Program, instance: Instance, state: State, arithmetic: Arithmetic) -> NDArray[np.float64]:
    """What the readout makes of a state on wires."""
    moments = {
        name: expectation(observable, state, len(program.qubits)) for name, observable in flatten(program).observables
    }
    return read(program, instance, moments, arithmetic)


def _on_wires(program: Program, state: State) -> State:
    """The state with each qubit where it was prepared, (2, ..., 2)."""
    wires = last_wires(program)
    return np.moveaxis(state.reshape((2,) * len(wires)), list(wires), list(wires.values()))


def _apply(paulis: PauliSum, state: State, evaluate: Evaluator) -> State:
    total = np.zeros_like(state)
    for string, (real, _) in paulis.terms:
        total += float(evaluate(real)) * apply_string(state, string)
    return total


def _size(paulis: PauliSum, evaluate: Evaluator) -> float:
    numbers = [float(evaluate(part)) for _, parts in paulis.terms for part in parts]
    return float(np.sqrt(sum(number**2 for number in numbers)))
