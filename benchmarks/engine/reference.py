"""What every engine has to find: a dense simulation in NumPy, written for plainness and by other rules than theirs.

Gates are exponentials by diagonalization and first derivatives are those of an adjoint sweep. The gradient of the loss
needs the derivative of a gradient along one direction in the space of positions, which is a central difference of
eighth order; at half the step no gradient of the benchmark differs by more than 1e-10 of its largest component.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.engine import work as work_module
from benchmarks.engine.work import Array, Work

State = NDArray[np.complex128]
PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
STENCIL = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}
STENCIL_STEP = 1e-3  # Angstrom, of the atom that moves most
CHUNK_AMPLITUDES = 2**22


@dataclass(frozen=True)
class Answer:
    """What a cell is compared with; `gradient` has the names and shapes of the parameters."""

    loss: float
    energies: Array
    forces: Array
    gradient: dict[str, Array]

    @property
    def gradient_norm(self) -> float:
        return float(np.sqrt(sum(np.sum(g**2) for g in self.gradient.values())))


@dataclass(frozen=True)
class _Slopes:
    """Energies of molecules and their first derivatives."""

    energies: Array  # (molecules,)
    positions: Array  # (molecules, atoms, 3)
    parameters: dict[str, Array]  # (molecules, ...)


def answer(work: Work) -> Answer:
    """Return loss, energies, forces and gradient of a work."""
    here = _slopes(work, work.positions)
    energies, forces = work.targets
    energy_error, force_error = here.energies - energies, -here.positions - forces
    loss = float(np.mean(energy_error**2) + np.mean(force_error**2))
    pull, push = 2 * energy_error / energy_error.size, 2 * force_error / force_error.size
    gradient = {name: np.tensordot(pull, slope, axes=1) for name, slope in here.parameters.items()}
    step = STENCIL_STEP / np.abs(push).max()
    for distance, weight in STENCIL.items():
        for sign in (1, -1):
            there = _slopes(work, work.positions + sign * distance * step * push)
            for name, slope in there.parameters.items():
                gradient[name] = gradient[name] - sign * weight / step * slope.sum(axis=0)
    return Answer(loss, here.energies, -here.positions, gradient)


def stored_answer(work: Work, folder: Path) -> Answer:
    """Return the answer of a work, from the folder if it is there."""
    sources = [Path(__file__), Path(work_module.__file__)]
    identity = json.dumps(work.as_dict()).encode() + b"".join(path.read_bytes() for path in sources)
    if work.geometry is not None:
        identity += Path(work.geometry).read_bytes()
    path = folder / f"{work.kind}-{hashlib.sha256(identity).hexdigest()[:16]}.npz"
    if path.exists():
        with np.load(path) as stored:
            names = [name for name in stored.files if name not in ("loss", "energies", "forces")]
            gradient = {name: stored[name] for name in names}
            return Answer(float(stored["loss"]), stored["energies"], stored["forces"], gradient)
    found = answer(work)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(path, loss=found.loss, energies=found.energies, forces=found.forces, **found.gradient)
    return found


def _slopes(work: Work, positions: Array) -> _Slopes:
    sites, parameters = work.sites, work.parameters
    vectors = positions[:, sites[:, 1:]] - positions[:, sites[:, :1]]
    flat = vectors.reshape(-1, work.qubits, 3)
    weights = parameters.get("readout", np.ones(len(work.measured)))
    chunk = max(1, CHUNK_AMPLITUDES >> work.qubits)
    parts = [_circuits(work, flat[k : k + chunk], weights) for k in range(0, len(flat), chunk)]
    dots, by_vector, by_alpha, by_w = (
        np.concatenate(part).reshape(*vectors.shape[:2], *part[0].shape[1:]) for part in zip(*parts, strict=True)
    )
    energies = np.sum(dots @ weights + parameters.get("offset", 0.0), axis=1)
    slope = np.zeros_like(positions)
    for circuit, (centre, *neighbours) in enumerate(sites):
        for qubit, atom in enumerate(neighbours):
            slope[:, atom] += by_vector[:, circuit, qubit]
            slope[:, centre] -= by_vector[:, circuit, qubit]
    by_parameter = {"alpha": by_alpha.sum(axis=1), "w": by_w.sum(axis=1)}
    if "readout" in parameters:
        by_parameter |= {"readout": dots.sum(axis=1), "offset": np.full(len(positions), float(work.centres))}
    return _Slopes(energies, slope, by_parameter)


def _circuits(work: Work, vectors: Array, weights: Array) -> tuple[Array, Array, Array, Array]:
    """Inner products of circuits, and derivatives of their weighted sum by vectors (batch, qubits, 3), alpha and w."""
    alpha, w = work.parameters["alpha"], work.parameters["w"]
    turns = [[_turn(alpha[d, q] * vectors[:, q]) for q in range(work.qubits)] for d in range(work.encodings)]
    state = _start(work, len(vectors))
    for layer in range(work.encodings):
        for qubit, (unitary, _) in enumerate(turns[layer]):
            state = _apply(unitary, state, qubit)
        for pair, angle in zip(work.couplings, w[layer], strict=True) if layer < work.layers else ():
            state = _exchange(angle, state, pair)
    swapped = [2 * _swap(state, pair) - state for pair in work.measured]
    dots = np.stack([_overlap(state, image).real for image in swapped], axis=1)
    costate = sum(weight * image for weight, image in zip(weights, swapped, strict=True))
    by_vector = np.zeros_like(vectors)
    by_alpha, by_w = np.zeros((len(vectors), *alpha.shape)), np.zeros((len(vectors), *w.shape))
    for layer in reversed(range(work.encodings)):
        for index in reversed(range(len(work.couplings)) if layer < work.layers else ()):
            pair, angle = work.couplings[index], w[layer, index]
            by_w[:, layer, index] = 2 * _overlap(costate, 2 * _swap(state, pair) - state).imag
            state, costate = _exchange(-angle, state, pair), _exchange(-angle, costate, pair)
        for qubit in reversed(range(work.qubits)):
            unitary, slopes = turns[layer][qubit]
            back = unitary.conj().swapaxes(1, 2)
            state = _apply(back, state, qubit)
            by_turn = 2 * np.einsum("bkij,bij->bk", slopes, _reduced(costate, state, qubit)).real
            costate = _apply(back, costate, qubit)
            by_alpha[:, layer, qubit] = np.sum(by_turn * vectors[:, qubit], axis=1)
            by_vector[:, qubit] += alpha[layer, qubit] * by_turn
    return dots, by_vector, by_alpha, by_w


def _turn(vectors: Array) -> tuple[State, State]:
    """exp(-i/2 v . sigma), (batch, 2, 2), and its derivatives, (batch, 3, 2, 2), by divided differences."""
    values, basis = np.linalg.eigh(np.einsum("bk,kij->bij", vectors / 2, PAULI))
    phases = np.exp(-1j * values)
    adjoint = basis.conj().swapaxes(1, 2)
    gap = values[:, 0] - values[:, 1]
    off = np.where(gap == 0, -1j * phases[:, 0], (phases[:, 0] - phases[:, 1]) / np.where(gap == 0, 1, gap))
    divided = np.stack([-1j * phases[:, 0], off, off, -1j * phases[:, 1]], axis=1).reshape(-1, 1, 2, 2)
    inside = adjoint[:, None] @ (PAULI / 2) @ basis[:, None]
    return (basis * phases[:, None]) @ adjoint, basis[:, None] @ (divided * inside) @ adjoint[:, None]


def _start(work: Work, batch: int) -> State:
    singlet = np.array([0, 1, -1, 0]) / np.sqrt(2)
    state = np.ones(1)
    for _ in range(work.qubits // 2):
        state = np.kron(state, singlet)
    return np.repeat(state.astype(complex).reshape(1, *(2,) * work.qubits), batch, axis=0)


def _apply(matrix: State, state: State, qubit: int) -> State:
    blocks = state.reshape(len(state), 2**qubit, 2, -1)
    return np.einsum("bij,bljr->blir", matrix, blocks).reshape(state.shape)


def _reduced(left: State, right: State, qubit: int) -> State:
    shape = (len(left), 2**qubit, 2, -1)
    return np.einsum("blir,bljr->bij", left.reshape(shape).conj(), right.reshape(shape))


def _swap(state: State, pair: tuple[int, int]) -> State:
    return state.swapaxes(pair[0] + 1, pair[1] + 1)


def _exchange(angle: float, state: State, pair: tuple[int, int]) -> State:
    return np.exp(1j * angle) * (np.cos(2 * angle) * state - 1j * np.sin(2 * angle) * _swap(state, pair))


def _overlap(left: State, right: State) -> NDArray[np.complex128]:
    return np.einsum("bi,bi->b", left.reshape(len(left), -1).conj(), right.reshape(len(right), -1))
