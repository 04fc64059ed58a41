"""Where a run starts: parameters, optimizer state, and the constants that the training frames give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import optax

from qffc.data import Dataset
from qffc.models.force_field import trainable_names
from qffc.models.initialization import constants_from_data, initial_parameters
from qffc.passes.lower_jax.program import JaxProgram
from qffc.training.checkpoint import TrainingState
from qffc.training.config import TrainingConfig
from qffc.training.precision import in_precision


def starting_state(
    lowered: JaxProgram,
    sets: Sequence[Dataset],
    optimizer: optax.GradientTransformation,
    config: TrainingConfig,
) -> tuple[TrainingState, dict[str, np.ndarray]]:
    """Return the state before the first step, and the arrays that are not trained.

    Args:
        lowered: the program as JAX functions.
        sets: the training frames.
        optimizer: whose state is made.
        config: seed and precision.
    """
    program = lowered.program
    arrays = initial_parameters(program, config.seed)
    trained = trainable_names(program)
    parameters = in_precision({name: arrays[name] for name in trained}, config)
    constants = constants_from_data(lowered, arrays, sets)
    constants |= {name: value for name, value in arrays.items() if name not in trained}
    return TrainingState(parameters, parameters, optimizer.init(parameters), 0), constants
