"""A kernel of qffc alone on random slots: moments, their gradient, or the product of their Hessian with a direction."""

from __future__ import annotations

from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.engine.cells import ENGINES, GRADIENT, MOMENTS, Cell
from benchmarks.engine.peers.with_qffc import lowered


def prepare(cell: Cell):
    """Return what to repeat, what it found, and the seconds to trace and to compile."""
    moments = lowered(cell.work.program, ENGINES[cell.engine].choice).moments
    slots, weights, direction = (jnp.asarray(a, cell.precision) for a in inputs(cell))

    def gradient(s):
        return jax.grad(lambda t: jnp.sum(weights * moments(t)))(s)

    if cell.task == MOMENTS:
        function = moments
    elif cell.task == GRADIENT:
        function = gradient
    else:
        function = jax.grad(lambda s: jnp.sum(direction * gradient(s)))
    begin = perf_counter()
    traced = jax.jit(function).lower(slots)
    middle = perf_counter()
    compiled = traced.compile()
    seconds = {"build": 0.0, "trace": middle - begin, "xla": perf_counter() - middle}
    return (
        lambda: jax.block_until_ready(compiled(slots)),
        lambda: {"sum of magnitudes": float(jnp.sum(jnp.abs(compiled(slots))))},
        seconds,
    )


def inputs(cell: Cell):
    """Slots (batch, slots), weights of the moments (batch, observables) and a direction (batch, slots)."""
    from qffc.library.catalogue import load_reference
    from qffc.passes.circuit.split_program import split_program

    split = split_program(load_reference(cell.work.program))
    generator = np.random.default_rng(0)
    shape = (cell.work.circuits, split.slot_count)
    weights = generator.normal(size=(cell.work.circuits, len(split.observables)))
    return generator.normal(size=shape), weights, generator.normal(size=shape)
