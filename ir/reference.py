"""A plain dense simulator in NumPy: the meaning of a program, for checks and for small examples.

It is slow on purpose: every gate is the exponential of its generator by diagonalization, so nothing is assumed about
a gate but its definition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qffc.ir.declarations import has_features, readout_value
from qffc.ir.diagnostics import InternalError, error
from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.observables import Observable
from qffc.ir.operation import Coupling, Op
from qffc.ir.ops import Relabel, Rotate, Singlet, Zero
from qffc.ir.pauli import Letter, PauliString, PauliSum
from qffc.ir.program import Program
from qffc.ir.values import Number

State = NDArray[np.complex128]
Arithmetic = Callable[[Program, Instance], Evaluator]
"""What computes the values of a program at an instance."""
MAXIMUM_QUBITS = 14

_PAULI = {
    "I": np.eye(2, dtype=complex),
    "X": np.array([[0, 1], [1, 0]], dtype=complex),
    "Y": np.array([[0, -1j], [1j, 0]], dtype=complex),
    "Z": np.array([[1, 0], [0, -1]], dtype=complex),
}


def statevector(program: Program, instance: Instance, arithmetic: Arithmetic = Evaluator) -> State:
    """Return the final state, (2**qubits,), qubit 0 the most significant bit.

    Raises:
        QffcError: when the program has more qubits than a dense state can hold here, or sums over neighbours.
    """
    _need_plain(program)
    count = len(program.qubits)
    if count > MAXIMUM_QUBITS:
        raise error(
            "too many qubits for the dense simulator",
            found=f"{count} qubits",
            expected=f"at most {MAXIMUM_QUBITS}",
            help="use the JAX kernel, or a smaller program",
        )
    evaluate = arithmetic(program, instance)
    state = np.zeros((2,) * count, dtype=complex)
    state[(0,) * count] = 1.0
    for op in program.ops:
        state = _apply(op, state, evaluate)
    return state.reshape(-1)


def moments(program: Program, instance: Instance, arithmetic: Arithmetic = Evaluator) -> NDArray[np.float64]:
    """Return the expectation values of the observables, (observables,)."""
    return moments_of(program, statevector(program, instance, arithmetic))


def moments_of(program: Program, state: State) -> NDArray[np.float64]:
    """Return the expectation values of the observables in a state, (observables,).

    Args:
        program: whose observables they are.
        state: (2**qubits,), see :func:`statevector`.
    """
    return np.array([expectation(o, state, len(program.qubits)) for _, o in program.observables])


def expectation(observable: Observable, state: State, qubits: int) -> float:
    """Return <state| observable |state>."""
    tensor = state.reshape((2,) * qubits)
    total = 0.0
    for string, (weight, _) in observable.paulis.terms:
        total += _number(weight) * float(np.real(np.vdot(tensor, apply_string(tensor, string))))
    return total


def apply_string(state: State, string: PauliString) -> State:
    """Return a Pauli string applied to a state of shape (2, ..., 2), one axis for each qubit."""
    for qubit, letter in string:
        state = np.moveaxis(np.tensordot(_PAULI[letter], state, axes=(1, qubit)), 0, qubit)
    return state


def response(program: Program, instance: Instance, arithmetic: Arithmetic = Evaluator) -> NDArray[np.float64]:
    """Return what the outside sees of one circuit: the raw energy, or the weighted features of an atomic readout.

    Raises:
        QffcError: as :func:`statevector` does.
    """
    values = moments(program, instance, arithmetic)
    by_name = {name: value for (name, _), value in zip(program.observables, values, strict=True)}
    return read(program, instance, by_name, arithmetic)


def read(
    program: Program, instance: Instance, moments: Mapping[str, float], arithmetic: Arithmetic = Evaluator
) -> NDArray[np.float64]:
    """Return what the readout makes of moments by name: the energy, or the weighted features.

    Raises:
        QffcError: when the program has sums over neighbours.
    """
    _need_plain(program)
    readout = program.readout
    if has_features(readout):
        weight = arithmetic(program, instance)(readout.weight)
        return np.array([weight * moments[name] for name in readout.features])
    full = replace(instance, moments=moments)
    return np.array([arithmetic(program, full)(readout_value(readout))], dtype=float)


def dense(paulis: PauliSum, qubits: tuple[int, ...]) -> State:
    """Return the matrix of a Pauli sum with numeric coefficients on the given qubits, (2**k, 2**k)."""
    matrix = np.zeros((2 ** len(qubits),) * 2, dtype=complex)
    for string, (real, imaginary) in paulis.terms:
        letters = dict(string)
        term = np.eye(1, dtype=complex)
        for qubit in qubits:
            term = np.kron(term, _PAULI[letters.get(qubit, "I")])
        matrix += complex(_number(real), _number(imaginary)) * term
    return matrix


def _need_plain(program: Program) -> None:
    if program.gathered is not None:
        raise error(
            "sums over neighbours in the reference simulator",
            found=f"gathered site '{program.gathered.name}' of '{program.name}', which any number of neighbours take",
            expected="a program with its sums written out for so many neighbours",
            help=f"for two neighbours of '{program.gathered.name}' simulate WrittenOut(program, neighbours=2).program, "
            "of qffc.passes.circuit.written_out, at the positions of its sites",
        )


def _number(value: object) -> float:
    if not isinstance(value, Number):
        raise InternalError(f"a coefficient without a number: {value}")
    return float(value.value)


def _apply(op: Op, state: State, evaluate: Evaluator) -> State:
    match op:
        case Zero():
            return state
        case Singlet(a, b):
            # Both qubits are fresh, so amplitude sits where they are 00.
            block = np.moveaxis(state, (a, b), (0, 1)).copy()
            block[0, 1] = block[0, 0] / np.sqrt(2)
            block[1, 0] = -block[0, 0] / np.sqrt(2)
            block[0, 0] = 0
            return np.moveaxis(block, (0, 1), (a, b))
        case Relabel(moves):
            sources, targets = zip(*moves, strict=True)
            return np.moveaxis(state, sources, targets)
        case Rotate(qubit, vector):
            v = np.asarray(evaluate(vector), dtype=float)
            hamiltonian = sum(v[k] / 2 * _PAULI["XYZ"[k]] for k in range(3))
            if not np.isfinite(v).all():
                return np.full_like(state, np.nan)  # eigh would not converge
            return _evolve(*np.linalg.eigh(np.asarray(hamiltonian)), (qubit,), state)
        case Coupling():
            letters = tuple(letter for _, letter in op.letters)
            kind = type(op)
            levels, vectors = _unit_levels(kind, len(op.qubits), letters)  # type: ignore[arg-type]  # classes have hashes
            return _evolve(float(evaluate(op.value)) * levels, vectors, op.qubits, state)
    raise InternalError(f"the reference simulator does not know {type(op).__name__}")


@lru_cache(maxsize=1 << 10)
def _unit_levels(kind: type[Coupling], width: int, letters: tuple[Letter, ...]) -> tuple[NDArray[np.float64], State]:
    """The eigenvalues and eigenvectors of the generator of a coupling at the angle 1, on the first qubits."""
    qubits = tuple(range(width))
    levels, vectors = np.linalg.eigh(dense(kind.unit_generator(qubits, letters), qubits))
    levels.flags.writeable = vectors.flags.writeable = False
    return levels, vectors


def _evolve(levels: NDArray[np.float64], vectors: State, qubits: tuple[int, ...], state: State) -> State:
    """A state after exp(-i H), H by its eigenvalues and eigenvectors."""
    if not np.isfinite(levels).all():
        return np.full_like(state, np.nan)
    unitary = (vectors * np.exp(-1j * levels)) @ vectors.conj().T
    k = len(qubits)
    block = np.moveaxis(state, qubits, range(k))
    block = np.tensordot(unitary.reshape((2,) * (2 * k)), block, axes=(range(k, 2 * k), range(k)))
    return np.moveaxis(block, range(k), qubits)
