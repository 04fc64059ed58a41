"""Read and write data as npz files (numpy's zip of arrays), in the layouts of rMD17 and MD17."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from qffc.atomic_files import atomic_path
from qffc.data.dataset import Dataset
from qffc.data.source import ROLES, Source, existing_file, units_not_declared
from qffc.data.split import PublishedSplit
from qffc.ir.diagnostics import error, quoted
from qffc.units import INTERNAL, Units, data_units

KNOWN_KEYS = {
    "numbers": ("nuclear_charges", "z", "Z", "numbers", "atomic_numbers"),
    "positions": ("coords", "R", "positions"),
    "energies": ("energies", "E"),
    "forces": ("forces", "F"),
}
"""Keys that are understood without being told, by role: rMD17 first, then sGDML and MD17."""

_PERIODIC_KEYS = ("cell", "cells", "lattice", "pbc")


def read_npz(path: str | Path, units: str | Units | None = None, keys: Mapping[str, str] | None = None) -> Dataset:
    """Read a dataset from an npz file.

    Args:
        path: the file. It holds atomic numbers (N,), positions (n, N, 3), energies (n,) or (n, 1) and forces
            (n, N, 3), under the keys of rMD17 (``nuclear_charges``, ``coords``, ``energies``, ``forces``) or of sGDML
            and MD17 (``z``, ``R``, ``E``, ``F``).
        units: the units of the numbers in the file, as :func:`qffc.units.data_units` takes them: ``"rmd17"`` for
            kcal/mol and Angstrom. May be left out only if the file declares its units itself, in text arrays
            ``units_energy`` and ``units_length`` (and ``units_force``), as files written by :func:`write_npz` do.
        keys: keys in the file by role (``numbers``, ``positions``, ``energies``, ``forces``), where they have other
            names or several would fit.

    Returns:
        The dataset in eV and Angstrom, named by the file's ``name`` entry or else by the file.

    Raises:
        QffcError: the file is missing or no npz; a key is missing, ambiguous or holds Python objects; the units are
            not declared, or declared twice and differently; the numbers are wrong in shape, not finite, or impossible
            in these units; the system is periodic.

    Example:
        >>> import tempfile
        >>> from qffc.data import load_embedded, read_npz, write_npz
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_npz(load_embedded("ammonia"), f"{folder}/ammonia.npz")
        ...     read_npz(f"{folder}/ammonia.npz")
        Dataset('ammonia', NH3, 500 frames)
    """
    file = existing_file(path)
    with _opened(file) as archive:
        found = _keys(file, archive, keys or {})
        _refuse_periodic(file, archive)
        declared = _declared_units(file, archive, units)
        arrays = {role: _array(file, archive, key) for role, key in found.items()}
        if arrays["energies"].ndim == 2 and arrays["energies"].shape[1] == 1:
            arrays["energies"] = arrays["energies"][:, 0]
        name = _text(file, archive, "name") if "name" in archive.files else file.stem
        published = _published(file, archive)
    return replace(Source(file, found, arrays, declared, name or file.stem).dataset(), published=published)


def write_npz(dataset: Dataset, path: str | Path) -> None:
    """Write a dataset to an npz file that declares its units: eV, Angstrom, float64.

    The file appears whole or not at all; a file of this name is replaced.

    Args:
        dataset: the dataset.
        path: the file; its name ends in ``.npz`` and its folder exists.

    Raises:
        QffcError: the name ends otherwise, or the folder does not exist.

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
        "forces": dataset.forces,
        "name": np.array(dataset.name),
        "units_energy": np.array(INTERNAL.energy),
        "units_length": np.array(INTERNAL.length),
        "units_force": np.array(INTERNAL.force),
        "converted_from": np.array(str(dataset.source)),
    }
    with atomic_path(target) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **contents)


@contextmanager
def _opened(file: Path) -> Iterator[NpzFile]:
    with file.open("rb") as stream, _loaded(file, stream) as archive:
        yield archive


def _loaded(file: Path, stream: BinaryIO) -> NpzFile:
    try:
        archive = np.load(stream, allow_pickle=False)
    except Exception as mistake:  # numpy raises whatever its reader stumbles over
        raise error(
            "not an npz file",
            where=str(file),
            found=f"content that numpy cannot open ({str(mistake) or type(mistake).__name__})",
            expected="an npz file: a zip of numpy arrays",
            help="write it with numpy.savez; other formats: extended XYZ",
        ) from None
    if isinstance(archive, NpzFile):
        return archive
    raise error(
        "not an npz file",
        where=str(file),
        found="a single numpy array (npy)",
        expected="an npz file with atomic numbers, positions, energies and forces",
        help="put all four arrays into one file with numpy.savez",
    )


