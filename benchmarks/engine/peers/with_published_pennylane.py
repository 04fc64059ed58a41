"""The water circuit as PennyLane's demonstration builds it.

Every gate is a matrix exponential, the observable a sum of Pauli strings. The one difference in meaning is that each
layer reads a column of weights of its own.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pennylane as qml

from benchmarks.engine.losses import Engine
from benchmarks.engine.peers.with_pennylane import singlet
from benchmarks.engine.work import Work

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
HEISENBERG = sum(np.kron(p, p) for p in PAULI)


def engine(work: Work, precision: str) -> Engine:
    del precision  # follows from JAX
    paulis, heisenberg = jnp.asarray(PAULI), jnp.asarray(HEISENBERG)
    (a, b), *_ = work.measured
    observable = qml.Hamiltonian(np.ones(3), [letter(a) @ letter(b) for letter in (qml.X, qml.Y, qml.Z)])

    @qml.qnode(qml.device("default.qubit", wires=work.qubits), interface="jax")
    def circuit(alpha, w, vectors):
        for wire in range(0, work.qubits, 2):
            singlet(wire, wire + 1)
        for layer in range(work.encodings):
            for wire in range(work.qubits):
                generator = jnp.einsum("i,ijk", vectors[wire], paulis)
                unitary = jax.scipy.linalg.expm(-1.0j * alpha[layer, wire] * generator / 2)
                qml.QubitUnitary(unitary, wires=[wire])
            qml.Barrier()
            for k, pair in enumerate(work.couplings) if layer < work.layers else ():
                qml.QubitUnitary(jax.scipy.linalg.expm(-1.0j * w[layer, k] * heisenberg), wires=pair)
        return qml.expval(observable)

    many = jax.vmap(circuit, (None, None, 0))
    return lambda alpha, w, vectors: many(alpha, w, vectors)[:, None]
