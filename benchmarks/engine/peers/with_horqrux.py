"""horqrux: a gate class of its own for each kind of gate here, applied by its `apply_gates`."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from horqrux import apply_gates, zero_state
from horqrux.primitives.primitive import NOT, SWAP, H, Primitive, Z

from benchmarks.engine.losses import Engine
from benchmarks.engine.peers.closed_form import exchange, rotation
from benchmarks.engine.work import Work


@dataclass
class Turn(Primitive):
    """A rotation about the vector of this layer and qubit."""

    place: tuple[int, int] = (0, 0)

    def _unitary(self, values):
        return rotation(values["turns"][self.place])


@dataclass
class Couple(Primitive):
    """An exchange by the angle of this layer and pair."""

    place: tuple[int, int] = (0, 0)

    def _unitary(self, values):
        return exchange(values["w"][self.place])


def engine(work: Work, precision: str) -> Engine:
    del precision  # follows from JAX
    prepare, gates = [], []
    for a in range(0, work.qubits, 2):
        prepare += [H(a), Z(a), NOT(a + 1), NOT(a + 1, a)]
    for layer in range(work.encodings):
        gates += [Turn("turn", qubit, (None,), place=(layer, qubit)) for qubit in range(work.qubits)]
        pairs = work.couplings if layer < work.layers else ()
        gates += [Couple("couple", pair, (None,), place=(layer, k)) for k, pair in enumerate(pairs)]
    swaps = [SWAP(pair) for pair in work.measured]

    def circuit(alpha, w, vectors):
        start = apply_gates(zero_state(work.qubits), prepare)
        final = apply_gates(start, gates, {"turns": alpha[:, :, None] * vectors[None], "w": w})
        bra = final.conj()
        return jnp.stack([2 * jnp.real(jnp.sum(bra * apply_gates(final, swap))) - 1 for swap in swaps])

    return jax.vmap(circuit, (None, None, 0))
