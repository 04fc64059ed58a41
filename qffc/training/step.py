"""One step of training: loss, gradient, optimizer and averaged parameters (an exponential moving average, EMA)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from qffc.training.config import TrainingConfig
from qffc.training.devices import Devices
from qffc.training.loss import Counts, Fit, TrainingBatch
from qffc.training.penalty import Penalty
from qffc.training.precision import dtype_of, in_precision
from qffc.training.schedule import rate_of_stages

Arrays = dict[str, jax.Array]
Step = Callable[[Arrays, Arrays, Any, Any, TrainingBatch], tuple[Arrays, Arrays, Any, jax.Array]]
"""Parameters, averages, optimizer state, steps done and a batch, to the first three after the step and the loss."""


def optimizer_of(config: TrainingConfig, *ends: int, penalty: Penalty | None = None) -> optax.GradientTransformation:
    """Return the optimizer of a run.

    Args:
        config: rates, schedule, clipping and weight decay.
        ends: the steps of the run; where it was lengthened, those of each stage and all before it.
        penalty: what every step goes down besides the loss, by the learning rate itself, as weight decay does.
    """
    rate = rate_of_stages(config, ends)
    clip = optax.clip_by_global_norm(config.clip)
    if penalty is None:
        return optax.chain(clip, optax.adamw(rate, weight_decay=config.weight_decay))
    decay = optax.add_decayed_weights(config.weight_decay)
    return optax.chain(clip, optax.scale_by_adam(), decay, _down(penalty), optax.scale_by_learning_rate(rate))


def _down(penalty: Penalty) -> optax.GradientTransformation:
    """Its gradient is added behind Adam, which would make it as large as that of the loss, or lose it beside that."""

    def update(updates: optax.Updates, parameters: optax.Params | None = None) -> optax.Updates:
        return jax.tree.map(jnp.add, updates, jax.grad(penalty.of)(parameters))

    return optax.stateless(update)


def make_step(
    fit: Fit,
    optimizer: optax.GradientTransformation,
    config: TrainingConfig,
    fixed: Mapping[str, np.ndarray],
    devices: Devices,
) -> Step:
    """Return the compiled step.

    A batch in pieces, one after the other or on several devices, gives the step of the batch in one, up to rounding:
    losses and gradients of the pieces are summed before the optimizer sees them, so schedule and averages count whole
    steps.

    Args:
        fit: errors and counts of batches.
        optimizer: turns gradients into updates.
        config: weights of the loss, decay of the average, precision.
        fixed: arrays that are not trained.
        devices: each computes its part of the pieces.
    """
    gradient_of = _gradient(fit, config, fixed)

    @jax.jit
    def step(
        parameters: Arrays, average: Arrays, optimizer_state: Any, count: jax.Array, batch: TrainingBatch
    ) -> tuple[Arrays, Arrays, Any, jax.Array]:
        counts = jax.tree.map(lambda count: jnp.asarray(count, dtype_of(config)), fit.counts(batch))
        loss, gradient = devices.summed(gradient_of)(parameters, counts, batch)
        # optax mixes Python and integer types; its numbers are float64 all the same.
        with jax.numpy_dtype_promotion("standard"):
            updates, optimizer_state = optimizer.update(gradient, optimizer_state, parameters)
            parameters = optax.apply_updates(parameters, updates)
            # Early averages must not remember the random start.
            decay = jnp.minimum(config.ema_decay, (1.0 + count) / (10.0 + count))
            decay = decay.astype(dtype_of(config))
        average = jax.tree.map(lambda old, new: decay * old + (1.0 - decay) * new, average, parameters)
        return parameters, average, optimizer_state, loss

    return step


def _gradient(
    fit: Fit, config: TrainingConfig, fixed: Mapping[str, np.ndarray]
) -> Callable[[Arrays, Counts, TrainingBatch], tuple[jax.Array, Arrays]]:
    """The part of some pieces in the loss of a batch, and its gradient; a piece is computed, and then forgotten."""

    def loss_of(parameters: Arrays, piece: TrainingBatch, counts: Counts) -> jax.Array:
        errors = fit.squared_errors({**in_precision(fixed, config), **parameters}, piece)
        energy, forces = errors.energy / counts.frames, errors.forces / counts.components
        loss = config.energy_weight * energy + config.force_weight * forces
        if errors.virials is not None:
            loss = loss + config.stress_weight * errors.virials / counts.entries
        return loss if errors.shots is None else loss + (config.shot_weight or 0.0) * errors.shots / counts.frames

    loss_and_gradient = jax.value_and_grad(loss_of)

    def gradient_of(parameters: Arrays, counts: Counts, batch: TrainingBatch) -> tuple[jax.Array, Arrays]:
        if len(jax.tree.leaves(batch)[0]) == 1:
            return loss_and_gradient(parameters, jax.tree.map(lambda values: values[0], batch), counts)

        def add(sums: tuple[jax.Array, Arrays], piece: TrainingBatch) -> tuple[tuple[jax.Array, Arrays], None]:
            return jax.tree.map(jnp.add, sums, loss_and_gradient(parameters, piece, counts)), None

        zero = (jnp.zeros((), dtype_of(config)), jax.tree.map(jnp.zeros_like, parameters))
        pieces: Any = batch  # a tree whose arrays have the pieces in front
        return jax.lax.scan(add, zero, pieces)[0]

    return gradient_of
