"""What a training makes small besides the loss: steps down its gradient, by the learning rate."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from qffc.training.config import TrainingConfig, settled
from qffc.training.penalty import Penalty
from qffc.training.step import optimizer_of


def moved(penalty, gradient):
    config = settled(TrainingConfig(schedule="constant", learning_rate=0.01))
    optimizer = optimizer_of(config, 10, penalty=penalty)
    parameters = {"a": jnp.array([2.0, -1.0]), "b": jnp.array(3.0)}
    # optax mixes Python and integer types.
    with jax.numpy_dtype_promotion("standard"):
        updates, _ = optimizer.update(gradient, optimizer.init(parameters), parameters)
    return updates


def test_a_penalty_moves_by_the_rate():
    flat = {"a": jnp.zeros(2), "b": jnp.zeros(())}
    updates = moved(Penalty("sum", lambda given: 3.0 * given["a"][0] - given["b"]), flat)
    np.testing.assert_allclose(updates["a"], [-0.03, 0.0], atol=1e-9)
    np.testing.assert_allclose(updates["b"], 0.01, atol=1e-9)


def test_it_is_added_to_what_the_loss_asks_for():
    steep = {"a": jnp.array([1.0, 1.0]), "b": jnp.array(0.0)}
    bare = moved(None, steep)
    both = moved(Penalty("sum", lambda given: 3.0 * given["a"][0]), steep)
    np.testing.assert_allclose(both["a"] - bare["a"], [-0.03, 0.0], atol=1e-9)
    assert abs(float(bare["a"][0])) > 0.005
