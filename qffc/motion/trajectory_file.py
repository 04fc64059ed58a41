"""Trajectories in extended XYZ: frames are added at the end, and what comes after the last state is cut off again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from ase.data import chemical_symbols
from numpy.typing import NDArray

from qffc.ir.diagnostics import error

Floats = NDArray[np.float64]


def frame_text(
    numbers: NDArray[np.integer], positions: Floats, forces: Floats | None, info: Sequence[tuple[str, str]]
) -> str:
    """Return a frame: positions and forces to 1e-8.

    Args:
        numbers: (atoms,) atomic numbers.
        positions: (atoms, 3), Angstrom.
        forces: the same shape, eV/Angstrom; None to leave them out.
        info: names and what is said of the whole frame.

    Example:
        >>> print(frame_text(np.array([1]), np.zeros((1, 3)), None, [("energy", "-1.5")]), end="")
        1
        Properties=species:S:1:pos:R:3 energy=-1.5 pbc="F F F"
        H        0.00000000       0.00000000       0.00000000
    """
    columns = "" if forces is None else ":forces:R:3"
    rows = positions if forces is None else np.hstack([positions, forces])
    said = "".join(f" {name}={value}" for name, value in info)
    form = "%-2s" + " %16.8f" * rows.shape[1]
    lines = [form % (chemical_symbols[number], *row) for number, row in zip(numbers, rows.tolist(), strict=True)]
    return "\n".join([str(len(numbers)), f'Properties=species:S:1:pos:R:3{columns}{said} pbc="F F F"', *lines, ""])


class TrajectoryFiles:
    """Files that frames are added to, one for each replica.

    Args:
        paths: of the files, made when missing.
        sizes: bytes that count; what comes after is cut off.

    Raises:
        QffcError: when a file is shorter.
    """

    def __init__(self, paths: Sequence[Path], sizes: Sequence[int]) -> None:
        self.paths = tuple(paths)
        self._files: list[BinaryIO] = []
        for path, size in zip(paths, sizes, strict=True):
            path.touch()
            if path.stat().st_size < size:
                raise error(
                    "trajectory that is shorter than it was",
                    found=f"'{path}' with {path.stat().st_size} bytes",
                    expected=f"at least the {size} of when its state was written",
                    help="put the file back, or begin again in another folder",
                )
            self._files.append(path.open("r+b"))
        self.cut(sizes)

    def __enter__(self) -> TrajectoryFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()

    @property
    def sizes(self) -> tuple[int, ...]:
        """Bytes of each."""
        return tuple(file.tell() for file in self._files)

    def add(self, replica: int, frame: str) -> None:
        """Write a frame at the end."""
        self._files[replica].write(frame.encode())

    def cut(self, sizes: Sequence[int]) -> None:
        """Cut off what comes after so many bytes, and go on from there."""
        for file, size in zip(self._files, sizes, strict=True):
            file.truncate(size)
            file.seek(size)

    def keep(self) -> None:
        """Return when all that was written is on the disk."""
        for file in self._files:
            file.flush()
            os.fsync(file.fileno())
