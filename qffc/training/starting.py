"""Where a run starts: parameters, optimizer state, and the constants that the training frames give."""

from __future__ import annotations

import numpy as np
import optax

from qffc.data import Dataset
from qffc.models.energy import MoleculeEnergy
from qffc.models.force_field import trainable_names
from qffc.models.initialization import constants_from_data, initial_parameters
from qffc.training.checkpoint import TrainingState
from qffc.training.config import TrainingConfig
from qffc.training.precision import in_precision


def starting_state(
    molecule: MoleculeEnergy, frames: Dataset, optimizer: optax.GradientTransformation, config: TrainingConfig
) -> tuple[TrainingState, dict[str, np.ndarray]]:
    """Return the state before the first step, and the arrays that are not trained.

    Args:
        molecule: the energy function.
        frames: the training frames.
        optimizer: whose state is made.
        config: seed and precision.
    """
    program = molecule.lowered.program
    arrays = initial_parameters(program, config.seed)
    trained = trainable_names(program)
    parameters = in_precision({name: arrays[name] for name in trained}, config)
    constants = constants_from_data(molecule.lowered, arrays, [frames])
    constants |= {name: value for name, value in arrays.items() if name not in trained}
    return TrainingState(parameters, parameters, optimizer.init(parameters), 0), constants