def _keys(file: Path, archive: NpzFile, given: Mapping[str, str]) -> dict[str, str]:
    for role in given:
        if role not in ROLES:
            raise error(
                "unknown role in keys",
                where=str(file),
                found=repr(role),
                expected=f"one of {quoted(ROLES)}",
                help="keys say which key has which role: keys={'energies': 'E_dft'}, or --keys energies=E_dft",
            )
    return {role: _key(file, archive, role, given.get(role)) for role in ROLES}


def _key(file: Path, archive: NpzFile, role: str, given: str | None) -> str:
    wanted = KNOWN_KEYS[role] if given is None else (given,)
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
    more = "; training needs forces, a file with energies alone is refused" if role == "forces" else ""
    raise error(
        f"no {role} in the file",
        where=str(file),
        found=f"the keys {quoted(archive.files)}",
        expected=f"{'one of ' if len(wanted) > 1 else ''}{quoted(wanted)}",
        help=f"if the {role} have another key, name it: keys={{'{role}': ...}}, or --keys {role}=...{more}",
    )


def _array(file: Path, archive: NpzFile, key: str) -> NDArray[np.generic]:
    try:
        array: NDArray[np.generic] = archive[key]
    except Exception as mistake:  # numpy raises whatever its reader stumbles over
        if "allow_pickle" in str(mistake):
            raise error(
                "Python objects in the file",
                where=f"{file}, key {key!r}",
                found="an array of Python objects (pickle)",
                expected="a plain array of numbers",
                help="pickled data can run code when it is read: convert the array with .astype(float), save it again",
            ) from None
        raise error(
            "damaged file",
            where=f"{file}, key {key!r}",
            found=f"an array that cannot be unpacked ({str(mistake) or type(mistake).__name__})",
            expected="an npz file as it was written",
            help="copy or download the file again",
        ) from None
    return array


def _published(file: Path, archive: NpzFile) -> tuple[PublishedSplit, ...]:
    """Splits as the union of rMD17's splits has them: `train_idx` and `test_idx`, (splits, frames) row numbers."""
    if not {"train_idx", "test_idx"} <= set(archive.files):
        return ()
    train, test = (_array(file, archive, key) for key in ("train_idx", "test_idx"))
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


def _text(file: Path, archive: NpzFile, key: str) -> str | None:
    array = _array(file, archive, key)
    return str(array.item()) if array.dtype.kind == "U" and array.size == 1 else None


def _refuse_periodic(file: Path, archive: NpzFile) -> None:
    for key in archive.files:
        if key.lower() in _PERIODIC_KEYS and np.any(_array(file, archive, key)):
            raise error(
                "periodic systems are not supported",
                where=f"{file}, key {key!r}",
                found="a cell or periodic boundaries",
                expected="a molecule in a vacuum",
                help="use isolated molecules; a cell is refused, never ignored",
            )


def _declared_units(file: Path, archive: NpzFile, given: str | Units | None) -> Units:
    own = _own_units(file, archive)
    if given is None:
        if own is None:
            raise units_not_declared(file)
        return own
    declared = data_units(given)
    if own is not None and own != declared:
        raise error(
            "two declarations of units",
            where=str(file),
            found=f"{declared} given, {own} in the file",
            expected="the same units",
            help="leave the units out to use those in the file, or mend the file",
        )
    return declared


def _own_units(file: Path, archive: NpzFile) -> Units | None:
    present = [key for key in ("units_energy", "units_length", "units_force") if key in archive.files]
    if not present:
        return None
    own = {key: _text(file, archive, key) for key in present}
    energy, length = own.get("units_energy"), own.get("units_length")
    if energy is None or length is None or None in own.values():
        raise error(
            "incomplete declaration of units",
            where=str(file),
            found=", ".join(f"{key} = {value!r}" for key, value in own.items()),
            expected="units_energy and units_length, each one text (units_force is optional)",
            help="store both as text arrays, such as numpy.array('kcal/mol')",
        )
    return Units(energy, length, own.get("units_force") or "")
