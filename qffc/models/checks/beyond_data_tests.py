"""What must hold where the training data of a model end; see :mod:`qffc.models.validity.limits`."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from qffc.models.checks.energy_function_tests import PropertyTest, tested
from qffc.models.checks.property_tests import BATCH, FAR, MOST_ATOMS, ModelSubject
from qffc.models.circuits.instances import species_of
from qffc.models.validity.limits import NEAREST, has_limits

Floats = NDArray[np.float64]

SHALLOW = 0.3
"""eV: by which a displaced molecule may lie below its geometries: these are no minima, and models err."""
MOST_BOUND = 1.5
"""eV: by which two molecules may bind each other."""

_RATTLE = (0.2, 0.4)
"""Angstrom: standard deviations of the displacements of rattled molecules."""
_TOUCH = (2.0, 2.5, 3.0, 3.5, 4.0)
"""Angstrom: distances of two molecules."""


def beyond_data_tests(subject: ModelSubject) -> tuple[PropertyTest, ...]:
    """Free atoms, atoms pushed together, a rattled molecule and two that touch: where training data end."""
    names = ("free atoms", "atoms pushed together", "rattled molecules", "two molecules that touch")
    if not has_limits(subject.model.arrays):
        return tuple(PropertyTest(name, reason="the model has no limits") for name in names)
    return (
        _free_atoms(subject, names[0]),
        _at_least(subject, names[1], _pushed_together(subject)),
        _at_least(subject, names[2], _rattled(subject)),
        _touching(subject, names[3]),
    )


def _free_atoms(subject: ModelSubject, name: str) -> PropertyTest:
    """Atoms that see no others have the energies of free atoms."""
    apart = max((*subject.cutoffs, FAR)) + 1.0
    frames = apart * np.arange(len(subject.numbers))[None, :, None] * np.ones((1, 1, 3))
    species = species_of(subject.model.program, subject.numbers)
    off = subject.predict(frames)[0] - subject.model.reference_energy(species)
    return tested(name, "eV", [off], subject.tolerances.energy * subject.energy_scale)


def _pushed_together(subject: ModelSubject) -> Floats:
    """Frames (frames, atoms, 3) with two atoms at half of the shortest distance that the data have."""
    species = species_of(subject.model.program, subject.numbers)
    nearest = subject.model.arrays[NEAREST]
    frames = []
    for first, second in list(combinations(range(len(subject.numbers)), 2))[:BATCH]:
        frame = subject.frames[0].copy()
        bond = frame[second] - frame[first]
        short = 0.5 * nearest[species[first], species[second]]
        frame[second] = frame[first] + short * bond / np.linalg.norm(bond)
        frames.append(frame)
    return np.array(frames) if frames else subject.frames[:0]


def _rattled(subject: ModelSubject) -> Floats:
    sizes = np.linspace(*_RATTLE, BATCH)[:, None, None]
    chosen = subject.frames[np.arange(BATCH) % len(subject.frames)]
    rattled: Floats = chosen + sizes * subject.generator.normal(size=chosen.shape)
    return rattled if len(subject.numbers) > 1 else chosen[:0]


def _at_least(subject: ModelSubject, name: str, frames: Floats) -> PropertyTest:
    """The energies of frames lie above those of the geometries that the model knows."""
    if not len(frames):
        return PropertyTest(name, reason="one atom alone")
    return tested(name, "eV below", [np.maximum(subject.here[0].min() - subject.predict(frames)[0], 0.0)], SHALLOW)


def _touching(subject: ModelSubject, name: str) -> PropertyTest:
    """No two molecules bind each other by more than a strong hydrogen bond."""
    if subject.model.program.scope != "pair":
        return PropertyTest(name, reason="the sites hold one molecule")
    numbers = subject.numbers[:MOST_ATOMS]
    frame = subject.frames[0, : len(numbers)]
    normal = np.linalg.svd(frame - frame.mean(axis=0))[2][2]
    dimers = np.array([np.concatenate([frame, frame + apart * normal]) for apart in _TOUCH])
    single = subject.predict(frame[None], numbers)[0]
    bound = 2 * single - subject.predict(dimers, np.tile(numbers, 2))[0]
    return tested(name, "eV bound", [np.maximum(bound, 0.0)], MOST_BOUND)
