"""The first numbers of a child: those of its parent, wherever a table means the same, so that little is left to learn.

A gate that is new begins with the angle zero, which is the identity, and a new feature with weights zero, so a child
that only grew begins with the energies of its parent: function-preserving growth, as in Net2Net (Chen et al.,
arXiv:1511.05641).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.ir.declarations import AtomicReadout, has_features
from qffc.ir.program import Program
from qffc.models.force_field import ForceField
from qffc.models.initialization.fresh_parameters import constants_from_data, usual_parameters
from qffc.models.molecule_circuits import ATOM_ENERGY, ENERGY_SCALE, FEATURE_SCALE, FEATURE_SHIFT
from qffc.models.validity_fit import without_limits
from qffc.passes.lower_jax.double_precision import in_double_precision
from qffc.passes.lower_jax.program import lower_jax
from qffc.studies.architecture.genome import Source

Arrays = dict[str, NDArray[np.float64]]
_FIRST_LAYER = "head.weight0"


@in_double_precision
def inherited(
    program: Program,
    parent: ForceField,
    sources: Mapping[str, Source],
    sets: Sequence[Dataset],
    seed: int,
) -> ForceField:
    """Return a model of a child program with the numbers of its parent.

    Args:
        program: of the child.
        parent: a trained model of a program that it comes from.
        sources: tables that begin as entries of others.
        sets: training frames, for the mean and the spread of features that are new.
        seed: of what has no source.
    """
    before = without_limits(parent.arrays)
    arrays = usual_parameters(program, seed)
    for name, fresh in arrays.items():
        source = sources.get(name)
        if source is not None:
            picks = tuple(slice(None) if pick is None else pick for pick in source.picks)
            arrays[name] = np.array(before[source.table][picks]).reshape(fresh.shape)
        elif name in before and before[name].shape == fresh.shape:
            arrays[name] = np.array(before[name])
    constants: Arrays = {name: np.array(before[name]) for name in (ATOM_ENERGY, ENERGY_SCALE)}
    if isinstance(program.readout, AtomicReadout):
        columns = _columns(program, parent.program)
        known = columns >= 0
        # The first layer sees the features of one round.
        arrays[_FIRST_LAYER] = _rows_of(before[_FIRST_LAYER], columns[: program.feature_count])
        new = {} if known.all() else constants_from_data(lower_jax(program), arrays, sets)
        for name, neutral in ((FEATURE_SHIFT, 0.0), (FEATURE_SCALE, 1.0)):
            old = before[name]
            values = np.array(new.get(name, np.full((len(old), len(columns)), neutral)))
            values[:, known] = old[:, columns[known]]
            constants[name] = values
    return ForceField(program, arrays | constants)


def _columns(program: Program, parent: Program) -> NDArray[np.int64]:
    """Of each feature of a child, in all rounds, its number among those of the parent; -1 for a new one."""
    names = [_feature_names(each) for each in (program, parent)]
    rows = parent.feature_count // max(1, len(names[1]))  # groups and channels stay
    per_row, per_parent = len(names[0]), len(names[1])
    place = [names[1].index(name) if name in names[1] else -1 for name in names[0]]
    one = np.array([-1 if k < 0 else row * per_parent + k for row in range(rows) for k in place])
    assert len(one) == rows * per_row == program.feature_count
    width = parent.feature_count
    return np.concatenate([np.where(one < 0, -1, one + number * width) for number in range(program.round_count)])


def _feature_names(program: Program) -> tuple[str, ...]:
    return program.readout.features if has_features(program.readout) else ("",)


def _rows_of(weights: NDArray[np.float64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
    """The first layer (species, features, width) with rows for the features of the child; zero for new ones."""
    rows = np.zeros((len(weights), len(columns), weights.shape[2]))
    known = columns >= 0
    rows[:, known] = weights[:, columns[known]]
    return rows
