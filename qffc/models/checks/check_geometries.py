"""The geometries at which a model is tested: given, from its data, or random."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.data import EMBEDDED, load_embedded
from qffc.ir.diagnostics import error
from qffc.ir.elements import atomic_number
from qffc.ir.program import Program
from qffc.models.files.data_sets import example_geometry, known_sets
from qffc.models.force_field import ForceField

Floats = NDArray[np.float64]

MOST_FRAMES = 4
_SHAKE = 0.03
"""Angstrom: standard deviation of the displacements of an example."""
_BOND, _CLOSEST = (0.95, 1.5), 0.85
"""Angstrom: how far an atom of a random molecule is from the one it hangs on, at least from all others."""


@dataclass(frozen=True, eq=False)
class Geometries:
    """Frames of one molecule.

    Args:
        numbers: (atoms,) atomic numbers.
        frames: (frames, atoms, 3), Angstrom.
        source: where they come from, in words.
    """

    numbers: NDArray[np.int64]
    frames: Floats
    source: str


def choose_geometries(
    model: ForceField,
    numbers: NDArray[np.integer] | None,
    positions: NDArray[np.floating] | None,
    generator: np.random.Generator,
) -> Geometries:
    """Return the geometries given, else some that a model was trained for, else random ones.

    A model trained on embedded data is tested at frames of these; one that holds an example of its data, near it.
    Random geometries are far from what a trained model knows: its numbers there are large and rough.

    Args:
        model: the model.
        numbers: (atoms,) atomic numbers, or None.
        positions: (frames, atoms, 3) or (atoms, 3), Angstrom, or None.
        generator: of what is random.

    Raises:
        QffcError: when the positions do not fit the numbers, or come without them and the program fits any molecule.
    """
    if positions is not None:
        return _given(_atoms(model.program, numbers), np.asarray(positions, dtype=np.float64))
    for named, fingerprint in known_sets(model.metadata) if numbers is None else ():
        data = load_embedded(named) if named in EMBEDDED else None
        # A file of one's own may have the same name.
        if data is not None and data.fingerprint == fingerprint:
            rows = np.sort(generator.choice(len(data), size=MOST_FRAMES, replace=False))
            return Geometries(data.numbers, data.positions[rows], f"frames of the data '{named}'")
    example = example_geometry(model.metadata)
    if numbers is None and example is not None:
        shaken = example[1] + _SHAKE * generator.normal(size=(MOST_FRAMES, *example[1].shape))
        return Geometries(example[0], shaken, "the example of its data, shaken")
    atoms = _composition(model.program) if numbers is None else np.asarray(numbers, dtype=np.int64)
    frames = np.array([_random_molecule(len(atoms), generator) for _ in range(MOST_FRAMES)])
    return Geometries(atoms, frames, "random ones")


def _given(numbers: NDArray[np.int64], positions: Floats) -> Geometries:
    frames = positions[None] if positions.ndim == 2 else positions
    if frames.ndim != 3 or not len(frames) or frames.shape[1:] != (len(numbers), 3):
        raise error(
            "positions of another shape",
            found=f"{positions.shape}",
            expected=f"(frames, {len(numbers)}, 3) or ({len(numbers)}, 3), Angstrom",
            help="give one row for each of the atomic numbers, and at least one frame",
        )
    rows = np.unique(np.linspace(0, len(frames) - 1, MOST_FRAMES).round().astype(int))
    return Geometries(numbers, frames[rows], "as given")


def _atoms(program: Program, numbers: NDArray[np.integer] | None) -> NDArray[np.int64]:
    if numbers is not None:
        return np.asarray(numbers, dtype=np.int64)
    if program.scope == "molecule":
        return _composition(program)
    raise error(
        "molecule without elements",
        found="positions alone",
        expected=f"atomic numbers too: a program with scope {program.scope} fits any molecule",
        help="give the atomic numbers, (atoms,)",
    )


def _composition(program: Program) -> NDArray[np.int64]:
    """The atoms of the sites; two of each element, and at least four atoms, where any molecule fits.

    Not more than there are slots for, and one slot is left to a ghost where that can be; as many of each element as
    sites of a circuit name it.
    """
    if program.scope == "molecule":
        return np.array([atomic_number(str(site.species)) for site in program.sites], dtype=np.int64)
    named = Counter(site.species for site in program.sites if site.species is not None)
    copies = max(2, -(-4 // len(program.species)), *named.values())
    atoms = [atomic_number(symbol) for symbol in program.species for _ in range(copies)]
    most = max(2, len(program.sites) - 1) if program.scope == "atom" else len(atoms)
    # Taken in turn, so that every element stays in as long as it can.
    kept = sorted(range(len(atoms)), key=lambda index: (index % copies, index))[:most]
    return np.array([atoms[index] for index in sorted(kept)], dtype=np.int64)


def _random_molecule(atoms: int, generator: np.random.Generator) -> Floats:
    """A connected molecule without atoms on top of each other, (atoms, 3), Angstrom."""
    places = np.zeros((1, 3))
    while len(places) < atoms:
        direction = generator.normal(size=3)
        length = generator.uniform(*_BOND) / float(np.linalg.norm(direction))
        place = places[generator.integers(len(places))] + length * direction
        if np.linalg.norm(places - place, axis=1).min() >= _CLOSEST:
            places = np.concatenate([places, place[None]])
    return places
