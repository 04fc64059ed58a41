"""Moments by scipy's matrix exponential of generators on all qubits: it shares no code with any kernel."""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm, expm_frechet

from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.ops import Relabel, Singlet, Zero

LETTERS = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1.0, -1.0]),
}


def matrix(paulis, qubits, evaluate):
    """A Pauli sum as a dense matrix on all qubits, its symbolic coefficients evaluated."""
    total = np.zeros((2**qubits, 2**qubits), dtype=complex)
    for string, (real, imaginary) in paulis.terms:
        letters = dict(string)
        term = np.eye(1)
        for qubit in range(qubits):
            term = np.kron(term, LETTERS[letters.get(qubit, "I")])
        total += complex(evaluate(real), evaluate(imaginary)) * term
    return total


def permutation(moves, qubits):
    result = np.zeros((2**qubits, 2**qubits))
    for column in range(2**qubits):
        bits = [(column >> (qubits - 1 - q)) & 1 for q in range(qubits)]
        moved = list(bits)
        for source, destination in moves:
            moved[destination] = bits[source]
        result[int("".join(map(str, moved)), 2), column] = 1
    return result


def initial(program):
    """Pairs of qubits are tensored one after another, then put in their places."""
    qubits = len(program.qubits)
    factors, order = [], []
    for op in program.ops:
        if isinstance(op, Singlet):
            factors.append(np.array([0, 1, -1, 0]) / np.sqrt(2))
            order += op.qubits
        if isinstance(op, Zero):
            factors.append(np.array([1, 0]))
            order += op.qubits
    state = np.ones(1)
    for factor in factors:
        state = np.kron(state, factor)
    return state.reshape((2,) * qubits).transpose(np.argsort(order)).reshape(-1).astype(complex)


def dense_moments(program, instance, along=None):
    """Moments by scipy; with a direction (sites, 3) also their derivative along it, by Frechet derivatives."""
    qubits = len(program.qubits)
    step = 1e-5

    def at(shift):
        moved = instance.positions if along is None else instance.positions + shift * along
        return Evaluator(program, Instance(moved, instance.species, instance.parameters))

    state, tangent = initial(program), np.zeros(2**qubits, dtype=complex)
    for op in program.ops:
        if isinstance(op, Singlet | Zero):
            continue
        if isinstance(op, Relabel):
            gate = permutation(op.moves, qubits)
            state, tangent = gate @ state, gate @ tangent
            continue
        generator = matrix(op.generator, qubits, at(0))
        if along is None:
            state = expm(-1j * generator) @ state
            continue
        slope = (matrix(op.generator, qubits, at(step)) - matrix(op.generator, qubits, at(-step))) / (2 * step)
        gate, change = expm_frechet(-1j * generator, -1j * slope)
        state, tangent = gate @ state, gate @ tangent + change @ state
    observables = [matrix(observable.paulis, qubits, at(0)) for _, observable in program.observables]
    values = np.array([np.vdot(state, o @ state).real for o in observables])
    return values, np.array([2 * np.vdot(tangent, o @ state).real for o in observables])
