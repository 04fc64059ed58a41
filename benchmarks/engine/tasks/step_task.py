"""A training step with forces in the loss, or energies and forces alone, of any engine on JAX."""

from __future__ import annotations

import importlib
from functools import partial
from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.engine.cells import ENGINES, STEP, Cell
from benchmarks.engine.losses import (
    energies_and_forces,
    energy_function,
    gradient_in_form,
    loss_and_gradient,
    training_step,
)


def prepare(cell: Cell):
    """Return what to repeat, what it found, and the seconds to trace and to compile."""
    work, named = cell.work, ENGINES[cell.engine]
    module = importlib.import_module(f"benchmarks.engine.peers.{named.module}")
    begin = perf_counter()
    if named.choice is not None:
        values = module.values(work, named.choice)
        differentiate = loss_and_gradient(values)
    else:
        energies = energy_function(work, module.engine(work, cell.precision))
        values = partial(energies_and_forces, energies)
        differentiate = gradient_in_form(energies, cell.form)
    parameters = {name: jnp.asarray(value, cell.precision) for name, value in work.parameters.items()}
    data = [jnp.asarray(array, cell.precision) for array in (work.positions, *work.targets)]
    if cell.task == STEP:
        start, step = training_step(differentiate)
        arguments = (start(parameters), *data)
        function = jax.jit(step)
    else:
        frame = np.asarray(data[0])
        arguments = (parameters, frame)
        function = jax.jit(values)
    prepared = perf_counter()
    lowered = function.lower(*arguments)
    traced = perf_counter()
    compiled = lowered.compile()
    finished = perf_counter()

    def found() -> dict[str, object]:
        values = jax.device_get(compiled(*arguments))
        if cell.task == STEP:
            loss, energies, gradient, _ = values
            as_lists = {name: np.asarray(value).tolist() for name, value in gradient.items()}
            return {"loss": float(loss), "energies": energies.tolist(), "gradient": as_lists}
        return {"energies": values[0].tolist(), "forces": values[1].tolist()}

    def run() -> object:
        if cell.task == STEP:
            return jax.block_until_ready(compiled(*arguments))
        return jax.device_get(compiled(parameters, frame))  # as a calculator does: arrays of NumPy in and out

    seconds = {"build": prepared - begin, "trace": traced - prepared, "xla": finished - traced}
    return run, found, seconds
