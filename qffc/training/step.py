"""One step of training: loss, gradient, optimizer and averaged parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from qffc.training.batches import Batch
from qffc.training.config import TrainingConfig
from qffc.training.loss import ErrorsOfBatch
from qffc.training.precision import dtype_of

Arrays = dict[str, jax.Array]
Step = Callable[[Arrays, Arrays, Any, Any, Batch], tuple[Arrays, Arrays, Any, jax.Array]]
"""Parameters, averages, optimizer state, steps done and a batch, to the first three after the step and the loss."""


def optimizer_of(config: TrainingConfig, steps: int) -> optax.GradientTransformation:
    """Return the optimizer of a run.

    Args:
        config: rates, clipping and weight decay.
        steps: of the whole run.
    """
    schedule = optax.cosine_decay_schedule(config.learning_rate, steps, alpha=config.final_rate)
    return optax.chain(optax.clip_by_global_norm(config.clip), optax.adamw(schedule, weight_decay=config.weight_decay))


def make_step(
    squared_errors: ErrorsOfBatch, optimizer: optax.GradientTransformation, config: TrainingConfig, fixed: Arrays
) -> Step:
    """Return the compiled step; it knows of data only what the errors of a batch tell.

    Args:
        squared_errors: of arrays and a batch.
        optimizer: turns gradients into updates.
        config: weights of the loss, decay of the average, precision.
        fixed: arrays that are not trained.
    """

    def loss_of(parameters: Arrays, batch: Batch) -> jax.Array:
        errors = squared_errors({**fixed, **parameters}, batch)
        energy, forces = errors.energy / errors.frames, errors.forces / errors.components
        return config.energy_weight * energy + config.force_weight * forces

    @jax.jit
    def step(
        parameters: Arrays, average: Arrays, optimizer_state: Any, count: jax.Array, batch: Batch
    ) -> tuple[Arrays, Arrays, Any, jax.Array]:
        loss, gradient = jax.value_and_grad(loss_of)(parameters, batch)
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
