"""PennyLane on `default.qubit` with JAX: gates as matrices in closed form."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import pennylane as qml

from benchmarks.engine.losses import Engine
from benchmarks.engine.peers.closed_form import DOT, exchange, rotation
from benchmarks.engine.work import Work


def engine(work: Work, precision: str) -> Engine:
    del precision  # follows from JAX

    @qml.qnode(qml.device("default.qubit", wires=work.qubits), interface="jax", diff_method="backprop")
    def circuit(alpha, w, vectors):
        for wire in range(0, work.qubits, 2):
            singlet(wire, wire + 1)
        for layer in range(work.encodings):
            for wire in range(work.qubits):
                qml.QubitUnitary(rotation(alpha[layer, wire] * vectors[wire]), wires=wire)
            for k, pair in enumerate(work.couplings) if layer < work.layers else ():
                qml.QubitUnitary(exchange(w[layer, k]), wires=pair)
        return [qml.expval(qml.Hermitian(DOT, wires=pair)) for pair in work.measured]

    many = jax.vmap(lambda *slots: jnp.stack(circuit(*slots)), (None, None, 0))
    return lambda alpha, w, vectors: jnp.real(many(alpha, w, vectors))


def singlet(a: int, b: int) -> None:
    qml.Hadamard(a)
    qml.PauliZ(a)
    qml.PauliX(b)
    qml.CNOT([a, b])
