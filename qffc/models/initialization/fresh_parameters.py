"""Starting values of parameters, and the constants that a model takes from its training data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.ir.declarations import AtomicReadout, Parameter
from qffc.ir.program import Program
from qffc.models.head import head_shapes
from qffc.models.initialization.atom_energies import (
    composition,
    fitted_atom_energies,
    least_atom_energies,
    spread_about,
)
from qffc.models.initialization.feature_sample import sample_features
from qffc.models.initialization.spreads import (
    ANGLE_SPREAD,
    RADIAL_FALLOFF,
    RADIAL_FALLOFF_OF_SUMS,
    RADIAL_SPREAD,
    RADIAL_SPREAD_OF_SUMS,
)
from qffc.models.molecule_circuits import ATOM_ENERGY, ENERGY_SCALE, FEATURE_SCALE, FEATURE_SHIFT
from qffc.passes.lower_jax.program import JaxProgram

Arrays = dict[str, NDArray[np.float64]]

LEAST_SCALE = 1e-3
"""No feature is divided by less."""

SAMPLE = 256
"""Frames of a set from which mean and deviation of features are taken."""


def initial_parameters(
    program: Program,
    seed: int,
    angle_spread: float = ANGLE_SPREAD,
    radial_spread: float = RADIAL_SPREAD,
    radial_falloff: float = RADIAL_FALLOFF,
) -> Arrays:
    """Return fresh parameters by name: defaults where declared, else normal; the same seed gives the same numbers.

    Args:
        program: declares names and shapes.
        seed: of NumPy's default generator.
        angle_spread: standard deviation of an angle, radians.
        radial_spread: standard deviation of the weight of the first radial function.
        radial_falloff: that of the k-th is smaller by k to this power.
    """
    generator = np.random.default_rng([seed, 0])
    arrays: Arrays = {}
    for parameter in program.parameters:
        shape = program.shape(parameter)
        draw = generator.normal(
            size=shape
        )  # drawn even where a default is used, so that the others do not depend on it
        if parameter.default is not None:
            arrays[parameter.name] = np.full(shape, float(parameter.default))
        else:
            arrays[parameter.name] = _spread(program, parameter, angle_spread, radial_spread, radial_falloff) * draw
    for name, shape in head_shapes(program).items():
        draw = generator.normal(size=shape)
        arrays[name] = np.zeros(shape) if len(shape) == 2 else draw / _head_narrowing(shape)
    return arrays


def usual_parameters(program: Program, seed: int) -> Arrays:
    """Return :func:`initial_parameters` as a training draws them that says nothing about their spread."""
    if program.gathered is None:
        return initial_parameters(program, seed)
    return initial_parameters(program, seed, ANGLE_SPREAD, RADIAL_SPREAD_OF_SUMS, RADIAL_FALLOFF_OF_SUMS)


def _head_narrowing(shape: tuple[int, ...]) -> float | NDArray[np.float64]:
    """Weights keep the size of what they are applied to, and radial functions are smooth; biases start at 0."""
    return float(np.sqrt(shape[-2])) if len(shape) == 3 else np.arange(1.0, shape[-1] + 1)


def _spread(
    program: Program, parameter: Parameter, angle_spread: float, radial_spread: float, radial_falloff: float
) -> float | NDArray[np.float64]:
    if parameter.over is not None:
        # Combinations of many numbers are as large as one of them; vectors add half of what turns the qubits already.
        part = 1.0 if parameter.over == "scalars" else 0.5
        return part / float(np.sqrt(program.carried_count(parameter.over)))
    if parameter.basis is None:
        return angle_spread
    return radial_spread / np.arange(1.0, parameter.basis.size + 1) ** radial_falloff


def neutral_constants(program: Program) -> Arrays:
    """Return constants that change nothing: no reference energy, scale 1 eV, features as they are."""
    species = len(program.species)
    constants = {ATOM_ENERGY: np.zeros(species), ENERGY_SCALE: np.array(1.0)}
    if isinstance(program.readout, AtomicReadout):
        width = program.feature_count * program.round_count
        constants |= {FEATURE_SHIFT: np.zeros((species, width)), FEATURE_SCALE: np.ones((species, width))}
    return constants


def constants_from_data(
    lowered: JaxProgram, parameters: Arrays, sets: Sequence[Dataset], near: NDArray[np.float64] | None = None
) -> Arrays:
    """Return the constants of a model from its training frames only.

    Reference energies per species: least squares of the total energies, of smallest norm where the compositions leave
    them open, or nearest to given ones. Energy scale: the standard deviation of the energies (eV) about them. Feature
    shift: their mean at the starting parameters, per species of the atom, over at most 256 frames of each set; their
    scale: :func:`feature_scales` of the same. Both are neutral for a species whose atoms have no circuits.

    Args:
        lowered: the program as JAX functions.
        parameters: starting parameters.
        sets: training frames, a set for each molecule.
        near: (species,) given energies of atoms, eV.
    """
    program = lowered.program
    constants = neutral_constants(program)
    constants[ATOM_ENERGY] = fitted_atom_energies(program, sets, near)
    spread = spread_about(program, constants[ATOM_ENERGY], sets)
    constants[ENERGY_SCALE] = np.array(spread if spread > 0 else 1.0)
    if isinstance(program.readout, AtomicReadout):
        _normalize(constants, lowered, parameters, sets)
    return constants


def constants_from_model(
    lowered: JaxProgram, arrays: Arrays, sets: Sequence[Dataset], errors: Sequence[float]
) -> Arrays:
    """Return the constants of a model that is trained on, for its new training frames.

    They are those that it has, but for two things: reference energies are changed by the least that takes the mean
    error of the energies of each molecule away; and features of species that the model had not met are normalized.

    Args:
        lowered: the program as JAX functions.
        arrays: parameters and constants of the model.
        sets: training frames, a set for each molecule.
        errors: for each set, the mean of its energies minus those of the model, eV.
    """
    program = lowered.program
    constants = {name: np.array(arrays[name]) for name in neutral_constants(program)}
    counts = np.stack([composition(program, data) for data in sets])
    frames = np.array([len(data) for data in sets])
    constants[ATOM_ENERGY] += least_atom_energies(counts, np.array(errors), frames)
    if isinstance(program.readout, AtomicReadout):
        met = np.any(constants[FEATURE_SCALE] != 1.0, axis=1) | np.any(constants[FEATURE_SHIFT] != 0.0, axis=1)
        if np.any(counts[:, ~met]):
            parameters = {name: value for name, value in arrays.items() if name not in constants}
            _normalize(constants, lowered, parameters, sets, tuple(np.flatnonzero(~met)))
    return constants


def feature_scales(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what features (rows, features) are divided by, (features,).

    Deviations that are larger than those of most features, measured by the root of their mean square, become 1. Smaller
    ones stay as small beside the others as they were: what hardly moves in the training frames, such as a sum over
    neighbours of which there is one, tells little, and must not be blown up where a new frame changes it.

    Example:
        >>> feature_scales(np.array([[0.0, 5.0], [0.8, 5.6]])).round(3).tolist()
        [0.4, 0.354]
    """
    deviations: NDArray[np.float64] = values.std(axis=0)
    usual = float(np.sqrt(np.mean(deviations**2)))
    return np.maximum(deviations, max(usual, LEAST_SCALE))


def _normalize(
    constants: Arrays,
    lowered: JaxProgram,
    parameters: Arrays,
    sets: Sequence[Dataset],
    chosen: tuple[int, ...] | None = None,
) -> None:
    """Set shift and scale of the features of species that are in the data, all or chosen ones.

    Features of a species that are all zero, as those of atoms without a circuit, tell nothing, and stay as they are.
    """
    samples = [data.subset(range(min(SAMPLE, len(data)))) for data in sets]
    width = lowered.program.feature_count
    for number in range(lowered.program.round_count):
        # Those of a round depend on how the features of the rounds before are normalized.
        species, values = sample_features(lowered, parameters | constants, samples, number)
        own = slice(number * width, (number + 1) * width)
        for index in range(len(lowered.program.species)) if chosen is None else chosen:
            rows = values[species == index]
            if np.any(rows):
                constants[FEATURE_SHIFT][index, own] = rows.mean(axis=0)
                constants[FEATURE_SCALE][index, own] = feature_scales(rows)
