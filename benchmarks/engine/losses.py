"""Energies, forces and one training step, the same lines around every engine. Needs JAX and NumPy alone.

An engine is a function of alpha, w and the vectors of many circuits, (batch, qubits, 3), to their inner products,
(batch, measured). The gradient of the loss has three forms, all exact:

- `reverse over reverse`: the gradient of the loss, which holds the gradient of the energies, by JAX alone;
- `forward over reverse`: with the errors held fixed the gradient is a derivative of the gradient of the energies along
  one direction of positions and weights of the molecules;
- `reverse over forward`: the gradient of the derivative of the energies along that direction.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jax.example_libraries import optimizers

from benchmarks.engine.work import Work

Engine = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]
Parameters = dict[str, jax.Array]
Energies = Callable[[Parameters, jax.Array], jax.Array]
Values = Callable[[Parameters, jax.Array], tuple[jax.Array, jax.Array]]
"""Energies and forces, of an engine that has its own way to the gradient of a loss that holds both."""
FORMS = ("reverse over reverse", "forward over reverse", "reverse over forward")
LEARNING_RATE = 1e-2


def energy_function(work: Work, engine: Engine) -> Energies:
    """Return (parameters, positions (molecules, atoms, 3)) -> energies (molecules,)."""
    middles, others = work.sites[:, :1], work.sites[:, 1:]

    def energies(parameters: Parameters, positions: jax.Array) -> jax.Array:
        vectors = positions[:, others] - positions[:, middles]
        dots = engine(parameters["alpha"], parameters["w"], vectors.reshape(-1, work.qubits, 3))
        weights = parameters.get("readout")
        circuits = jnp.sum(dots, axis=1) if weights is None else dots @ weights + parameters["offset"]
        return jnp.sum(circuits.reshape(len(positions), -1), axis=1)

    return energies


def energies_and_forces(
    energies: Energies, parameters: Parameters, positions: jax.Array
) -> tuple[jax.Array, jax.Array]:
    def total(r: jax.Array) -> tuple[jax.Array, jax.Array]:
        values = energies(parameters, r)
        return jnp.sum(values), values

    slope, values = jax.grad(total, has_aux=True)(positions)
    return values, -slope


def loss_and_gradient(values: Values) -> Callable[..., tuple[jax.Array, jax.Array, Parameters]]:
    """Return (parameters, positions, energies, forces) -> loss, energies, gradient; JAX differentiates the values."""

    def loss(parameters, positions, energies_wanted, forces_wanted):
        found, forces = values(parameters, positions)
        return jnp.mean((found - energies_wanted) ** 2) + jnp.mean((forces - forces_wanted) ** 2), found

    def nested(*data):
        (value, found), gradient = jax.value_and_grad(loss, has_aux=True)(*data)
        return value, found, gradient

    return nested


def gradient_in_form(energies: Energies, form: str) -> Callable[..., tuple[jax.Array, jax.Array, Parameters]]:
    """Return (parameters, positions, energies, forces) -> loss, energies, gradient."""

    if form == "reverse over reverse":
        return loss_and_gradient(partial(energies_and_forces, energies))

    def directional(parameters, positions, energies_wanted, forces_wanted):
        found, forces = energies_and_forces(energies, parameters, positions)
        energy_error, force_error = found - energies_wanted, forces - forces_wanted
        value = jnp.mean(energy_error**2) + jnp.mean(force_error**2)
        start = (positions, jnp.ones_like(found))
        along = (-2 * force_error / force_error.size, 2 * energy_error / energy_error.size)

        def weighted(p, r, weights):
            return jnp.sum(weights * energies(p, r))

        if form == "forward over reverse":
            gradient = jax.jvp(lambda *at: jax.grad(weighted)(parameters, *at), start, along)[1]
        else:
            gradient = jax.grad(lambda p: jax.jvp(lambda *at: weighted(p, *at), start, along)[1])(parameters)
        return value, found, gradient

    return directional


def training_step(differentiate: Callable[..., tuple[jax.Array, jax.Array, Parameters]]):
    """Return the starting state of Adam from parameters, and (state, positions, energies, forces) -> loss, energies,
    gradient, next state."""
    start, update, read = optimizers.adam(LEARNING_RATE)

    def step(state, positions, energies_wanted, forces_wanted):
        loss, found, gradient = differentiate(read(state), positions, energies_wanted, forces_wanted)
        return loss, found, gradient, update(0, gradient, state)

    return start, step
