"""HDF5 files in the form of the ANI data sets: groups of conformations of one molecule each.

ANI-1 has ``species``, ``coordinates`` and ``energies`` in each group, ANI-1x ``atomic_numbers``, ``coordinates`` and
labels such as ``wb97x_dz.energy`` and ``wb97x_dz.forces``. Neither says its units.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qffc.data.extras import need_package
from qffc.data.periodic import refuse_periodic, says_periodic
from qffc.data.xyz_frames import Frame
from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.ir.elements import SYMBOLS
from qffc.ir.telling import tell

if TYPE_CHECKING:
    from ase import Atoms

_NUMBERS, _SYMBOLS, _POSITIONS = "atomic_numbers", "species", "coordinates"


def h5_frames(file: Path) -> Iterator[Frame]:
    """Yield the conformations of a file, group by group.

    Labels keep their names, so that ``--keys energies=wb97x_dz.energy`` finds them; ``energies`` are also the
    ``energy`` that is looked for. A label that is not a number (ANI-1x has none for some conformations) is left out.

    Args:
        file: HDF5.

    Raises:
        QffcError: the extra ``h5`` is not installed, it cannot be read, or a group has no conformations that fit.
    """
    h5py = need_package("h5py", "h5", "files in HDF5")
    try:
        archive = h5py.File(file, "r")
    except OSError as mistake:
        raise _unreadable(file, f"content that h5py cannot open ({mistake})") from None
    index = 0
    with archive:
        groups: list[str] = []
        archive.visititems(
            lambda name, entry: groups.append(name) if _POSITIONS in getattr(entry, "keys", list)() else None
        )
        for done, name in enumerate(groups):
            tell("reading molecules:", done, len(groups))
            arrays = {key: np.asarray(entry) for key, entry in archive[name].items()}
            refuse_periodic(
                {key: value for key, value in arrays.items() if says_periodic(key)}, f"{file}, group {name}"
            )
            for frame in _conformations(file, name, arrays):
                yield Frame(file, index, 0, *frame)
                index += 1
    tell("")


def _conformations(
    file: Path, name: str, arrays: dict[str, NDArray[np.generic]]
) -> Iterator[tuple[dict[str, object], Atoms]]:
    from ase import Atoms

    numbers, positions = _numbers(file, name, arrays), arrays[_POSITIONS]
    count, atoms = len(positions), len(numbers)
    if positions.shape != (count, atoms, 3):
        raise _unreadable(file, f"group {name}: {_POSITIONS} of shape {positions.shape} for {atoms} atoms")
    labels = {key: array for key, array in arrays.items() if key != _POSITIONS and array.dtype.kind in "fiu"}
    scalars = {key: array for key, array in labels.items() if array.shape == (count,)}
    vectors = {key: array for key, array in labels.items() if array.shape == (count, atoms, 3)}
    for index in range(count):
        header: dict[str, object] = {key: array[index] for key, array in scalars.items() if np.isfinite(array[index])}
        if "energies" in header:
            header.setdefault("energy", header["energies"])
        frame = Atoms(numbers, positions=positions[index].astype(np.float64))
        for key, array in vectors.items():
            frame.set_array(key, array[index])  # type: ignore[no-untyped-call]  # of ASE
        yield header, frame


def _numbers(file: Path, name: str, arrays: dict[str, NDArray[np.generic]]) -> NDArray[np.generic]:
    if _NUMBERS in arrays:
        return arrays[_NUMBERS]
    if _SYMBOLS not in arrays:
        raise _unreadable(file, f"group {name} with {quoted(arrays)}")
    symbols = [each.decode() if isinstance(each, bytes) else str(each) for each in arrays[_SYMBOLS].tolist()]
    unknown = [symbol for symbol in symbols if symbol not in SYMBOLS]
    if unknown:
        raise _unreadable(file, f"group {name} with the elements {quoted(unknown)}")
    return np.array([SYMBOLS.index(symbol) + 1 for symbol in symbols])


def _unreadable(file: Path, found: str) -> QffcError:
    return error(
        "not HDF5 in the form of ANI",
        where=str(file),
        found=found,
        expected=f"groups with {_POSITIONS} (n, N, 3), {_SYMBOLS} or {_NUMBERS} (N,), and energies (n,)",
        help="write it with h5py in this form, or convert it to extended XYZ",
    )
