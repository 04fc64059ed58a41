"""Write data as extended XYZ that declares its units, with all digits."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qffc.atomic_files import atomic_path
from qffc.data.file_names import suffix
from qffc.data.molecule_frames import Labelled
from qffc.ir.elements import symbols_of
from qffc.ir.telling import tell

_POSITIONS, _FORCES = "species:S:1:pos:R:3", ":forces:R:3"


def write_xyz(frames: Sequence[Labelled], path: Path) -> None:
    """Write frames as extended XYZ, whole or not at all; a file of this name is replaced.

    Numbers have as many digits as it takes to read the same ones again; a comment line declares eV and Angstrom.

    Args:
        frames: of any molecules.
        path: the file; packed when its name ends in ``.gz``, the same frames to the same bytes.
    """
    parts = []
    for index, frame in enumerate(frames):
        if not index % 100:
            tell("writing frames:", index, len(frames))
        parts.append(frame_text(frame))
    text = "".join(parts).encode("utf-8")
    with atomic_path(path) as temporary:
        temporary.write_bytes(gzip.compress(text, mtime=0) if suffix(path).endswith(".gz") else text)
    tell("")


def frame_text(frame: Labelled) -> str:
    r"""Return a frame in extended XYZ.

    Example:
        >>> from qffc.data.molecule_frames import free_atom
        >>> print(frame_text(free_atom(1, -13.6)), end="")
        1
        Properties=species:S:1:pos:R:3:forces:R:3 energy=-13.6 e_unit=eV r_unit=Angstrom pbc="F F F"
        H 0.0 0.0 0.0 0.0 0.0 0.0
    """
    columns = _POSITIONS + ("" if frame.forces is None else _FORCES)
    lines = [
        str(len(frame.numbers)),
        f"Properties={columns} energy={frame.energy!r} e_unit=eV r_unit=Angstrom {_box(frame)}",
    ]
    forces = [[]] * len(frame.numbers) if frame.forces is None else frame.forces.tolist()
    for symbol, place, force in zip(symbols_of(frame.numbers), frame.positions.tolist(), forces, strict=True):
        lines.append(" ".join([symbol, *map(repr, place), *map(repr, force)]))
    return "\n".join(lines) + "\n"


def _box(frame: Labelled) -> str:
    """The cell as ASE reads it, and the stress."""
    pbc = f'pbc="{" ".join("T" if each else "F" for each in frame.pbc)}"'
    if frame.cell is None or not any(frame.pbc):
        return pbc
    stress = "" if frame.stress is None else f' stress="{_numbers(frame.stress)}"'
    return f'Lattice="{_numbers(frame.cell)}" {pbc}{stress}'


def _numbers(tensor: NDArray[np.float64]) -> str:
    return " ".join(map(repr, tensor.ravel().tolist()))
