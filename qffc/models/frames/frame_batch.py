"""Frames of different molecules joined into one: atoms numbered through, circuits side by side, energies by frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.declarations import AtomicReadout
from qffc.models.beside import Beside
from qffc.models.circuits.instances import Instances, fill_instances
from qffc.models.energy import MoleculeEnergy
from qffc.models.frames.frame_circuits import FrameCircuits
from qffc.models.molecule_circuits import ENERGY_SCALE
from qffc.models.rows.shared_values import SharingPlan
from qffc.models.rows.value_rows import ValueRows, pad_rows
from qffc.models.validity.limits import limited
from qffc.passes.lower_jax.program import JaxProgram

Index = jax.Array | NDArray[np.int32]
Floats = NDArray[np.floating]


@jax.tree_util.register_dataclass
@dataclass(frozen=True, eq=False)
class FrameBatch:
    """Frames as one large molecule, filled up to sizes that are few; a tree of arrays for JAX.

    No circuit, edge or value has atoms of two frames, so energies and forces are those of the frames alone. Where a
    frame is in a cell there are places: the atoms of all frames first, and behind them the images of all frames.

    Args:
        instances: the circuits of all frames.
        rows: where their values are computed.
        frame_of_atom: (atoms,) the number of its frame; the number of frames for an atom that only fills up.
        frame_of_circuit: (instances,) likewise.
        atoms: (frames,) the number of atoms of each frame; 0 for a frame that only fills up.
        frame_of_place: (places,) like that of atoms; None where no frame has images.
    """

    instances: Instances
    rows: ValueRows
    frame_of_atom: Index
    frame_of_circuit: Index
    atoms: Index
    frame_of_place: Index | None = None


def needed_sizes(plan: SharingPlan, frames: Sequence[FrameCircuits]) -> tuple[int, ...]:
    """Return the sizes that joined frames need: frames, atoms, images, edges and circuits, and rows of each domain.

    Args:
        plan: the plan of the program.
        frames: at least one.
    """
    sums = np.sum([frame.sizes for frame in frames], axis=0)
    rows = (1 if _stands_for_all(plan, number) else int(size) for number, size in enumerate(sums[5:]))
    return (*map(int, sums[:5]), *rows)


def join_frames(plan: SharingPlan, frames: Sequence[FrameCircuits], sizes: Sequence[int] | None = None) -> FrameBatch:
    """Return frames as one large molecule.

    Args:
        plan: the plan of the program.
        frames: at least one, of any molecules; the batch holds them in this order.
        sizes: in the order of :func:`needed_sizes` and not smaller; those when left out.

    Example:
        >>> from qffc.library import load
        >>> from qffc.models.frames.frame_circuits import CircuitLists
        >>> from qffc.passes.lower_jax.program import lower_jax
        >>> lists = CircuitLists(lower_jax(load("pair", species=("H", "N", "O"))))
        >>> water = lists.of(np.array([8, 1, 1]), np.eye(3))
        >>> ammonia = lists.of(np.array([7, 1, 1, 1]), np.eye(4)[:, :3])
        >>> batch = join_frames(lists.plan, [water, ammonia])
        >>> batch.frame_of_atom.tolist(), batch.atoms.tolist(), len(batch.instances)
        ([0, 0, 0, 1, 1, 1, 1], [3, 4], 15)
    """
    count, atoms, images, edges, circuits, *rows = needed_sizes(plan, frames) if sizes is None else sizes
    counts = [len(frame.instances.atom_species) for frame in frames]
    starts = np.concatenate([[0], np.cumsum(counts)])
    behind = _places_behind(frames, counts, atoms)
    own = [len(frame.instances) for frame in frames]
    joined = Instances(
        atoms=_renumbered([frame.instances.atoms for frame in frames], counts, starts, behind),
        species=np.concatenate([frame.instances.species for frame in frames]),
        mirror=np.concatenate([frame.instances.mirror for frame in frames]),
        share=frames[0].instances.share,
        atom_species=_filled(np.concatenate([frame.instances.atom_species for frame in frames]), atoms, 0),
        present=np.concatenate([_present(frame.instances) for frame in frames]),
        edges=_renumbered([frame.instances.edges for frame in frames], counts, starts, behind),
        owners=_owners(frames, counts, starts, atoms, images),
    )
    numbers = np.arange(len(frames), dtype=np.int32)
    return FrameBatch(
        fill_instances(joined, circuits, edges),
        pad_rows(plan, _joined_rows(plan, frames, counts, starts, behind), tuple(rows), circuits),
        _filled(np.repeat(numbers, counts), atoms, count),
        _filled(np.repeat(numbers, own), circuits, count),
        _filled(np.array(counts, dtype=np.int32), count, 0),
        _frames_of_places(frames, counts, atoms, images, count) if images else None,
    )


def joined_positions(positions: Iterable[Floats], atoms: int) -> Floats:
    """Return vectors (atoms of a frame, 3) of frames as (1, atoms, 3), with zeros for atoms that only fill up."""
    together = np.concatenate(list(positions))
    return np.concatenate([together, np.zeros((atoms - len(together), 3), together.dtype)])[None]


def joined_places(frames: Sequence[FrameCircuits], placed: Sequence[Floats], atoms: int, images: int) -> Floats:
    """Return where all places of joined frames are (1, atoms + images, 3), Angstrom.

    Args:
        frames: as they were joined.
        placed: of each frame (places, 3), see :meth:`qffc.models.frames.frame_circuits.FrameCircuits.placed`.
        atoms: how many the batch has, with those that only fill up.
        images: likewise.
    """
    if not images:
        return joined_positions(placed, atoms)
    counts = [len(frame.instances.atom_species) for frame in frames]
    own = [places[:count] for places, count in zip(placed, counts, strict=True)]
    behind = [places[count:] for places, count in zip(placed, counts, strict=True)]
    return np.concatenate([joined_positions(own, atoms), joined_positions(behind, images)], axis=1)


def forces_and_virials(batch: FrameBatch, forces: jax.Array, places: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return the forces on atoms (1, atoms, 3), and the derivatives of energies by strain (frames, 3, 3), eV.

    Args:
        batch: the frames.
        forces: (1, places, 3), minus the gradient by the places, eV/Angstrom.
        places: (1, places, 3), Angstrom.
    """
    numbers = batch.frame_of_atom if batch.frame_of_place is None else batch.frame_of_place
    pull = -forces[0][:, :, None] * places[0][:, None, :]
    virials = jnp.zeros((len(batch.atoms), 3, 3), pull.dtype).at[numbers].add(pull, mode="drop")
    virials = 0.5 * (virials + jnp.swapaxes(virials, 1, 2))
    if batch.instances.owners is None:
        return forces, virials
    atoms = len(batch.instances.atom_species)
    return jnp.zeros((1, atoms, 3), forces.dtype).at[:, batch.instances.owners].add(forces), virials


