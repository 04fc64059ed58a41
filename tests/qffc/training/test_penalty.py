"""What a training makes small besides the loss: every step goes down its gradient, by the learning rate."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from qffc.training.config import TrainingConfig, settled
from qffc.training.penalty import Penalty
from qffc.training.step import optimizer_of


def moved(penalty):
    """The first step of a run whose loss has a slope."""
    optimizer = optimizer_of(settled(TrainingConfig(schedule="constant", learning_rate=0.01)), 10, penalty=penalty)
    parameters = {"a": jnp.array([2.0, -1.0]), "b": jnp.array(3.0)}
    slopes = {"a": jnp.array([1.0, -1.0]), "b": jnp.array(1e-3)}
    # optax mixes Python and integer types.
    with jax.numpy_dtype_promotion("standard"):
        updates, _ = optimizer.update(slopes, optimizer.init(parameters), parameters)
    return updates


def test_a_penalty_moves_by_the_rate_whatever_the_loss_asks_for():
    bare = moved(None)
    both = moved(Penalty("by hand", lambda given: 3.0 * given["a"][0] - given["b"]))
    np.testing.assert_allclose(both["a"] - bare["a"], [-0.03, 0.0], atol=1e-9)
    np.testing.assert_allclose(both["b"] - bare["b"], 0.01, atol=1e-9)
    assert abs(float(bare["a"][0])) > 0.005
