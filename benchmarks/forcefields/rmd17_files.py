"""rMD17 as it lies on disk: files that hold their splits, or the published archive with the splits beside.

The archive is unpacked: `npz_data/rmd17_ethanol.npz` and so on, `splits/index_train_01.csv` to `index_test_05.csv`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from ase.formula import Formula
from numpy.typing import NDArray

from qffc.data import Dataset, read_npz
from qffc.data.archive import array_in, opened
from qffc.data.split import PublishedSplit
from qffc.ir.diagnostics import QffcError, error

FORMULAS = {
    "aspirin": "C9H8O4",
    "azobenzene": "C12H10N2",
    "benzene": "C6H6",
    "ethanol": "C2H6O",
    "malonaldehyde": "C3H4O2",
    "naphthalene": "C10H8",
    "paracetamol": "C8H9NO2",
    "salicylic": "C7H6O3",
    "toluene": "C7H8",
    "uracil": "C4H4N2O2",
}
SPLITS = 5
ARCHIVE = "https://figshare.com/articles/dataset/Revised_MD17_dataset_rMD17_/12672038"
_PLACES = (".", "npz_data", "rmd17/npz_data")
"""Where in a folder the files of molecules may be."""


def read_rmd17(place: Path | None, molecule: str) -> Dataset:
    """Return frames in eV and Angstrom with the published splits.

    Of the archive, those that any split has are kept, in the order of the trajectory.

    Args:
        place: the file, a folder of such files, or the folder of the archive; None where nobody named one.
        molecule: its name there.

    Raises:
        QffcError: when a file is missing or is not what it should be; says where to get it.
    """
    file = molecule_file(place, molecule)
    data = read_npz(file, units="rmd17")
    return data if data.published else _with_splits(data, file)


def molecule_file(place: Path | None, molecule: str) -> Path:
    """Return the file of a molecule."""
    name = f"rmd17_{molecule}.npz"
    if place is None:
        raise _missing("no place named", f"{name}, or its folder")
    if place.is_file() and place.suffix != ".npz":
        raise _missing(f"'{place}', which is no npz file", f"{name}, or its folder")
    if place.is_file():
        return place
    found = [file for folder in _PLACES if (file := place / folder / name).is_file()]
    if found:
        return found[0]
    where = ", ".join(f"'{place / folder}'" for folder in _PLACES)
    raise _missing(f"no {name} in {where}" if place.is_dir() else f"nothing at '{place}'", f"{name}, or its folder")


def need_molecule(data: Dataset, molecule: str, file: Path) -> None:
    """Refuse data of another molecule, which would be tabled under a wrong name."""
    formula = FORMULAS[molecule]
    if Counter(data.symbols) != Counter(Formula(formula).count()):
        raise error(
            "data of another molecule",
            found=f"{data.formula} in '{file}'",
            expected=f"{molecule}, {formula}",
            help="name the file of this molecule, or a folder with the files of all",
        )


def _with_splits(data: Dataset, file: Path) -> Dataset:
    splits = _read_splits(file, len(data))
    used = np.unique([row for split in splits for row in (*split.train, *split.test)])
    with opened(file) as archive:
        frame = array_in(file, archive, "old_indices") if "old_indices" in archive.files else np.arange(len(data))
    rows: NDArray[np.int64] = used[np.argsort(frame[used], kind="stable")]
    place = {int(row): number for number, row in enumerate(rows)}
    published = tuple(
        PublishedSplit(*(tuple(place[row] for row in part) for part in (split.train, split.test))) for split in splits
    )
    return replace(data.subset(rows.tolist()), published=published)


def _read_splits(file: Path, frames: int) -> tuple[PublishedSplit, ...]:
    folders = [folder for above in list(file.absolute().parents)[:2] if (folder := above / "splits").is_dir()]
    if not folders:
        raise _missing(f"'{file}', without splits inside, and no folder 'splits' beside or above", "splits")
    splits = []
    for number in range(1, SPLITS + 1):
        parts = [_indices(folders[0] / f"index_{part}_{number:02}.csv", frames) for part in ("train", "test")]
        try:
            splits.append(PublishedSplit(*parts))
        except QffcError as problem:
            place = f"{folders[0]}, split {number}"
            raise QffcError(replace(problem.diagnostic, where=place)) from None
    return tuple(splits)


def _indices(file: Path, frames: int) -> tuple[int, ...]:
    """The rows of the archive in a file of a split: one in a line, counted from 0."""
    if not file.is_file():
        raise _missing(f"no '{file}'", f"{file.name}, and the other files of splits")
    words = file.read_text(encoding="utf-8").split()
    wrong = [word for word in words if not (word.isdecimal() and int(word) < frames)]
    if words and not wrong:
        return tuple(map(int, words))
    raise error(
        "split that cannot be read",
        found=f"'{wrong[0]}'" if wrong else "no rows",
        expected=f"rows of the molecule's file, 0 to {frames - 1}, one in a line",
        help=f"unpack the archive again: {ARCHIVE}",
        where=str(file),
    )


def _missing(found: str, expected: str) -> QffcError:
    return error(
        "data of rMD17 that are not there",
        found=found,
        expected=expected,
        help=f"get rmd17.tar.bz2 from {ARCHIVE}, unpack it and name the folder with --data",
    )
