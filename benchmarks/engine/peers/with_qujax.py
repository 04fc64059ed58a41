"""qujax: gates as functions from its flat parameters to matrices, expectation values of matrices on pairs."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import qujax

from benchmarks.engine.losses import Engine
from benchmarks.engine.peers.closed_form import DOT, exchange, rotation
from benchmarks.engine.work import Work


def engine(work: Work, precision: str) -> Engine:
    del precision  # follows from JAX
    gates, qubits, slots = [], [], []
    for a in range(0, work.qubits, 2):
        gates += ["H", "Z", "X", "CX"]
        qubits += [[a], [a], [a + 1], [a, a + 1]]
        slots += [[], [], [], []]
    first_w = 3 * work.encodings * work.qubits
    for layer in range(work.encodings):
        for qubit in range(work.qubits):
            gates.append(lambda x, y, z: rotation((x, y, z)))  # qujax counts the arguments
            qubits.append([qubit])
            slots.append([3 * (layer * work.qubits + qubit) + axis for axis in range(3)])
        for k, pair in enumerate(work.couplings) if layer < work.layers else ():
            gates.append(exchange)
            qubits.append(list(pair))
            slots.append([first_w + layer * len(work.couplings) + k])
    state = qujax.get_params_to_statetensor_func(gates, qubits, slots, work.qubits)
    dot = jnp.asarray(DOT).reshape(2, 2, 2, 2)
    measures = [qujax.get_statetensor_to_expectation_func([[dot]], [list(pair)], [1.0]) for pair in work.measured]

    def circuit(alpha, w, vectors):
        turns = alpha[:, :, None] * vectors[None]
        final = state(jnp.concatenate([turns.ravel(), w.ravel()]))
        return jnp.stack([measure(final) for measure in measures])

    return jax.vmap(circuit, (None, None, 0))
