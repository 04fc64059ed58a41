"""Where a run starts: parameters, optimizer state, and the constants that the training frames give."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

import numpy as np
import optax
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.ir.diagnostics import error
from qffc.models.force_field import ForceField, trainable_names
from qffc.models.initialization.atom_energies import given_atom_energies
from qffc.models.initialization.fresh_parameters import (
    SAMPLE,
    constants_from_data,
    constants_from_model,
    initial_parameters,
)
from qffc.models.predicted import predict_data
from qffc.models.uncertainty.heads import without_heads
from qffc.models.validity_fit import free_energies_of, without_limits
from qffc.passes.lower_jax.double_precision import in_double_precision
from qffc.passes.lower_jax.kernel import KernelName
from qffc.passes.lower_jax.program import JaxProgram
from qffc.passes.noisy.make import PREFIX
from qffc.training.checkpoint import TrainingState
from qffc.training.config import TrainingConfig, settled
from qffc.training.precision import in_precision

Arrays = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Start:
    """What a run starts from, besides its seed and its data.

    Args:
        atom_energies: energies of free atoms by element, eV. The reference energies are then those nearest to them that
            explain the mean energies of the molecules, instead of those of smallest norm.
        model: a trained model, whose parameters and constants are taken.

    Raises:
        QffcError: when both are given.
    """

    atom_energies: Mapping[str, float] = field(default_factory=dict)
    model: ForceField | None = None

    def __post_init__(self) -> None:
        if self.atom_energies and self.model is not None:
            raise error(
                "two sources of reference energies",
                found="atom_energies and start_from",
                expected="one of them: a model to start from has reference energies of its own",
                help="leave atom_energies out, and give them where the first model is trained",
            )

    @property
    def identity(self) -> dict[str, str]:
        """What must be the same when a run goes on; nothing where there is nothing to start from."""
        found = {}
        if self.atom_energies:
            found["atom_energies"] = json.dumps(dict(sorted(self.atom_energies.items())))
        if self.model is not None:
            digest = hashlib.sha256(self.model.program.digest.encode())
            for name, value in sorted(self.model.arrays.items()):
                digest.update(name.encode() + np.ascontiguousarray(value, "<f8").tobytes())
            found["start_from"] = digest.hexdigest()
        return found


def given_energies(start: Start | None, sets: Sequence[Dataset]) -> Mapping[str, float] | None:
    """Return the energies of free atoms (eV) by element that a run was given, or its model to start from; or None."""
    if start is None or start.model is None:
        return None if start is None else start.atom_energies or None
    return free_energies_of(start.model, sets)


@in_double_precision
def starting_state(
    lowered: JaxProgram,
    sets: Sequence[Dataset],
    optimizer: optax.GradientTransformation,
    config: TrainingConfig,
    start: Start | None = None,
) -> tuple[TrainingState, Arrays]:
    """Return the state before the first step, and the arrays that are not trained.

    Args:
        lowered: the program as JAX functions.
        sets: the training frames.
        optimizer: whose state is made.
        config: seed and precision.
        start: what to start from.

    Raises:
        QffcError: when the model to start from has another program, or atom energies do not fit the data.
    """
    program = lowered.program
    begin = Start() if start is None else start
    if begin.model is None:
        chosen = settled(config, program)
        spreads = (each for each in (chosen.radial_spread, chosen.radial_falloff) if each is not None)
        arrays = initial_parameters(program, config.seed, config.angle_spread, *spreads)
        given = begin.atom_energies
        near = given_atom_energies(program, sets, given) if given else None
        constants = constants_from_data(lowered, arrays, sets, near)
    else:
        _need_same_program(lowered, begin.model)
        # What is trained on is not as uncertain as before.
        arrays = without_heads(without_limits(begin.model.arrays))
        bare = replace(begin.model, arrays=arrays)
        if lowered.kernel.name != begin.model.lowered.kernel.name:
            bare = replace(bare, lower=lambda _: lowered)
        errors = [_mean_error(bare, data) for data in sets]
        constants = constants_from_model(lowered, arrays, sets, errors)
    trained = trainable_names(program)
    parameters = in_precision({name: arrays[name] for name in trained}, config)
    constants |= {name: value for name, value in arrays.items() if name not in (*trained, *constants)}
    return TrainingState(parameters, parameters, optimizer.init(parameters), 0), constants


def _mean_error(model: ForceField, data: Dataset) -> float:
    """The mean of what the model lacks of the energies of the first frames, eV; 0 where it may be an accident.

    The data of another method are apart by far more than the few frames scatter; a good model of the same data is not,
    and would be worse by what they happen to show.
    """
    first = data.subset(range(min(SAMPLE, len(data))))
    errors = first.energies - predict_data(model, first).energies
    scatter = float(np.std(errors, ddof=1)) / len(errors) ** 0.5 if len(errors) > 1 else 0.0
    mean = float(np.mean(errors))
    return mean if abs(mean) > 2.0 * scatter else 0.0


def _of_circuits(kernel: str) -> bool:
    return kernel in get_args(KernelName) or kernel.startswith(PREFIX)


def _need_same_program(lowered: JaxProgram, model: ForceField) -> None:
    program, other = lowered.program, model.program
    kernels = {lowered.kernel.name, model.lowered.kernel.name}
    # The same circuits, with noise or without, have the same parameters.
    if program.digest == other.digest and (len(kernels) == 1 or all(map(_of_circuits, kernels))):
        return
    raise error(
        "model of another program",
        found=f"'{other.name}', digest {other.digest[:12]}, to start from",
        expected=f"a model of '{program.name}', digest {program.digest[:12]}",
        help="train the program of the model: its file or folder names it in the place of PROGRAM",
    )
