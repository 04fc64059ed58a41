"""Many frames of one molecule, or of atoms in cells, by the native function of a whole model: nothing is compiled.

Frames go as one large molecule, a part at a time, each with the neighbours that its atoms have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.data.images import images_within, whole_cell
from qffc.models.circuits.instances import species_of
from qffc.models.circuits.neighbours import neighbours_within, reach, reach_in_cells
from qffc.models.frames.frame_chunks import CHUNK_CIRCUITS
from qffc.models.whole_rounds import WholeRounds
from qffc.passes.lower_jax.native_rounds import Bonds

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class WholeChunk:
    """Frames of the same atoms as one large molecule.

    Args:
        frames: how many.
        bonds: of all atoms.
        places: (places, 3) where the atoms of all frames are, and behind them the images of all, Angstrom.
        owners: (places,) the atom that stands there, or of which an image does.
    """

    frames: int
    bonds: Bonds
    places: Floats
    owners: NDArray[np.intp]


def whole_chunks(
    whole: WholeRounds,
    numbers: NDArray[np.integer],
    positions: Floats,
    cells: Floats | None = None,
    pbc: NDArray[np.bool_] | None = None,
) -> Iterator[WholeChunk]:
    """Yield frames in their order, as many at once as their circuits allow.

    Args:
        whole: the native function.
        numbers: (atoms,) atomic numbers.
        positions: (frames, atoms, 3), Angstrom.
        cells: (frames, 3, 3), Angstrom, where frames are in cells.
        pbc: (frames, 3) along which of their vectors atoms repeat.

    Raises:
        QffcError: when the atoms do not fit the program.
    """
    species = species_of(whole.program, numbers)
    radius = reach(whole.program) if cells is None else reach_in_cells(whole.program)
    assert radius is not None, "all programs of this form have a cutoff"
    size = max(1, CHUNK_CIRCUITS // (len(numbers) * whole.program.channels))
    for start in range(0, len(positions), size):
        rows = range(start, min(start + size, len(positions)))
        yield _joined(
            [
                _listed(
                    species,
                    positions[k],
                    radius,
                    *((None, None) if cells is None or pbc is None else (cells[k], pbc[k])),
                )
                for k in rows
            ],
            species,
        )


def predict_whole(whole: WholeRounds, arrays: Mapping[str, Floats], chunk: WholeChunk) -> tuple[Floats, Floats, Floats]:
    """Return energies, forces and virials of frames.

    Args:
        whole: the native function.
        arrays: parameters and constants by name.
        chunk: the frames.

    Returns:
        Energies (frames,) in eV, without the reference energies of the atoms, forces (frames, atoms, 3) in eV/Angstrom,
        and the derivatives of the energies by strain (frames, 3, 3) in eV.
    """
    parts, of_places = whole.at(arrays, chunk.bonds, chunk.places)
    atoms = len(parts) // chunk.frames
    forces = np.zeros((len(parts), 3))
    np.add.at(forces, chunk.owners, of_places)
    pull = -of_places[:, :, None] * chunk.places[:, None, :]
    virials = np.zeros((chunk.frames, 3, 3))
    np.add.at(virials, chunk.owners // atoms, pull)
    symmetric = 0.5 * (virials + np.swapaxes(virials, 1, 2))
    return parts.reshape(chunk.frames, atoms).sum(axis=1), forces.reshape(chunk.frames, atoms, 3), symmetric


@dataclass(frozen=True, eq=False)
class _Frame:
    """One frame: where its places are, whose they are, and who sees which."""

    places: Floats
    owners: NDArray[np.intp]
    centres: NDArray[np.intp]
    others: NDArray[np.intp]


def _listed(
    species: NDArray[np.int32], positions: Floats, radius: float, cell: Floats | None, pbc: NDArray[np.bool_] | None
) -> _Frame:
    # About their middle, so that few digits go into where the atoms are together.
    here = positions - positions.mean(axis=0)
    if cell is None or pbc is None or not pbc.any():
        centres, others = neighbours_within(here, radius)
        places, owners = here, np.arange(len(here))
    else:
        images = images_within(here, whole_cell(cell, pbc), pbc, radius)
        places, owners = images.places(here, images.cell), images.owners
        centres, others = images.centres, images.others
    order = np.lexsort((others, species[owners[others]], centres))
    return _Frame(places, owners, centres[order], others[order])


def _joined(frames: list[_Frame], species: NDArray[np.int32]) -> WholeChunk:
    atoms, count = len(species), len(frames)
    behind = np.cumsum([count * atoms, *(len(frame.places) - atoms for frame in frames)])
    own = [np.where(f.others < atoms, f.others + k * atoms, f.others - atoms + behind[k]) for k, f in enumerate(frames)]
    owners = [
        np.arange(count * atoms),
        *(frame.owners[atoms:] + k * atoms for k, frame in enumerate(frames)),
    ]
    whose, seen = np.concatenate(owners), np.concatenate(own)
    return WholeChunk(
        count,
        Bonds(
            np.tile(species, count),
            np.concatenate([frame.centres + k * atoms for k, frame in enumerate(frames)]).astype(np.int32),
            whose[seen].astype(np.int32),
            None,
            seen.astype(np.int32),
        ),
        np.concatenate([*(frame.places[:atoms] for frame in frames), *(frame.places[atoms:] for frame in frames)]),
        whose,
    )
