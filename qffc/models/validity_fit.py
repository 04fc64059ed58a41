"""Where the training data of a model end: the ranges of their distances, and the spread of their environments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from ase.data import covalent_radii
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.data.surroundings import images_of
from qffc.ir.declarations import AtomicReadout
from qffc.ir.elements import atomic_number
from qffc.ir.program import Program
from qffc.models.circuits.instances import species_of
from qffc.models.circuits.neighbours import neighbours_within
from qffc.models.force_field import ForceField
from qffc.models.initialization.atom_energies import composition, given_atom_energies, least_atom_energies
from qffc.models.initialization.feature_sample import sample_parts
from qffc.models.initialization.fresh_parameters import SAMPLE
from qffc.models.molecule_circuits import ATOM_ENERGY, ENERGY_SCALE
from qffc.models.validity.environments import environments, fading
from qffc.models.validity.limits import (
    AXES,
    BINDING,
    FLOOR,
    INTERVALS,
    MEAN,
    NEAREST,
    NO_RANGE,
    PREFIX,
    REST,
    SEEN,
    WIDTHS,
    environment_reach,
    grades,
    has_limits,
    seen,
    validity_shapes,
)
from qffc.passes.lower_jax.double_precision import in_double_precision
from qffc.passes.lower_jax.program import JaxProgram

Arrays = dict[str, NDArray[np.float64]]
Floats = NDArray[np.float64]

BINDING_GUESS = 3.5
"""eV by which free atoms lie above those of a molecule, where their energies are not given. Organic molecules have 3.3
(water) to 4.7 (benzene)."""
FEWEST_FRAMES = 12
"""With fewer frames the spread of environments is not known, and nothing is too far from them."""

_MOST_ENVIRONMENTS = 30_000
"""Atoms of all frames that are looked at."""
_BIN, _GAP = 0.02, 0.3
"""Angstrom: how fine distances are told apart, and from which gap on two ranges are."""
_MARGIN = 0.03
"""By which share of a distance its range is larger."""
_SAFETY = 1.3
"""Grade 1 is at this times the largest distance of environments from those of other frames."""
_FOLDS = 3
_FLOOR = 1e-3
"""Of the variance along the first principal axis: least variance along any."""
_BELOW = 0.5
"""eV: how far below the least energy of an atom its floor is."""
_REPELLED = 0.93
"""Times the shortest distance of a pair of elements: where the repulsion begins."""
_UNMET = 1.3
"""Times the sum of covalent radii: the nearest distance of a pair of elements that is not in the data."""


@in_double_precision
def with_limits(
    model: ForceField, data: Dataset | Sequence[Dataset], atom_energies: Mapping[str, float] | None = None
) -> ForceField:
    """Return a model that fades to free atoms where its training data end; see :mod:`qffc.models.validity.limits`.

    ``qffc train`` does this by itself. Energies and forces where the data are stay as they were.

    Args:
        model: a trained model, with limits or without.
        data: the frames that it was trained and validated on, one set or several.
        atom_energies: energies of free atoms by element, eV, computed as the data were. Without them, those that the
            model has; where it has none, atoms are taken to lie 3.5 eV each above the molecules.

    Raises:
        QffcError: when the data do not fit the model.

    Example:
        >>> from qffc.data import load_embedded
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> water = load_embedded("water")
        >>> model = with_limits(untrained(load("pair"), seed=1), water.subset(range(40)))
        >>> far = 100.0 * np.eye(3)[None]
        >>> energies, forces = model.predict(water.numbers, far)
        >>> bool(np.isclose(energies[0], model.reference_energy(np.array([0, 1, 1]))))
        True
    """
    sets = (data,) if isinstance(data, Dataset) else tuple(data)
    known = atom_energies or free_energies_of(model, sets)
    free = given_atom_energies(model.program, sets, known) if known else None
    bare = without_limits(model.arrays)
    return replace(model, arrays=bare | limits_from_data(model.lowered, bare, sets, free))


def free_energies_of(model: ForceField, sets: Sequence[Dataset]) -> dict[str, float] | None:
    """Return the energies of free atoms (eV) by element that a model has; None unless it has all that the data need."""
    if not has_limits(model.arrays):
        return None
    met = np.any(model.arrays[SEEN] > NO_RANGE, axis=(1, 2, 3))
    species = model.program.species
    known = {symbol: float(model.arrays[ATOM_ENERGY][kind]) for kind, symbol in enumerate(species) if met[kind]}
    return known if all(symbol in known for data in sets for symbol in data.symbols) else None


def without_limits(arrays: Mapping[str, Floats]) -> Arrays:
    """Return the arrays of a model without its limits; its energies where the training data are stay as they are."""
    if not has_limits(arrays):
        return dict(arrays)
    bare = {name: np.array(value) for name, value in arrays.items()}
    bare[ATOM_ENERGY] = bare[ATOM_ENERGY] + bare[BINDING]
    return {name: value for name, value in bare.items() if not name.startswith(PREFIX)}


def limits_from_data(
    lowered: JaxProgram, bare: Mapping[str, Floats], sets: Sequence[Dataset], free: Floats | None = None
) -> Arrays:
    """Return the arrays of :func:`qffc.models.validity.limits.validity_shapes`, and energies of free atoms.

    Args:
        lowered: the program of the model, as JAX functions.
        bare: parameters and constants of the model, without limits.
        sets: frames, a set for each molecule.
        free: (species,) energies of free atoms, eV; None where they are not known.
    """
    program, atom_energies = lowered.program, bare[ATOM_ENERGY]
    radius = environment_reach(program)
    ranges, nearest = _ranges(program, sets, radius)
    species, found, frames = _all_environments(program, sets, radius, ranges)
    spread = _spread(program, species, found)
    border = _SAFETY * _farthest(program, species, found, frames)
    for name in (WIDTHS, REST):
        spread[name] = spread[name] * border.reshape(-1, *[1] * (spread[name].ndim - 1))
    binding = (
        np.full(len(program.species), -BINDING_GUESS) if free is None else _binding(program, sets, atom_energies - free)
    )
    # Numbers of 32 bits: these take half the room in a file.
    narrow = {name: value.astype(np.float32).astype(float) for name, value in spread.items()}
    reference = atom_energies - binding if free is None else free
    floor = binding + _least_parts(lowered, bare, sets) - _BELOW
    return {ATOM_ENERGY: reference, BINDING: binding, FLOOR: floor, SEEN: ranges, NEAREST: nearest, **narrow}


def _least_parts(lowered: JaxProgram, bare: Mapping[str, Floats], sets: Sequence[Dataset]) -> Floats:
    """The least energies that circuits and head give for atoms of each species (species,), eV; 0 for those unmet."""
    least = np.zeros(len(lowered.program.species))
    if not isinstance(lowered.program.readout, AtomicReadout):
        return least
    samples = [data.subset(range(0, len(data), -(-len(data) // SAMPLE))) for data in sets]
    species, parts = sample_parts(lowered, bare, samples)
    for kind in np.unique(species):
        least[kind] = bare[ENERGY_SCALE] * parts[species == kind].min()
    return least


def _binding(program: Program, sets: Sequence[Dataset], left: Floats) -> Floats:
    """Energies by species (species,) that add up to those left over, for each molecule of the data; the smallest."""
    counts = np.stack([composition(program, data) for data in sets])
    return least_atom_energies(counts, counts @ left, np.array([len(data) for data in sets]))


def _ranges(program: Program, sets: Sequence[Dataset], radius: float) -> tuple[Floats, Floats]:
    """Ranges of distances (species, species, ranges, 2) and the shortest (species, species), Angstrom."""
    count = len(program.species)
    edges = np.arange(0.0, radius + _BIN, _BIN)
    there = np.zeros((count, count, len(edges)), dtype=bool)
    numbers = [atomic_number(symbol) for symbol in program.species]
    radii = covalent_radii[numbers]
    nearest = _UNMET * (radii[:, None] + radii)
    met = np.full((count, count), np.inf)
    for data in sets:
        species = species_of(program, data.numbers)
        for frame in range(len(data)):
            near = _neighbours(data, frame, radius)
            kinds = species[near.centres], species[near.others]
            there[(*kinds, (near.distances / _BIN).astype(int))] = True
            np.minimum.at(met, kinds, near.distances)
    ranges = np.full((count, count, INTERVALS, 2), NO_RANGE)
    for one, two in np.argwhere(np.isfinite(met)):
        own = _intervals(there[one, two])
        ranges[one, two, : len(own)] = own * (1.0 + _MARGIN * np.array([-1.0, 1.0]))
        ranges[one, two, 0, 0] = 0.0  # nearer than any: the repulsion is there
    return ranges, np.where(np.isfinite(met), _REPELLED * met, nearest)


def _intervals(there: NDArray[np.bool_]) -> Floats:
    """At most three ranges (ranges, 2) that hold all bins with distances, split where the gaps are widest."""
    bins = np.flatnonzero(there)
    gaps = np.diff(bins) * _BIN
    wide = [place for place in np.argsort(-gaps, kind="stable")[: INTERVALS - 1] if gaps[place] > _GAP]
    cuts = np.sort(np.array(wide, dtype=int))
    starts, ends = np.concatenate([[0], cuts + 1]), np.concatenate([cuts, [len(bins) - 1]])
    return np.stack([bins[starts] * _BIN, (bins[ends] + 1) * _BIN], axis=1)


class _Near(NamedTuple):
    """Atoms, an atom of which a neighbour is (an image), the way there and its length."""

    centres: NDArray[np.intp]
    others: NDArray[np.intp]
    vectors: Floats
    distances: Floats


def _neighbours(data: Dataset, frame: int, radius: float) -> _Near:
    positions, images = data.positions[frame], images_of(data, frame, radius)
    if images is None:
        centres, others = neighbours_within(positions, radius)
        vectors = positions[others] - positions[centres]
        return _Near(centres, others, vectors, np.linalg.norm(vectors, axis=1))
    places = images.places(positions, images.cell)
    vectors = places[images.others] - places[images.centres]
    return _Near(images.centres, images.owners[images.others], vectors, np.linalg.norm(vectors, axis=1))


def _all_environments(
    program: Program, sets: Sequence[Dataset], radius: float, ranges: Floats
) -> tuple[NDArray[np.int32], Floats, NDArray[np.intp]]:
    """Species (atoms,), environments (atoms, width) and frames (atoms,) of all atoms, or evenly chosen frames."""
    total = sum(data.positions.shape[0] * data.positions.shape[1] for data in sets)
    every = max(1, -(-total // _MOST_ENVIRONMENTS))
    species, found, frames, number = [], [], [], 0
    for data in sets:
        kinds = species_of(program, data.numbers)
        for frame in range(0, len(data), every):
            species.append(kinds)
            found.append(_environments(program, kinds, _neighbours(data, frame, radius), radius, ranges))
            frames.append(np.full(len(kinds), number))
            number += 1
    return np.concatenate(species), np.concatenate(found), np.concatenate(frames)


def _environments(program: Program, kinds: NDArray[np.int32], near: _Near, radius: float, ranges: Floats) -> Floats:
    centres, others, distances = near.centres, near.others, near.distances
    vectors = near.vectors[None]
    weights = fading(distances / radius, np)[None] * seen(ranges, kinds[centres], kinds[others], distances[None], np)
    count = len(program.species)
    places = centres * count + kinds[others]
    found: Floats = environments(vectors, distances[None], weights, places, (len(kinds), count), radius, np)[0]
    return found


def _spread(program: Program, species: NDArray[np.int32], found: Floats) -> Arrays:
    """Mean, principal axes and deviations of the environments of each species; those of a species unmet are all far."""
    shapes = validity_shapes(program)
    spread = {name: np.zeros(shapes[name]) for name in (MEAN, AXES)}
    spread |= {name: np.full(shapes[name], 1e-6) for name in (WIDTHS, REST)}
    kept = shapes[WIDTHS][1]
    for kind in np.unique(species):
        rows = found[species == kind]
        spread[MEAN][kind] = rows.mean(axis=0)
        variances, axes = _principal(rows - spread[MEAN][kind], kept)
        floor = max(_FLOOR * variances[0], 1e-12)
        spread[AXES][kind, :, : len(variances)] = axes
        spread[WIDTHS][kind] = np.sqrt(floor)
        spread[WIDTHS][kind, : len(variances)] = np.sqrt(variances + floor)
        spread[REST][kind] = np.sqrt(floor)
    return spread


def _principal(rows: Floats, kept: int) -> tuple[Floats, Floats]:
    """The largest variances (axes,) and their axes (width, axes) of rows about 0."""
    variances, axes = np.linalg.eigh(rows.T @ rows / len(rows))
    return np.maximum(variances[::-1][:kept], 0.0), axes[:, ::-1][:, :kept]


def _farthest(program: Program, species: NDArray[np.int32], found: Floats, frames: NDArray[np.intp]) -> Floats:
    """For each species the largest distance of an environment from those of other frames, (species,)."""
    farthest = np.ones(len(program.species))
    count = frames[-1] + 1
    if count < FEWEST_FRAMES:
        return np.full(len(program.species), 1e9)
    fold = np.random.default_rng(0).permutation(np.arange(count) % _FOLDS)[frames]
    for own in range(_FOLDS):
        spread = _spread(program, species[fold != own], found[fold != own])
        held = fold == own
        far = grades(spread, species[held], found[held][None], np)[0]
        np.maximum.at(farthest, species[held], far)
    return farthest
