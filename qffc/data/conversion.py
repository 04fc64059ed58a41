"""Data written again in another format: what is written, what has no place there, and the proof that it can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from qffc.data.ase_database import write_database
from qffc.data.dataset import Dataset
from qffc.data.file_names import DB_SUFFIXES, XYZ_SUFFIXES, stem, suffix
from qffc.data.molecule_frames import Labelled, frames_in, free_atom
from qffc.data.molecules import read_molecules
from qffc.data.npz import write_npz
from qffc.data.same_frames import composition_of
from qffc.data.sgdml import write_sgdml
from qffc.data.surroundings import refuse_cells
from qffc.data.xyz_writing import write_xyz
from qffc.ir.diagnostics import error, quoted
from qffc.ir.elements import SYMBOLS

LAYOUTS = ("rmd17", "sgdml")
"""Names of arrays in npz files."""
WRITTEN_SUFFIXES = (".npz", *XYZ_SUFFIXES, *DB_SUFFIXES)


@dataclass(frozen=True)
class Written:
    """A file with data.

    Args:
        path: the file.
        sets: what it holds, as it is read again: the numbers are those that were written.
        atoms: energies of free atoms in it by symbol, eV.
        left_out: what had no place in it.
    """

    path: Path
    sets: tuple[Dataset, ...]
    atoms: Mapping[str, float]
    left_out: tuple[str, ...] = ()


def joined(sets: Sequence[Dataset]) -> tuple[Dataset, ...]:
    """Return sets of one composition as one, in the order in which compositions come first.

    Atoms are sorted as in the first set, like atoms in their order. Published splits and forces are kept where all that
    is joined has them: splits only of a set that stays alone.

    Args:
        sets: of any molecules.

    Raises:
        QffcError: some sets of a composition have forces and others not.

    Example:
        >>> from qffc.data import load_embedded
        >>> water = load_embedded("water")
        >>> joined([water.subset([0, 1]), load_embedded("ammonia"), water.subset([2])])
        (Dataset('water', OH2, 3 frames), Dataset('ammonia', NH3, 500 frames))
    """
    groups: dict[str, list[Dataset]] = {}
    for data in sets:
        groups.setdefault(composition_of(data), []).append(data)
    return tuple(group[0] if len(group) == 1 else _joined(group) for group in groups.values())


def write_data(
    sets: Sequence[Dataset], path: Path, atoms: Mapping[str, float] | None = None, layout: str = LAYOUTS[0]
) -> Written:
    """Write data in eV and Angstrom to a file that says so, and read it again.

    Args:
        sets: of one molecule for npz, of any for the other formats.
        path: ``.npz``, extended XYZ, or ``.db`` of ASE; its folder is made.
        atoms: energies of free atoms by symbol, eV.
        layout: of npz files.

    Returns:
        What was read again, and what had no place in the file.

    Raises:
        QffcError: the ending is none of these, several molecules go to npz, or what is read again differs.

    Example:
        >>> import tempfile
        >>> from qffc.data import load_embedded
        >>> water = load_embedded("water").subset([0, 1])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     written = write_data([water], Path(folder, "water.xyz"))
        >>> written.sets[0].fingerprint == water.fingerprint
        True
    """
    path, atoms = Path(path), dict(atoms or {})
    _check_target(sets, path, layout)
    left_out: list[str] = []
    if suffix(path) == ".npz":
        path.parent.mkdir(parents=True, exist_ok=True)
        (data,) = sets
        if layout == "sgdml":
            refuse_cells(data, "the layout of sGDML, which has one lattice for all frames", "leave --layout out")
            left_out += _splits([data], "the layout of sGDML")
            write_sgdml(data, path)
        else:
            write_npz(data, path)
        left_out += [f"energies of the free atoms {quoted(atoms)}: npz holds one molecule"] if atoms else []
        atoms = {}
    else:
        left_out += _splits(sets, f"a file {suffix(path)}")
        frames: list[Labelled] = [free_atom(SYMBOLS.index(symbol) + 1, energy) for symbol, energy in atoms.items()]
        frames += [frame for data in sets for frame in frames_in(data)]
        (write_database if suffix(path) in DB_SUFFIXES else write_xyz)(frames, path)
    found = read_molecules(path, energies_alone=True)
    if [data.fingerprint for data in found.sets] != [data.fingerprint for data in sets] or dict(found.atoms) != atoms:
        raise error(
            "data that are read differently than they were written",
            where=str(path),
            found=", ".join(f"{data.formula}: {len(data)} frames" for data in found.sets),
            expected=", ".join(f"{data.formula}: {len(data)} frames, all digits the same" for data in sets),
            help="is the disk full, or does something else write to this file? write it again",
        )
    return Written(path, found.sets, found.atoms, tuple(left_out))


def with_formula(path: Path, data: Dataset) -> Path:
    """Return a path with the formula of a molecule at the end of its name.

    Example:
        >>> from qffc.data import load_embedded
        >>> with_formula(Path("out/qm.xyz.gz"), load_embedded("water")).as_posix()
        'out/qm-OH2.xyz.gz'
    """
    return path.with_name(f"{stem(path)}-{data.formula}{path.name[len(stem(path)) :]}")


def _check_target(sets: Sequence[Dataset], path: Path, layout: str) -> None:
    if suffix(path) not in WRITTEN_SUFFIXES:
        raise error(
            "unknown kind of data file",
            where=str(path),
            found=f"the suffix {suffix(path)!r}",
            expected=f"one of {quoted(WRITTEN_SUFFIXES)}",
            help="end the name of the file to be written in one of these",
        )
    if layout not in LAYOUTS:
        raise error("unknown layout", found=repr(layout), expected=f"one of {quoted(LAYOUTS)}", help="choose one")
    if layout != LAYOUTS[0] and suffix(path) != ".npz":
        raise error(
            "layout of another format",
            where=str(path),
            found=f"the layout {layout!r} for a file {suffix(path)}",
            expected="a file .npz",
            help="leave the layout out: extended XYZ and databases of ASE have one form",
        )
    compositions = [composition_of(data) for data in sets]
    if not sets:
        raise error("nothing to write", where=str(path), found="no molecule", expected="one at least", help="name data")
    if suffix(path) == ".npz" and len(sets) > 1:
        raise error(
            "several molecules for one npz file",
            where=str(path),
            found=quoted(data.formula for data in sets),
            expected="one molecule: npz has one array of atoms",
            help="--by-composition writes a file for each; .xyz and .db hold several molecules",
        )
    if len(set(compositions)) < len(compositions):
        raise AssertionError("sets of one composition are joined before they are written")


def _splits(sets: Sequence[Dataset], where: str) -> list[str]:
    return [
        f"{len(data.published)} published splits of {data.formula}: {where} has no place for them, npz has"
        for data in sets
        if data.published
    ]


def _joined(group: Sequence[Dataset]) -> Dataset:
    first = group[0]
    if len({data.has_forces for data in group}) > 1:
        raise error(
            "frames with and without forces",
            where=", ".join(data.name for data in group),
            found=f"sets of {first.formula} of which some have forces and others have none",
            expected="forces in all, or in none",
            help="convert them one by one, each to a file of its own",
        )
    if len({data.stresses is not None for data in group}) > 1:
        raise error(
            "frames with and without stresses",
            where=", ".join(data.name for data in group),
            found=f"sets of {first.formula} of which some have stresses and others have none",
            expected="stresses in all, or in none",
            help="convert them one by one, each to a file of its own",
        )
    orders = [_order(data, first) for data in group]
    pairs = list(zip(group, orders, strict=True))
    return replace(
        first,
        positions=np.concatenate([data.positions[:, order] for data, order in pairs]),
        energies=np.concatenate([data.energies for data in group]),
        forces=np.concatenate([data.forces[:, order] for data, order in pairs]),
        published=(),
        cells=_together(group, "cells", (3, 3)),
        pbc=_together(group, "pbc", (3,)),
        stresses=_together(group, "stresses", (3, 3)),
        pbc_assumed=any(data.pbc_assumed for data in group),
    )


def _together(group: Sequence[Dataset], name: str, shape: tuple[int, ...]) -> Any:
    """Cells or boundaries of all frames, zeros for those in a vacuum; None where none has any."""
    parts = [getattr(data, name) for data in group]
    if all(part is None for part in parts):
        return None
    kind = next(part.dtype for part in parts if part is not None)
    pairs = zip(group, parts, strict=True)
    return np.concatenate([np.zeros((len(data), *shape), kind) if part is None else part for data, part in pairs])


def _order(data: Dataset, first: Dataset) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Which atom takes which place: like atoms in their order."""
    order = np.empty(len(first.numbers), dtype=np.intp)
    order[np.argsort(first.numbers, kind="stable")] = np.argsort(data.numbers, kind="stable")
    return order
