"""Say so where energies were stored with too few digits for what they shall teach."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike

from qffc.units import Units, energy_to_ev

COARSE = 1e-5
"""From this spacing on (eV), stored energies are called coarse; good models have errors of a few times 1e-4 eV."""


def warn_of_coarse_energies(energies: ArrayLike, units: Units, where: str) -> None:
    """Warn of energies in single or half precision whose neighbouring numbers lie far apart.

    Args:
        energies: as stored, shape (n,), in ``units``.
        units: the units of the file.
        where: the file and its key.

    Example:
        >>> import warnings
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     warn_of_coarse_energies(np.array([-2075.0], dtype=np.float32), Units("eV", "Angstrom"), "water.npz")
        >>> print(caught[0].message)
        water.npz: energies are stored as float32, in steps of 0.24 meV; store them as float64, or without their mean
    """
    array = np.asarray(energies)
    if array.dtype not in (np.float16, np.float32):
        return
    step = energy_to_ev(float(np.spacing(np.abs(array).max())), units.energy)
    if step < COARSE:
        return
    warnings.warn(
        f"{where}: energies are stored as {array.dtype}, in steps of {1000 * step:.2g} meV; "
        "store them as float64, or without their mean",
        stacklevel=2,
    )
