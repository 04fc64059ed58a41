"""Read and write data as npz files (numpy's zip of arrays), in the layouts of rMD17 and MD17."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from qffc.atomic_files import atomic_path
from qffc.data.archive import array_in, opened, refuse_periodic_archive, text_in
from qffc.data.dataset import Dataset
from qffc.data.declared_units import declared_units, quantity_of
from qffc.data.source import CELL_ROLES, ROLES, Source, existing_file
from qffc.data.split import PublishedSplit
from qffc.ir.diagnostics import error, quoted
from qffc.units import INTERNAL, Units

KNOWN_KEYS = {
    "numbers": ("nuclear_charges", "z", "Z", "numbers", "atomic_numbers"),
    "positions": ("coords", "R", "positions"),
    "energies": ("energies", "E"),
    "forces": ("forces", "F"),
}
"""Keys that are understood without being told, by role: rMD17 first, then sGDML and MD17."""

KNOWN_CELL_KEYS = {"cells": ("cells", "cell", "lattice"), "pbc": ("pbc",), "stresses": ("stresses", "stress")}
"""The same of what frames in cells have besides; ``lattice`` is that of sGDML."""

_SPLIT_KEYS = {"train_idx": "train", "test_idx": "test"}


def read_npz(
    path: str | Path,
    units: str | Units | None = None,
    keys: Mapping[str, str] | None = None,
    *,
    energies_alone: bool = False,
) -> Dataset:
    """Read a dataset from an npz file.

    Args:
        path: the file. It holds atomic numbers (N,), or (n, N) with equal rows, positions (n, N, 3), energies (n,) or
            (n, 1) and forces (n, N, 3), under the keys of rMD17 (``nuclear_charges``, ``coords``, ``energies``,
            ``forces``) or of sGDML and MD17 (``z``, ``R``, ``E``, ``F``). Frames in cells have ``cells`` (n, 3, 3) or
            (3, 3), vectors in rows, and may have ``pbc`` (n, 3) or (3,), else all boundaries are taken as periodic
            (``Dataset.pbc_assumed``), and ``stresses`` (n, 3, 3) or (n, 6). The one ``lattice`` of sGDML is
            read where rows and columns are the same.
        units: the units of the numbers in the file, as :func:`qffc.units.data_units` takes them: ``"rmd17"`` for
            kcal/mol and Angstrom. May be left out only if the file declares its units itself, in text arrays
            ``units_energy`` and ``units_length`` (and ``units_force``), as files written by :func:`write_npz` do, or
            ``e_unit`` and ``r_unit``, as those of sGDML. What is declared twice must agree.
        keys: keys in the file by role (``numbers``, ``positions``, ``energies``, ``forces``), where they have other
            names or several would fit.
        energies_alone: read a file without forces, too, to compare energies.

    Returns:
        The dataset in eV and Angstrom, named by the file's ``name`` entry or else by the file.

    Raises:
        QffcError: the file is missing or no npz; a key is missing, ambiguous or holds Python objects; the units are
            not declared, or declared twice and differently; the numbers are wrong in shape, not finite, or impossible
            in these units; half of a published split is there, or frames of it are not; a cell stands under another
            name, or is none.

    Example:
        >>> import tempfile
        >>> from qffc.data import load_embedded, read_npz, write_npz
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_npz(load_embedded("ammonia"), f"{folder}/ammonia.npz")
        ...     read_npz(f"{folder}/ammonia.npz")
        Dataset('ammonia', NH3, 500 frames)
    """
    file = existing_file(path)
    with opened(file) as archive:
        found = _keys(file, archive, keys or {}, energies_alone)
        boxes = _cell_keys(file, archive, keys or {})
        refuse_periodic_archive(file, archive, read=boxes.values())
        texts = {key: text_in(file, archive, key) for key in archive.files if quantity_of(key)}
        declared = declared_units(texts, units, file, str(file))
        arrays = {role: array_in(file, archive, key) for role, key in found.items()}
        if arrays["energies"].ndim == 2 and arrays["energies"].shape[1] == 1:
            arrays["energies"] = arrays["energies"][:, 0]
        cells = _cells(file, archive, boxes)
        name = text_in(file, archive, "name") if "name" in archive.files else file.stem
        published = _published(file, archive)
    return Source(file, found | boxes, arrays | cells, declared, name or file.stem, published).dataset()


def write_npz(dataset: Dataset, path: str | Path) -> None:
    """Write a dataset to an npz file that declares its units: eV, Angstrom, float64; with its published splits.

    The file appears whole or not at all; a file of this name is replaced.

    Args:
        dataset: the dataset.
        path: the file; its name ends in ``.npz`` and its folder exists.

    Raises:
        QffcError: the name ends otherwise, the folder does not exist, or published splits differ in their sizes.

    Example:
        >>> import tempfile
        >>> from qffc.data import load_embedded, read_npz, write_npz
        >>> water = load_embedded("water")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_npz(water, f"{folder}/water.npz")
        ...     read_npz(f"{folder}/water.npz").fingerprint == water.fingerprint
        True
    """
    target = Path(path)
    if target.suffix != ".npz":
        raise error(
            "not a name for an npz file",
            where=str(target),
            found=f"the suffix {target.suffix!r}",
            expected="'.npz'",
            help="qffc writes data as npz; end the name in .npz",
        )
    if not target.parent.is_dir():
        raise error(
            "no such folder",
            where=str(target),
            found=f"no folder {str(target.parent)!r}",
            expected="an existing folder",
            help="make the folder first",
        )
    contents: dict[str, NDArray[np.generic]] = {
        "nuclear_charges": dataset.numbers.astype(np.uint8),
        "coords": dataset.positions,
        "energies": dataset.energies,
        **({"forces": dataset.forces} if dataset.has_forces else {}),
        **{role: values for role in CELL_ROLES if (values := getattr(dataset, role)) is not None},
        "name": np.array(dataset.name),
        "units_energy": np.array(INTERNAL.energy),
        "units_length": np.array(INTERNAL.length),
        "units_force": np.array(INTERNAL.force),
        "converted_from": np.array(str(dataset.source)),
    }
    contents |= _split_arrays(dataset, target)
    with atomic_path(target) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **contents)


def _keys(file: Path, archive: NpzFile, given: Mapping[str, str], energies_alone: bool) -> dict[str, str]:
    for role in given:
        if role not in (*ROLES, *CELL_ROLES):
            raise error(
                "unknown role in keys",
                where=str(file),
                found=repr(role),
                expected=f"one of {quoted((*ROLES, *CELL_ROLES))}",
                help="keys say which key has which role: keys={'energies': 'E_dft'}, or --keys energies=E_dft",
            )
    alone = energies_alone and "forces" not in given and not set(KNOWN_KEYS["forces"]) & set(archive.files)
    roles = [role for role in ROLES if role != "forces"] if alone else ROLES
    return {role: _key(file, archive, role, given.get(role)) for role in roles}


def _cell_keys(file: Path, archive: NpzFile, given: Mapping[str, str]) -> dict[str, str]:
    """Keys of what frames in cells have; none where nothing says that they are in cells."""
    there = {role for role, known in KNOWN_CELL_KEYS.items() if role in given or set(known) & set(archive.files)}
    found = {role: _key(file, archive, role, given.get(role)) for role in CELL_ROLES if role in there}
    if "pbc" in found and array_in(file, archive, found["pbc"]).dtype.kind not in "biu":
        return {}  # words, which are not read: they are refused, or say that all is open
    periodic = "cells" in found and bool(np.any(array_in(file, archive, found["cells"])))
    open_ = "pbc" in found and not np.any(array_in(file, archive, found["pbc"]))
    return found if periodic and not open_ else {}


def _cells(file: Path, archive: NpzFile, keys: Mapping[str, str]) -> dict[str, NDArray[np.generic]]:
    arrays = {role: array_in(file, archive, key) for role, key in keys.items()}
    lattice = arrays.get("cells")
    if keys.get("cells") == "lattice" and lattice is not None and not np.array_equal(lattice, lattice.T):
        raise error(
            "lattice whose vectors may stand in rows or in columns",
            where=f"{file}, key 'lattice'",
            found=" ".join(str(lattice.tolist()).split()),
            expected="a matrix that is the same either way: programs write both under this name",
            help="save the cell as 'cells', (3, 3) or (n, 3, 3), with its vectors in rows",
        )
    return arrays


def _key(file: Path, archive: NpzFile, role: str, given: str | None) -> str:
    wanted = (KNOWN_KEYS | KNOWN_CELL_KEYS)[role] if given is None else (given,)
    present = [key for key in wanted if key in archive.files]
    if len(present) == 1:
        return present[0]
    if present:
        raise error(
            f"ambiguous key for {role}",
            where=str(file),
            found=f"the keys {quoted(present)}",
            expected="one of them only",
            help=f"say which one is meant: keys={{'{role}': '{present[0]}'}}, or --keys {role}={present[0]}",
        )
    more = "; training needs forces, a file with energies alone can be evaluated only" if role == "forces" else ""
    raise error(
        f"no {role} in the file",
        where=str(file),
        found=f"the keys {quoted(archive.files)}",
        expected=f"{'one of ' if len(wanted) > 1 else ''}{quoted(wanted)}",
        help=f"if the {role} have another key, name it: keys={{'{role}': ...}}, or --keys {role}=...{more}"
        if given is None
        else f"name the one of these keys that holds the {role}, or none for the usual ones",
    )


def _split_arrays(dataset: Dataset, target: Path) -> dict[str, NDArray[np.generic]]:
    if not dataset.published:
        return {}
    parts = {key: [getattr(split, role) for split in dataset.published] for key, role in _SPLIT_KEYS.items()}
    if any(len({len(rows) for rows in several}) > 1 for several in parts.values()):
        sizes = ", ".join(f"{len(split.train)} + {len(split.test)}" for split in dataset.published)
        raise error(
            "published splits that cannot be written",
            where=str(target),
            found=f"splits of {sizes} frames",
            expected="as many frames in each split: they are rows of two arrays",
            help="write one split for each file: dataclasses.replace(dataset, published=(split,))",
        )
    return {key: np.array(several, dtype=np.int64) for key, several in parts.items()}


def _published(file: Path, archive: NpzFile) -> tuple[PublishedSplit, ...]:
    """Splits as the union of rMD17's splits has them: `train_idx` and `test_idx`, (splits, frames) row numbers."""
    there = [key for key in _SPLIT_KEYS if key in archive.files]
    if not there:
        return ()
    if len(there) < len(_SPLIT_KEYS):
        raise error(
            "half of a published split",
            where=str(file),
            found=f"the key '{there[0]}' alone",
            expected=f"{quoted(_SPLIT_KEYS)}, or neither",
            help="add the other key, or leave both out and draw a split: --train, --validation, --test",
        )
    train, test = (array_in(file, archive, key) for key in _SPLIT_KEYS)
    if train.ndim != 2 or test.ndim != 2 or len(train) != len(test) or {train.dtype.kind, test.dtype.kind} - {*"iu"}:
        raise error(
            "splits that cannot be read",
            where=f"{file}, keys 'train_idx' and 'test_idx'",
            found=f"shapes {train.shape} and {test.shape}, dtypes {train.dtype} and {test.dtype}",
            expected="whole numbers, (splits, frames) each, as many splits in both",
            help="leave both keys out, or write one row of frame numbers for each split",
        )
    return tuple(
        PublishedSplit(tuple(map(int, first)), tuple(map(int, second)))
        for first, second in zip(train, test, strict=True)
    )
