"""Read data from extended XYZ files, through ASE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qffc.data.dataset import Dataset
from qffc.data.source import Source, existing_file, units_not_declared
from qffc.ir.diagnostics import error, quoted
from qffc.units import Units, data_units

if TYPE_CHECKING:
    from ase import Atoms


@dataclass(frozen=True)
class _Frame:
    """One frame of the file: the ``Atoms`` of ASE, and where it stands."""

    file: Path
    index: int
    atoms: Atoms

    @property
    def where(self) -> str:
        return f"{self.file}, frame {self.index}"

    def per_frame(self) -> dict[str, object]:
        """Return the single numbers of the frame by key, those first that ASE recognised as results."""
        results = self.atoms.calc.results if self.atoms.calc is not None else {}
        return {key: value for key, value in {**self.atoms.info, **results}.items() if _is_number(value)}

    def per_atom(self) -> dict[str, NDArray[np.float64]]:
        """Return the vectors per atom by key, positions excepted."""
        results = self.atoms.calc.results if self.atoms.calc is not None else {}
        arrays = {key: np.asarray(value) for key, value in {**self.atoms.arrays, **results}.items()}
        vectors = (len(self.atoms), 3)
        return {
            key: value
            for key, value in arrays.items()
            if key != "positions" and value.shape == vectors and value.dtype.kind in "fiu"
        }


def read_xyz(
    path: str | Path,
    units: str | Units | None = None,
    energy_key: str = "energy",
    forces_key: str = "forces",
) -> Dataset:
    """Read a dataset from an extended XYZ file.

    Every frame must have the same atoms in the same order: one dataset is one molecule.

    Args:
        path: the file.
        units: the units of the numbers in the file, as :func:`qffc.units.data_units` takes them: ``"ase"`` for eV and
            Angstrom. The format cannot declare units, so this must be given.
        energy_key: name of the energy in the comment line, such as ``REF_energy``.
        forces_key: name of the forces among the columns, such as ``REF_forces``.

    Returns:
        The dataset in eV and Angstrom, named by the file.

    Raises:
        QffcError: the file is missing, unreadable or without frames; the units are not declared; a key is not there;
            frames differ in their atoms or the order of them; a frame is periodic; the numbers are not finite, or
            impossible in these units.

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
    if units is None:
        raise units_not_declared(file)
    declared = data_units(units)
    frames = _frames(file)
    for frame in frames:
        _refuse_periodic(frame)
        _refuse_other_atoms(frame, frames[0])
    arrays = {
        "numbers": frames[0].atoms.numbers,
        "positions": np.stack([frame.atoms.positions for frame in frames]),
        "energies": np.array([_energy(frame, energy_key) for frame in frames]),
        "forces": np.stack([_forces(frame, forces_key) for frame in frames]),
    }
    keys = {"numbers": "species", "positions": "pos", "energies": energy_key, "forces": forces_key}
    return Source(file, keys, arrays, declared, file.stem).dataset()


def frames_of_ase(file: Path) -> Iterator[Atoms]:
    """Yield the frames of a file as ASE reads them.

    Args:
        file: in the extended XYZ format.

    Raises:
        Exception: whatever ASE stumbles over; and ValueError for a frame with fewer lines than atoms, which ASE would
            go on looking for.
    """
    from ase.io import iread

    _need_whole_frames(file)
    yield from iread(file, index=":", format="extxyz")


def _need_whole_frames(file: Path) -> None:
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.lstrip().startswith("VEC"):  # behind the atoms, ASE takes them for a cell
                continue
            if not line.strip().isdecimal():
                return  # the end, or what ASE cannot read
            atoms = int(line)
            found = sum(1 for _ in islice(lines, atoms + 1)) - 1
            if found < atoms:
                raise ValueError(f"a frame of {atoms} atoms with {max(0, found)} lines for them")


def _frames(file: Path) -> list[_Frame]:
    frames: list[_Frame] = []
    try:
        for atoms in frames_of_ase(file):
            frames.append(_Frame(file, len(frames), atoms))
    except Exception as mistake:
        raise error(
            "not an extended XYZ file",
            where=f"{file}, in frame {len(frames)} or later",
            found=f"content that ASE cannot read ({type(mistake).__name__}: {mistake})",
            expected="per frame: the number of atoms, a comment line with Properties=..., one line per atom",
            help="mend or remove the broken frame; a file cut short ends in one",
        ) from None
    if frames:
        return frames
    raise error(
        "no frames in the file",
        where=str(file),
        found="an empty file",
        expected="at least one frame",
        help="check how the file was written",
    )


def _refuse_periodic(frame: _Frame) -> None:
    if not frame.atoms.pbc.any():
        return
    raise error(
        "periodic systems are not supported",
        where=frame.where,
        found="a cell with periodic boundaries (Lattice=...)",
        expected="a molecule in a vacuum",
        help='for an isolated molecule remove Lattice, or write pbc="F F F"; a cell is refused, never ignored',
    )


def _refuse_other_atoms(frame: _Frame, first: _Frame) -> None:
    if np.array_equal(frame.atoms.numbers, first.atoms.numbers):
        return
    same_atoms = sorted(frame.atoms.numbers) == sorted(first.atoms.numbers)
    raise error(
        "frames differ in the order of their atoms" if same_atoms else "frames differ in their atoms",
        where=frame.where,
        found=" ".join(frame.atoms.symbols),
        expected=f"{' '.join(first.atoms.symbols)}, as in frame 0",
        help="sort the atoms of every frame alike" if same_atoms else "keep one molecule per file; split the file",
    )


def _energy(frame: _Frame, key: str) -> float:
    numbers = frame.per_frame()
    if key in numbers:
        return float(numbers[key])  # type: ignore[arg-type]  # per_frame keeps numbers only
    raise error(
        "no energy under this key",
        where=frame.where,
        found=f"numbers under {quoted(numbers)}" if numbers else "no number in the comment line",
        expected=repr(key),
        help="name the key of the energy: energy_key='...', or --keys energies=...",
    )


def _forces(frame: _Frame, key: str) -> NDArray[np.float64]:
    vectors = frame.per_atom()
    if key in vectors:
        return vectors[key]
    raise error(
        "no forces under this key",
        where=frame.where,
        found=f"vectors per atom under {quoted(vectors)}" if vectors else "no vectors per atom beside the positions",
        expected=repr(key),
        help="name the columns of the forces: forces_key='...', or --keys forces=...; "
        "energies alone are refused, training needs forces",
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
