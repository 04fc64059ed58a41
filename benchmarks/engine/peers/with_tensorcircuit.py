"""TensorCircuit-NG on JAX: matrices as gates, its exponential of an involution, expectation values by contraction."""

from __future__ import annotations

from collections.abc import Callable

import jax
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


def moments(split, precision: str) -> Callable[[jax.Array], jax.Array]:
    """Return slots (batch, slots) to moments (batch, observables) of a program of singlets, rotations, exchanges."""
    tc.set_backend("jax")
    tc.set_dtype("complex128" if precision == "float64" else "complex64")
    jax.config.update("jax_enable_x64", True)  # which the type of complex numbers has changed
    swap = jnp.asarray(SWAP, tc.dtypestr).reshape(2, 2, 2, 2)
    dot = jnp.asarray(DOT, tc.dtypestr).reshape(2, 2, 2, 2)

    def circuit(slots):
        c = tc.Circuit(split.qubit_count)
        for op in split.ops:
            a, *rest = op.qubits
            if op.kind == "singlet":
                c.h(a)
                c.z(a)
                c.x(*rest)
                c.cnot(a, *rest)
            elif op.kind == "rotate":
                factor, slot = op.vector
                start = split.vector_offset(slot)
                c.any(a, unitary=rotation(float(factor) * slots[start : start + 3]))
            else:
                c.exp1(a, *rest, unitary=swap, theta=2 * sum(float(x) * slots[k] for x, k in op.angle.terms))
        found = [
            sum(weight * c.expectation(*((dot, list(pair)) for pair in pairs)) for weight, pairs in terms(observable))
            for observable in split.observables
        ]
        return jnp.real(jnp.stack(found))

    return jax.vmap(circuit)


def terms(observable) -> list[tuple[float, list[tuple[int, int]]]]:
    """Return an observable as weights of products of inner products, each on a pair of qubits."""
    if hasattr(observable, "terms"):
        return [(float(x) * weight, pairs) for x, term in observable.terms for weight, pairs in terms(term)]
    return [(1.0, [(dot.a, dot.b) for dot in getattr(observable, "factors", (observable,))])]
