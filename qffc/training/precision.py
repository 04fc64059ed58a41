"""The precision of the numbers in a step."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from qffc.training.config import TrainingConfig


def dtype_of(config: TrainingConfig) -> np.dtype[np.floating]:
    """Return the type of the numbers in a step."""
    return np.dtype(f"float{config.precision}")


def in_precision(arrays: Mapping[str, np.ndarray], config: TrainingConfig) -> dict[str, jax.Array]:
    """Return arrays in the precision of a step."""
    return {name: jnp.asarray(value, dtype_of(config)) for name, value in arrays.items()}
