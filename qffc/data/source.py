"""From raw arrays of a file to a checked dataset: units, checks, and messages that name the file and its keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qffc.data.checks import real_array
from qffc.data.dataset import Dataset
from qffc.data.plausible import check_plausible
from qffc.data.resolution import warn_of_coarse_energies
from qffc.data.split import PublishedSplit
from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.units import PRESETS, Units, energy_to_ev, force_to_ev_per_angstrom, length_to_angstrom

UNDECLARED = "unit not declared"
"""The title of the refusal of a file without units."""

ROLES = ("numbers", "positions", "energies", "forces")
"""What a dataset is made of; every file format has its own key for each."""
CELL_ROLES = ("cells", "pbc", "stresses")
"""What frames in cells have besides."""


@dataclass(frozen=True)
class Source:
    """Raw arrays as a file has them, with what is needed to speak about them.

    Args:
        path: the file.
        keys: role to key in the file.
        arrays: role to raw array, in ``units``; that of forces may be missing, and those of cells. Stresses are in the
            unit of energy by that of length cubed.
        units: the declared units.
        name: name of the dataset.
        published: splits that come with the data.
        rows: the number of each frame in the file; its place where they are left out.

    Example:
        >>> h2 = {
        ...     "numbers": [1, 1],
        ...     "positions": [[[0, 0, 0], [0, 0, 1.4]]],
        ...     "energies": [-1.16],
        ...     "forces": [[[0, 0, 0], [0, 0, 0]]],
        ... }
        >>> Source(Path("h2.npz"), {}, h2, Units("Hartree", "Bohr"), "h2").dataset().positions[0, 1, 2].round(3)
        np.float64(0.741)
    """

    path: Path
    keys: Mapping[str, str]
    arrays: Mapping[str, ArrayLike]
    units: Units
    name: str
    published: tuple[PublishedSplit, ...] = ()
    rows: tuple[int, ...] = ()

    def dataset(self) -> Dataset:
        """Return the dataset in eV and Angstrom.

        Returns:
            The dataset, checked; its numbers are those that its units make plausible.

        Raises:
            QffcError: a check fails; names the file, the key, the frame and the atom.
        """
        try:
            dataset = Dataset(
                self.arrays["numbers"],  # type: ignore[arg-type]  # checked and converted on construction
                length_to_angstrom(real_array(self.arrays["positions"], "positions"), self.units.length),
                energy_to_ev(real_array(self.arrays["energies"], "energies"), self.units.energy),
                self._forces(),  # type: ignore[arg-type]  # None becomes zeros on construction
                name=self.name,
                source=self.units,
                published=self.published,
                **self._cells(),
            )
            check_plausible(dataset)
        except QffcError as mistake:
            raise QffcError(replace(mistake.diagnostic, where=self._place(mistake.diagnostic.where))) from None
        warn_of_coarse_energies(self.arrays["energies"], self.units, self._place("energies"))
        return dataset

    def _forces(self) -> NDArray[np.float64] | None:
        if "forces" not in self.arrays:
            return None
        return force_to_ev_per_angstrom(real_array(self.arrays["forces"], "forces"), self.units.force)

    def _cells(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if "cells" in self.arrays:
            found["cells"] = length_to_angstrom(real_array(self.arrays["cells"], "cells"), self.units.length)
        if "pbc" in self.arrays:
            found["pbc"] = self.arrays["pbc"]
        if "stresses" in self.arrays:
            by_volume = length_to_angstrom(1.0, self.units.length) ** 3
            stored = real_array(self.arrays["stresses"], "stresses")
            found["stresses"] = energy_to_ev(stored, self.units.energy) / by_volume
        return found

    def _place(self, where: str | None) -> str:
        role, _, rest = (where or "").partition(", ")
        if self.rows:
            rest = re.sub(r"(?<=frame )\d+", lambda found: str(self.rows[int(found[0])]), rest)
        key = self.keys.get(role, role)
        return ", ".join(part for part in (str(self.path), f"key {key!r}", rest) if part)


def existing_file(path: str | Path) -> Path:
    """Return the path of a file that exists.

    Args:
        path: path of a file.

    Returns:
        The path.

    Raises:
        QffcError: there is no such file.

    Example:
        >>> existing_file("no_such_file.npz")
        Traceback (most recent call last):
        ...
        qffc.ir.diagnostics.QffcError: error: no such file
        ...
    """
    file = Path(path)
    if file.is_file():
        return file
    raise error(
        "no such file",
        where=str(file),
        found="a folder" if file.is_dir() else "nothing at this path",
        expected="a data file",
        help=f"check the path; relative paths start at {Path.cwd()}",
    )


def units_not_declared(path: Path) -> QffcError:
    """Return the refusal of a file whose units nobody declared.

    Args:
        path: the file.

    Returns:
        The error, to be raised.

    Example:
        >>> units_not_declared(Path("ethanol.npz")).diagnostic.title
        'unit not declared'
    """
    return error(
        UNDECLARED,
        where=str(path),
        found="no units in the file and none given",
        expected=f"units: one of {quoted(PRESETS)}, or 'energy unit, length unit' such as 'kcal/mol, Angstrom'",
        help="say units='rmd17', or --units rmd17, for rMD17 and MD17 (kcal/mol, Angstrom); units are never guessed, "
        "but 'qffc data info' says which fit",
    )
