"""What the energies of watched frames cost in shots, while a run goes on that counts them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qffc.data import Dataset
from qffc.models.circuits.instances import instances_of
from qffc.models.energy import MoleculeEnergy
from qffc.models.shot_cost import costs_of_frames, shots_for
from qffc.passes.lower_jax.program import JaxProgram
from qffc.training.loss import ShotTerm

Arrays = dict[str, jax.Array]

FRAMES = 20
"""Frames of each set that are looked at, spread over all: costs differ little from frame to frame."""


class ShotFigures(NamedTuple):
    """What shots come to on watched frames.

    Args:
        penalty: eV^2, what the weight of the loss is multiplied with when models are compared: the square of what the
            median has above the target. The loss takes the mean of squares over training frames; on frames that are
            not trained on, a few with steep slopes would decide, and keep a model that meets the target no better.
        for_1mev: shots for a standard error of 1 meV, the median over frames, with the settings of the training.
    """

    penalty: float
    for_1mev: float


def make_shot_watch(
    lowered: JaxProgram, constants: Mapping[str, np.ndarray], sets: Sequence[Dataset], term: ShotTerm
) -> Callable[[Arrays], ShotFigures]:
    """Return the shot costs on frames as a function of trained parameters; 64 bits, whatever a step does.

    Args:
        lowered: the program as JAX functions.
        constants: arrays that are not trained.
        sets: the frames, at least one set.
        term: of the loss.
    """
    fixed = {name: jnp.asarray(value) for name, value in constants.items()}
    chosen = [np.unique(np.linspace(0, len(data) - 1, min(len(data), FRAMES)).astype(int)) for data in sets]
    frames = [jnp.asarray(data.positions[rows]) for data, rows in zip(sets, chosen, strict=True)]
    functions = [
        jax.jit(costs_of_frames(term.cost, MoleculeEnergy(lowered, instances_of(lowered.program, data.numbers))))
        for data in sets
    ]

    def watch(parameters: Arrays) -> ShotFigures:
        arrays = {**fixed, **{name: jnp.asarray(value, np.float64) for name, value in parameters.items()}}
        found = [function(arrays, positions) for function, positions in zip(functions, frames, strict=True)]
        median = float(np.median(np.concatenate([np.asarray(each) for each in found])))
        return ShotFigures(float(term.squared(jnp.asarray([median]))), shots_for(median, 1e-3))

    return watch
