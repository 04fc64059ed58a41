"""Data named by text: embedded sets and files; or given as objects."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, cast

from qffc.ir.diagnostics import Diagnostic, QffcWarning, error, quoted
from qffc.ir.given_values import not_a

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ase import Atoms

    from qffc.data import Dataset, Molecules
    from qffc.units import Units

    DataLike = Dataset | str | Path | Atoms | Sequence[Atoms]
    SeveralDataLike = DataLike | Sequence[DataLike]


def datasets_of(
    data: SeveralDataLike, units: str | Units | None = None, keys: Mapping[str, str] | None = None
) -> list[Dataset]:
    """Return the datasets that are meant, one for each molecule.

    Args:
        data: what :func:`dataset_of` takes, or ``FILE:all`` for every molecule in a file; or several of these.
        units: of files.
        keys: names by role, where they are others than usual.

    Raises:
        QffcError: when one of them is no data.

    Example:
        >>> datasets_of(["water", "ammonia"])
        [Dataset('water', OH2, 1000 frames), Dataset('ammonia', NH3, 500 frames)]
    """
    from ase import Atoms

    if isinstance(data, list | tuple) and not all(isinstance(each, Atoms) for each in data):
        several: list[DataLike] = list(data)
    else:
        several = [cast("DataLike", data)]
    found: list[Dataset] = []
    for each in several:
        if isinstance(each, str | Path):
            found += resolve_sets(each, units, keys)
        else:
            found.append(dataset_of(each, units, keys))
    return found


def dataset_of(
    data: DataLike,
    units: str | Units | None = None,
    keys: Mapping[str, str] | None = None,
    *,
    energies_alone: bool = False,
) -> Dataset:
    """Return the dataset that is meant.

    Args:
        data: a dataset, the name of an embedded one, a data file, or objects of ASE with energies and forces; see
            :func:`qffc.data.from_atoms.dataset_of_atoms`.
        units: of a file; of ASE they are known.
        keys: names by role, where they are others than usual.
        energies_alone: take a file without forces, too.

    Raises:
        QffcError: when it is no data, or what it names cannot be read.

    Example:
        >>> dataset_of("water")
        Dataset('water', OH2, 1000 frames)
    """
    from ase import Atoms

    from qffc.data import EMBEDDED, Dataset
    from qffc.data.from_atoms import dataset_of_atoms

    if isinstance(data, Dataset):
        return data
    if isinstance(data, str | Path):
        return resolve_data(data, units, keys, energies_alone=energies_alone)
    frames = [data] if isinstance(data, Atoms) else data
    if isinstance(frames, list | tuple) and all(isinstance(each, Atoms) for each in frames):
        return dataset_of_atoms(frames, units, keys)
    raise not_a(
        "data",
        data,
        f"a Dataset, one of {quoted(EMBEDDED)}, a file .npz, .xyz or .extxyz, or ase.Atoms objects in a list",
        "the objects of ASE need energies and forces, as ase.io.read gives them",
    )


def resolve_data(
    text: str | Path,
    units: str | Units | None = None,
    keys: Mapping[str, str] | None = None,
    *,
    energies_alone: bool = False,
) -> Dataset:
    """Return the dataset that a text names.

    Args:
        text: the name of an embedded dataset, or a file ``.npz``, ``.xyz`` or ``.extxyz``, the latter also packed as
            ``.gz``, ``.db`` or ``.h5``; or ``FILE:FORMULA`` for one molecule of a file that holds several.
        units: of the numbers in a file; see :func:`qffc.units.data_units`.
        keys: names in a file by role, where they are others than usual; see :func:`qffc.data.read`.
        energies_alone: read a file without forces, too, to compare energies.

    Raises:
        QffcError: when there is no such dataset, its units are not declared, it cannot be read, or there are several.

    Example:
        >>> resolve_data("water")
        Dataset('water', OH2, 1000 frames)
    """
    sets = _resolve(text, units, keys, energies_alone).sets
    if len(sets) == 1:
        return sets[0]
    file = str(text).rpartition(":")[0]
    raise error(
        "several molecules where one is meant",
        found=f"'{text}': {quoted(data.formula for data in sets)}" if sets else f"'{text}', which has free atoms alone",
        expected="one molecule",
        help=f"name it as {file}:{sets[0].formula if sets else 'FORMULA'}",
    )


def resolve_sets(
    text: str | Path, units: str | Units | None = None, keys: Mapping[str, str] | None = None
) -> tuple[Dataset, ...]:
    """Return the datasets that a text names: one, or with ``FILE:all`` one for each molecule of a file.

    Args:
        text: as for :func:`resolve_data`, or ``FILE:all``.
        units: of the numbers in a file.
        keys: names in a file by role.

    Raises:
        QffcError: as :func:`resolve_data`, or the file has free atoms alone.

    Warns:
        QffcWarning: the file has free atoms, which make no set; their energies are named as options take them.
    """
    from qffc.data.molecules import spelt_atoms

    found = _resolve(text, units, keys)
    if not found.sets:
        return (resolve_data(text, units, keys),)
    if found.atoms:
        diagnostic = Diagnostic(
            title="free atoms in a data file",
            where=str(text),
            found=f"energies of {quoted(found.atoms)}, which are no molecules to train on",
            expected="their energies as what the reference energies of the model shall be near to",
            help=f"if that is not said yet: --atom-energies {spelt_atoms(found.atoms)}",
        )
        warnings.warn(QffcWarning(diagnostic), stacklevel=2)
    return found.sets


def resolve_molecules(
    text: str | Path, units: str | Units | None = None, keys: Mapping[str, str] | None = None
) -> Molecules:
    """Return all that a file holds, or what ``FILE:FORMULA`` names of it, with or without forces.

    Args:
        text: as for :func:`resolve_data`.
        units: of the numbers in a file.
        keys: names in a file by role.

    Raises:
        QffcError: as :func:`resolve_data`.
    """
    from qffc.data.file_names import ALL, FRAME_SUFFIXES, suffix

    whole = suffix(text) in FRAME_SUFFIXES and Path(text).exists()
    found = _resolve(f"{text}:{ALL}" if whole else text, units, keys, energies_alone=True)
    if not whole or found.atoms or len(found.sets) > 1:
        return found
    return _resolve(text, units, keys, energies_alone=True)  # as training reads it: its atoms have to be in one order


def _resolve(
    text: str | Path, units: str | Units | None, keys: Mapping[str, str] | None, energies_alone: bool = False
) -> Molecules:
    from qffc.data import EMBEDDED, Molecules, load_embedded, read, read_molecules
    from qffc.data.file_names import FILE_FORMS
    from qffc.data.molecules import molecule_in
    from qffc.units import INTERNAL, data_units

    if not isinstance(text, str | Path):
        raise not_a(
            "the name of data", text, f"one of {quoted(EMBEDDED)}, or a file", "qf.train takes objects of ASE too"
        )
    text = str(text)
    declared = None if units is None else data_units(units)
    if text in EMBEDDED:
        if declared not in (None, INTERNAL):
            raise error(
                "units of an embedded dataset",
                found=f"'{declared}' for '{text}'",
                expected=f"no units: '{text}' comes in {INTERNAL}",
                help="leave the units out",
            )
        if keys:
            raise error(
                "keys for an embedded dataset",
                found=f"keys for {quoted(keys)}",
                expected=f"no keys: '{text}' is no file",
                help="leave the keys out",
            )
        return Molecules((load_embedded(text),), {})
    chosen = molecule_in(text)
    if chosen is not None and Path(chosen[0]).exists():
        file, formula = chosen
        return read_molecules(file, declared, keys, formula=formula, energies_alone=energies_alone)
    if not Path(text).exists():
        raise error(
            "no such data",
            found=f"'{text}'",
            expected=f"one of {quoted(EMBEDDED)}, or {FILE_FORMS}",
            help=f"check the path; relative paths start at {Path.cwd()}",
        )
    return Molecules((read(text, declared, keys, energies_alone=energies_alone),), {})
