"""Read data from extended XYZ files, and from others that hold frames of any molecules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qffc.data.dataset import Dataset
from qffc.data.declared_units import declared_units
from qffc.data.file_names import DB_SUFFIXES, stem, suffix
from qffc.data.frame_files import frames_of
from qffc.data.source import Source, existing_file
from qffc.data.stress_labels import USUAL, StressKeys
from qffc.data.xyz_frames import Frame, no_frames, refuse_other_atoms
from qffc.ir.diagnostics import error, quoted
from qffc.units import INTERNAL, Units

_SHOWN = 80
"""Characters of a value that a message quotes."""


def read_xyz(
    path: str | Path,
    units: str | Units | None = None,
    energy_key: str = "energy",
    forces_key: str = "forces",
    *,
    stress_keys: StressKeys = USUAL,
    energies_alone: bool = False,
) -> Dataset:
    """Read a dataset from an extended XYZ file.

    Every frame must have the same atoms in the same order: one dataset is one molecule. A file of several is read by
    :func:`qffc.data.read_molecules`.

    Args:
        path: the file, which may be packed (``.gz``). Blank lines before, between and after frames are passed over.
        units: the units of the numbers in the file, as :func:`qffc.units.data_units` takes them: ``"ase"`` for eV and
            Angstrom. May be left out only if every comment line declares them, as ``e_unit=eV r_unit=Ang``.
        energy_key: name of the energy in the comment line, such as ``REF_energy``.
        forces_key: name of the forces among the columns, such as ``REF_forces``.
        stress_keys: names of the stress or the virial of frames in cells, where they are others than ``stress``,
            ``virial`` and ``virials``.
        energies_alone: read a file without forces, too, to compare energies.

    Returns:
        The dataset in eV and Angstrom, named by the file. Frames with a periodic boundary are in cells: ``Lattice`` and
        ``pbc``, as ASE has them, along three vectors where ``pbc`` is not there.

    Raises:
        QffcError: the file is missing, unreadable or without frames, or has lines that belong to no frame; the units
            are not declared, or twice and differently; a key is not there; frames differ in their atoms or the order
            of them; a cell stands under another name; the numbers are not finite, or impossible in these units.

    Example:
        >>> import pathlib, tempfile
        >>> from qffc.data import read_xyz
        >>> frame = '''2
        ... Properties=species:S:1:pos:R:3:forces:R:3 energy=-31.7
        ... H 0 0 0     0 0  0.1
        ... H 0 0 0.74  0 0 -0.1
        ... '''
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "h2.xyz")
        ...     _ = file.write_text(frame)
        ...     read_xyz(file, units="ase")
        Dataset('h2', H2, 1 frame)
    """
    file = existing_file(path)
    frames, declared = frames_and_units(file, units)
    for frame in frames:
        refuse_other_atoms(frame, frames[0])
    labels = XyzLabels(energy_key, forces_key, energies_alone, stress_keys)
    return labels.source(file, frames, declared, stem(file)).dataset()


def frames_and_units(file: Path, units: str | Units | None) -> tuple[list[Frame], Units]:
    """Return the frames of a file and the units of their numbers.

    Args:
        file: a file of frames.
        units: as for :func:`read_xyz`.

    Raises:
        QffcError: there are no frames, one cannot be read, or the units are not declared or not the same in all.
    """
    frames = list(frames_of(file, cells=True))
    if not frames:
        raise no_frames(file)
    if units is None and suffix(file) in DB_SUFFIXES:
        units = INTERNAL  # of calculators of ASE; other units are declared as everywhere
    declared = _units(frames[0], units)
    for frame in frames:
        _units(frame, declared)
    return frames, declared


@dataclass(frozen=True)
class XyzLabels:
    """What frames are labelled with.

    Args:
        energy_key: name of the energy in the comment line.
        forces_key: name of the forces among the columns.
        energies_alone: whether there may be no forces.
        stress: names of the stress.
    """

    energy_key: str = "energy"
    forces_key: str = "forces"
    energies_alone: bool = False
    stress: StressKeys = USUAL

    def energies(self, frames: Sequence[Frame]) -> NDArray[np.float64]:
        """Return the energies of frames, (n,), in the unit of the file.

        Raises:
            QffcError: one has no energy under the key.
        """
        return np.array([_energy(frame, self.energy_key) for frame in frames])

    def source(self, file: Path, frames: Sequence[Frame], units: Units, name: str) -> Source:
        """Return the arrays of frames of one molecule, with what is needed to speak about them.

        Args:
            file: where they come from.
            frames: with the same atoms; those in another order are sorted as in the first.
            units: of their numbers.
            name: of the dataset.

        Raises:
            QffcError: an energy or forces are missing.
        """
        numbers = frames[0].atoms.numbers
        orders = [_order(frame.atoms.numbers, numbers) for frame in frames]
        arrays = {
            "numbers": numbers,
            "positions": np.stack([x.atoms.positions[order] for x, order in zip(frames, orders, strict=True)]),
            "energies": self.energies(frames),
        }
        may_be_alone = self.energies_alone and self.forces_key == XyzLabels.forces_key
        alone = may_be_alone and not any(self.forces_key in frame.per_atom() for frame in frames)
        if not alone:
            forces = [_forces(frame, self.forces_key)[order] for frame, order in zip(frames, orders, strict=True)]
            arrays["forces"] = np.stack(forces)
        if any(frame.atoms.pbc.any() for frame in frames):
            arrays["cells"] = np.stack([frame.atoms.cell.array for frame in frames])
            arrays["pbc"] = np.stack([frame.atoms.pbc for frame in frames])
        if (stresses := self.stress.stresses(frames)) is not None:
            arrays["stresses"] = stresses
        keys = {"numbers": "species", "positions": "pos", "energies": self.energy_key, "forces": self.forces_key}
        keys |= {"cells": "Lattice", "stresses": self.stress.stress or self.stress.virial or "stress"}
        return Source(file, keys, arrays, units, name, rows=tuple(frame.index for frame in frames))


def _order(numbers: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.intp]:
    """Which atom of a frame takes which place: like atoms in their order."""
    order = np.empty(len(first), dtype=np.intp)
    order[np.argsort(first, kind="stable")] = np.argsort(numbers, kind="stable")
    return order


def _units(frame: Frame, given: str | Units | None) -> Units:
    return declared_units(frame.texts(), given, frame.file, frame.where)


def _energy(frame: Frame, key: str) -> float:
    numbers = frame.per_frame()
    if key in numbers:
        return numbers[key]
    raise error(
        "no energy under this key",
        where=frame.where,
        found=_in_place_of(frame, key)
        or (f"numbers under {quoted(numbers)}" if numbers else "no number in the comment line"),
        expected=f"a number under {key!r}",
        help="name the key of the energy: energy_key='...', or --keys energies=...",
    )


def _in_place_of(frame: Frame, key: str) -> str:
    """What stands where the number should, if anything does."""
    if key in frame.header:
        return f"{key} = {_short(frame.header[key])}, which is no single number"
    swallowed = re.compile(rf"(?<!\w){re.escape(key)}=")
    for name, value in frame.header.items():
        if swallowed.search(f"{name}={value}"):
            return f"{key!r} inside of another entry, {_short(name)} = {_short(value)}: is there a quote too many?"
    return ""


def _short(value: object) -> str:
    text = repr(value.tolist() if isinstance(value, np.ndarray) else value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."


def _forces(frame: Frame, key: str) -> NDArray[np.float64]:
    vectors = frame.per_atom()
    if key in vectors:
        return vectors[key]
    raise error(
        "no forces under this key",
        where=frame.where,
        found=f"vectors per atom under {quoted(vectors)}" if vectors else "no vectors per atom beside the positions",
        expected=repr(key),
        help="name the columns of the forces: forces_key='...', or --keys forces=...; "
        "training needs forces, energies alone can be evaluated only",
    )
