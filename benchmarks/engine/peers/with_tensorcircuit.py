"""TensorCircuit-NG on JAX: matrices as gates, its exponential of an involution, expectation values by contraction."""

from __future__ import annotations

import jax.numpy as jnp
import tensorcircuit as tc

from benchmarks.engine.losses import Engine
from benchmarks.engine.peers.closed_form import DOT, SWAP, rotation
from benchmarks.engine.work import Work


def engine(work: Work, precision: str) -> Engine:
    tc.set_backend("jax")
    tc.set_dtype("complex128" if precision == "float64" else "complex64")
    swap = jnp.asarray(SWAP, tc.dtypestr).reshape(2, 2, 2, 2)
    dot = jnp.asarray(DOT, tc.dtypestr).reshape(2, 2, 2, 2)

    def circuit(alpha, w, vectors):
        c = tc.Circuit(work.qubits)
        for a in range(0, work.qubits, 2):
            c.h(a)
            c.z(a)
            c.x(a + 1)
            c.cnot(a, a + 1)
        for layer in range(work.encodings):
            for qubit in range(work.qubits):
                c.any(qubit, unitary=rotation(alpha[layer, qubit] * vectors[qubit]))
            for k, pair in enumerate(work.couplings) if layer < work.layers else ():
                c.exp1(*pair, unitary=swap, theta=2 * w[layer, k])
        return tc.backend.real(tc.backend.stack([c.expectation((dot, list(pair))) for pair in work.measured]))

    return tc.backend.vmap(circuit, vectorized_argnums=2)
