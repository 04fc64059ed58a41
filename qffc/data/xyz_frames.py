"""Cut files in the extended XYZ format into frames, and let ASE read each.

ASE stops at a blank line, however much follows it, and passes over columns that no property describes. So every line is
counted here: it belongs to a frame, is blank between frames, or is refused.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qffc.data.periodic import refuse_periodic
from qffc.ir.diagnostics import QffcError, error

if TYPE_CHECKING:
    from ase import Atoms

_PLAIN = "species:S:1:pos:R:3"
_COUNTS = frozenset(map(str, range(1, 1000)))
_DIGITS = 18
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|\{[^}]*\}|\[[^\]]*\]')
"""A value in quotes or brackets."""
_KEY = re.compile(r"(?:^|\s)([^\s=\"]+)=")
_READ = ("Lattice", "pbc")
"""How ASE reads a cell, and which boundaries are periodic."""
_SHOWN = 80
"""Characters of a line that a message quotes."""
_NUMBERS = (np.integer, np.floating)
"""What a single number of a comment line is read as; logical values are ``bool``."""


@dataclass(frozen=True)
class Frame:
    """One frame of a file.

    Args:
        file: the file.
        index: the number of the frame, from 0.
        line: the number of its first line, from 1.
        header: the values of its comment line, by key.
        atoms: as ASE has read them.
    """

    file: Path
    index: int
    line: int
    header: Mapping[str, object]
    atoms: Atoms

    @property
    def where(self) -> str:
        """The file and the frame, for messages."""
        return f"{self.file}, frame {self.index}"

    def texts(self) -> dict[str, str]:
        """Return the texts of the comment line by key."""
        return {key: value for key, value in self.header.items() if isinstance(value, str)}

    def per_frame(self) -> dict[str, float]:
        """Return the single numbers of the comment line by key."""
        return {key: float(value) for key, value in self.header.items() if isinstance(value, _NUMBERS)}

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


def xyz_frames(file: Path, *, cells: bool = False) -> Iterator[Frame]:
    """Yield the frames of a file.

    Args:
        file: in the extended XYZ format, UTF-8; packed if its name ends in ``.gz``. Blank lines are allowed before,
            between and after frames.
        cells: whether frames may be periodic: with a cell under ``Lattice``, and ``pbc``, as ASE reads them.

    Raises:
        QffcError: a line belongs to no frame, a frame is cut short or cannot be read, or it is periodic and may not
            be; names the frame and the line.
    """
    lines = _lines(file)
    at, index = 0, 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        end = at + 2 + _atoms(file, index, lines, at)
        yield _frame(file, index, at, lines[at:end], cells)
        at, index = end, index + 1


def no_frames(file: Path) -> QffcError:
    """Return the refusal of a file without frames, to be raised.

    Example:
        >>> no_frames(Path("water.xyz")).diagnostic.title
        'no frames in the file'
    """
    return error(
        "no frames in the file",
        where=str(file),
        found="an empty file",
        expected="at least one frame",
        help="check how the file was written",
    )


def refuse_other_atoms(frame: Frame, first: Frame) -> None:
    """Refuse a frame whose atoms are not those of the first one, in the same order.

    Raises:
        QffcError: names the frame and the atoms of both.
    """
    if np.array_equal(frame.atoms.numbers, first.atoms.numbers):
        return
    same_atoms = sorted(frame.atoms.numbers) == sorted(first.atoms.numbers)
    raise error(
        "frames differ in the order of their atoms" if same_atoms else "frames differ in their atoms",
        where=frame.where,
        found=" ".join(frame.atoms.symbols),
        expected=f"{' '.join(first.atoms.symbols)}, as in frame 0",
        help="sort the atoms of every frame alike, or name the data as FILE:FORMULA, which sorts them"
        if same_atoms
        else "name one molecule of the file as FILE:FORMULA, or all as FILE:all; 'qffc data info FILE' lists them",
    )


def _lines(file: Path) -> list[str]:
    packed = file.suffix.lower() == ".gz"
    try:
        with gzip.open(file, "rt", encoding="utf-8") if packed else file.open(encoding="utf-8") as stream:
            return list(stream)
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as mistake:
        raise error(
            "not an extended XYZ file",
            where=str(file),
            found=f"content that cannot be read as text ({mistake})",
            expected="text in UTF-8, packed only if the name ends in .gz",
            help="copy or download the file again",
        ) from None


def _atoms(file: Path, index: int, lines: list[str], at: int) -> int:
    """The number of atoms that the line says, of a frame that is all there."""
    text = lines[at].strip()
    if text.upper().startswith("VEC"):  # ASE takes them for a cell
        refuse_periodic({"cell": text}, f"{file}, line {at + 1}")
    count = int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else 0
    if not count:
        raise _broken(
            file, index, at, repr(_short(text)), f"the number of atoms of frame {index}, or the end of the file"
        )
    there = max(0, len(lines) - at - 2)
    if there < count:
        raise _broken(
            file, index, at, f"a frame of {count} atoms with {there} lines for them", f"{count} lines, one per atom"
        )
    return count


def _frame(file: Path, index: int, at: int, lines: list[str], cells: bool) -> Frame:
    from ase.io.extxyz import key_val_str_to_dict, read_xyz

    try:
        header: dict[str, object] = key_val_str_to_dict(lines[1])  # type: ignore[no-untyped-call]  # of ASE
    except Exception as mistake:  # ASE raises whatever it stumbles over
        raise _unread(file, index, at + 1, mistake) from None
    twice = _twice(lines[1])
    if twice:
        raise _broken(file, index, at + 1, f"'{twice}=' twice in the comment line", "each key once")
    properties = header.get("Properties", _PLAIN)
    width = _width(properties)
    if not width:
        raise _broken(
            file,
            index,
            at + 1,
            f"Properties={_short(str(properties))}",
            f"name:type:columns for every property once, with types R, I, S, L, and positions and elements among them: "
            f"{_PLAIN}",
        )
    for number, line in enumerate(lines[2:]):
        if len(line.split()) != width:
            raise _broken(
                file,
                index,
                at + 2 + number,
                f"{len(line.split())} columns for atom {number}: {_short(line.strip())!r}",
                f"{width} columns: {properties}" + ("" if "Properties" in header else ", as there are no Properties"),
            )
    # A word of a plain comment, "water in a box", is no cell.
    values = {key: value for key, value in header.items() if value is not True or f"{key}=" in lines[1]}
    # A cell that ASE does not read is never ignored.
    refuse_periodic({key: values[key] for key in values if not cells or key not in _READ}, f"{file}, frame {index}")
    try:
        atoms = next(read_xyz(StringIO("".join(lines)), index=0, properties_parser=lambda _: dict(header)))
    except Exception as mistake:  # ASE raises whatever it stumbles over
        raise _unread(file, index, at, mistake) from None
    return Frame(file, index, at + 1, header, atoms)


def _twice(comment: str) -> str | None:
    """The first key that a comment line has twice, of which ASE takes the last in silence."""
    seen = set()
    for key in _KEY.findall(_QUOTED.sub('""', comment)):
        if key in seen:
            return str(key)
        seen.add(key)
    return None


def _width(properties: object) -> int:
    """The number of columns that properties describe, 0 where they are none or lack the positions or the elements."""
    if not isinstance(properties, str):
        return 0
    fields = properties.split(":")
    columns = list(zip(fields[::3], fields[1::3], fields[2::3], strict=False))
    if len(fields) % 3 or not all(kind in "RISL" and count in _COUNTS for _, kind, count in columns):
        return 0
    described, names = set(columns), fields[::3]
    if len(set(names)) < len(names):
        return 0
    if not {("pos", "R", "3"), ("positions", "R", "3")} & described:
        return 0
    if not {("species", "S", "1"), ("symbols", "S", "1"), ("Z", "I", "1"), ("numbers", "I", "1")} & described:
        return 0
    return sum(int(count) for _, _, count in columns)


def _unread(file: Path, index: int, at: int, mistake: Exception) -> QffcError:
    return _broken(
        file,
        index,
        at,
        f"content that ASE cannot read ({type(mistake).__name__}: {mistake})",
        "per frame: the number of atoms, a comment line with Properties=..., one line per atom",
    )


def _broken(file: Path, index: int, at: int, found: str, expected: str) -> QffcError:
    return error(
        "not an extended XYZ file",
        where=f"{file}, frame {index}, line {at + 1}",
        found=found,
        expected=expected,
        help="mend or remove the broken frame; a file cut short ends in one",
    )


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."