def frame_energies(
    lowered: JaxProgram,
    batch: FrameBatch,
    arrays: Mapping[str, jax.Array],
    positions: jax.Array,
    beside: Beside | None = None,
) -> jax.Array:
    """Return the energy of each frame without the reference energies of its atoms.

    Args:
        lowered: the program as JAX functions.
        batch: the frames.
        arrays: parameters and constants by name.
        positions: (1, atoms, 3), Angstrom; of places, (1, places, 3), where frames have images.
        beside: what goes along with the circuits.

    Returns:
        (frames,), eV.
    """
    molecule = MoleculeEnergy(lowered, batch.instances, batch.rows)
    parts = arrays[ENERGY_SCALE] * molecule.contributions(arrays, positions, beside)
    limits = molecule.validity(arrays, positions)
    if limits is None:
        return _by_frame(lowered, batch, parts[0])
    by_atom = isinstance(lowered.program.readout, AtomicReadout)

    def whole(values: jax.Array) -> jax.Array:
        return _summed(batch, values[0], batch.frame_of_atom)

    own = parts if by_atom else _by_frame(lowered, batch, parts[0])
    return limited(limits, arrays, batch.instances.atom_species, own, whole, by_atom=by_atom)


def frame_energies_along(
    lowered: JaxProgram,
    batch: FrameBatch,
    arrays: Mapping[str, jax.Array],
    positions: jax.Array,
    direction: jax.Array,
    beside: Beside | None = None,
) -> tuple[jax.Array, jax.Array]:
    """Return :func:`frame_energies` and their derivatives along a direction of the positions, both (frames,).

    Nudges of ``beside`` are directions of the moments.
    """
    molecule = MoleculeEnergy(lowered, batch.instances, batch.rows)
    found, slopes = molecule.contributions_along(arrays, positions, direction, beside)
    scale = arrays[ENERGY_SCALE]
    return scale * _by_frame(lowered, batch, found[0]), scale * _by_frame(lowered, batch, slopes[0])


def _by_frame(lowered: JaxProgram, batch: FrameBatch, parts: jax.Array) -> jax.Array:
    by_atom = isinstance(lowered.program.readout, AtomicReadout)
    return _summed(batch, parts, batch.frame_of_atom if by_atom else batch.frame_of_circuit)


def sums_of_circuits(batch: FrameBatch, values: jax.Array) -> jax.Array:
    """Return values of circuits, (instances,), added up for each frame, (frames,)."""
    return _summed(batch, values, batch.frame_of_circuit)


