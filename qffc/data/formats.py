"""Read any data file, by the ending of its name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qffc.data.dataset import Dataset
from qffc.data.file_names import DATA_SUFFIXES, FRAME_SUFFIXES, suffix
from qffc.data.npz import read_npz
from qffc.data.source import existing_file
from qffc.data.stress_labels import StressKeys
from qffc.data.xyz import XyzLabels, read_xyz
from qffc.ir.diagnostics import error, quoted
from qffc.units import Units

_XYZ_KEYS: dict[str, str | None] = {"energies": "energy", "forces": "forces", "stresses": None, "virials": None}


def read(
    path: str | Path,
    units: str | Units | None = None,
    keys: Mapping[str, str] | None = None,
    *,
    energies_alone: bool = False,
) -> Dataset:
    """Read a dataset from a file.

    That is ``.npz``, extended XYZ (``.xyz``, ``.extxyz``, and packed with ``.gz``), a database of ASE (``.db``), or
    HDF5 as the ANI sets have it (``.h5``, ``.hdf5``, which needs the extra ``h5``).

    Capitals in the ending do not count.

    Args:
        path: the file.
        units: the units of the numbers in the file, as :func:`qffc.units.data_units` takes them.
        keys: keys in the file by role; for npz see :func:`qffc.data.read_npz`, for others ``energies``, ``forces``,
            ``stresses`` and ``virials``.
        energies_alone: read a file without forces, too, to compare energies.

    Returns:
        The dataset in eV and Angstrom.

    Raises:
        QffcError: the ending is unknown, a role has no key in this format, or the reader of the format refuses.

    Example:
        >>> import tempfile
        >>> from qffc.data import load_embedded, read, write_npz
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_npz(load_embedded("water"), f"{folder}/water.npz")
        ...     read(f"{folder}/water.npz")
        Dataset('water', OH2, 1000 frames)
    """
    file = existing_file(path)
    if suffix(file) == ".npz":
        return read_npz(file, units=units, keys=keys, energies_alone=energies_alone)
    if suffix(file) in FRAME_SUFFIXES:
        named = labels_named(file, keys or {}, energies_alone=energies_alone)
        return read_xyz(
            file, units, named.energy_key, named.forces_key, stress_keys=named.stress, energies_alone=energies_alone
        )
    raise error(
        "unknown kind of data file",
        where=str(file),
        found=f"the suffix {suffix(file)!r}",
        expected=f"one of {quoted(DATA_SUFFIXES)}",
        help="convert the file to extended XYZ, for example with ASE",
    )


def labels_named(file: Path, keys: Mapping[str, str], *, energies_alone: bool = False) -> XyzLabels:
    """Return where the labels stand in a file of frames.

    Args:
        file: for messages.
        keys: by role, where they are others than usual.
        energies_alone: whether there may be no forces.

    Raises:
        QffcError: another role has a key.

    Example:
        >>> labels_named(Path("water.xyz"), {"energies": "E_dft"}).energy_key
        'E_dft'
    """
    for role in keys:
        if role not in _XYZ_KEYS:
            raise error(
                "unknown role in keys",
                where=str(file),
                found=repr(role),
                expected=f"one of {quoted(_XYZ_KEYS)} for a file of frames, such as XYZ",
                help="species and positions have fixed names there",
            )
    chosen = {**_XYZ_KEYS, **keys}
    stress = StressKeys(chosen["stresses"], chosen["virials"])
    return XyzLabels(str(chosen["energies"]), str(chosen["forces"]), energies_alone, stress)