def _summed(batch: FrameBatch, parts: jax.Array, frames: Index) -> jax.Array:
    # What only fills up belongs to no frame, and is dropped.
    return jnp.zeros(len(batch.atoms), parts.dtype).at[frames].add(parts, mode="drop")


def _stands_for_all(plan: SharingPlan, domain: int) -> bool:
    """Whether the values of a domain depend on no atom: they have one row, however many frames there are."""
    return not plan.domains[domain].tuples[0]


def _joined_rows(
    plan: SharingPlan,
    frames: Sequence[FrameCircuits],
    counts: Sequence[int],
    starts: NDArray[np.intp],
    behind: NDArray[np.intp],
) -> ValueRows:
    """The rows of all frames, one frame after the other."""
    rows = [frame.rows for frame in frames]
    offsets: list[NDArray[np.intp]] = []
    for number in range(len(plan.domains)):
        lengths = [0 if _stands_for_all(plan, number) else len(each.atoms[number]) for each in rows]
        offsets.append(np.concatenate([[0], np.cumsum(lengths)]))

    def together(domain: int, parts: list[Any]) -> list[Any]:
        return parts[:1] if _stands_for_all(plan, domain) else parts

    domains = range(len(plan.domains))
    return ValueRows(
        atoms=tuple(
            _renumbered(together(n, [each.atoms[n] for each in rows]), counts, starts, behind) for n in domains
        ),
        species=tuple(np.concatenate(together(n, [each.species[n] for each in rows])) for n in domains),
        mirror=tuple(np.concatenate(together(n, [each.mirror[n] for each in rows])) for n in domains),
        lifts=tuple(
            _shifted(together(lift.whole, [each.lifts[k] for each in rows]), offsets[lift.part])
            for k, lift in enumerate(plan.lifts)
        ),
        reads={key: _shifted([each.reads[key] for each in rows], offsets[key[0]]) for key in rows[0].reads},
        sums=tuple(_shifted([each.sums[k] for each in rows], offsets[total.part]) for k, total in enumerate(plan.sums)),
    )


def _places_behind(frames: Sequence[FrameCircuits], counts: Sequence[int], atoms: int) -> NDArray[np.intp]:
    """For each frame where what is numbered on from its last atom begins among all: its images, or its ghosts.

    Ghosts are numbered by their centre, and no program with ghosts takes images.
    """
    images = [frame.instances.places - count for frame, count in zip(frames, counts, strict=True)]
    if any(images):
        return atoms + np.concatenate([[0], np.cumsum(images)])
    return atoms + np.concatenate([[0], np.cumsum(counts)])


def _renumbered(
    parts: Sequence[Any], counts: Sequence[int], starts: NDArray[np.intp], behind: NDArray[np.intp]
) -> NDArray[np.int32]:
    """Atoms numbered through; images and ghosts, which are numbered on from the last atom, from the last one of all."""
    moved = [
        np.where(part < count, part + start, part - count + later)
        for part, count, start, later in zip(parts, counts, starts, behind, strict=False)
    ]
    return np.concatenate(moved).astype(np.int32)


def _owners(
    frames: Sequence[FrameCircuits], counts: Sequence[int], starts: NDArray[np.intp], atoms: int, images: int
) -> NDArray[np.int32] | None:
    """The atom of each place, the first one for images that only fill up; None without images."""
    if not images:
        return None
    behind = [
        frame.instances.owners[count:] + start
        for frame, count, start in zip(frames, counts, starts, strict=False)
        if frame.instances.owners is not None
    ]
    own = np.concatenate([np.zeros(0, np.int32), *behind]).astype(np.int32)
    return np.concatenate([np.arange(atoms, dtype=np.int32), _filled(own, images, 0)])


def _frames_of_places(
    frames: Sequence[FrameCircuits], counts: Sequence[int], atoms: int, images: int, count: int
) -> NDArray[np.int32]:
    numbers = np.arange(len(frames), dtype=np.int32)
    more = [frame.instances.places - own for frame, own in zip(frames, counts, strict=True)]
    first, last = np.repeat(numbers, counts), np.repeat(numbers, more)
    return np.concatenate([_filled(first, atoms, count), _filled(last, images, count)])


def _shifted(parts: Sequence[Any], offsets: NDArray[np.intp]) -> NDArray[np.int32]:
    return np.concatenate([part + offset for part, offset in zip(parts, offsets, strict=False)]).astype(np.int32)


def _present(instances: Instances) -> NDArray[np.float64]:
    return np.ones(len(instances)) if instances.present is None else instances.present


def _filled(array: NDArray[np.int32], size: int, value: int) -> NDArray[np.int32]:
    return np.concatenate([array, np.full(size - len(array), value, dtype=np.int32)])
