"""In which units the numbers of a file make a molecule: a proposal for people, who declare them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from qffc.data.bonds import bond_ratio
from qffc.data.dataset import Dataset
from qffc.data.file_names import ALL
from qffc.data.molecules import molecule_in, read_molecules
from qffc.ir.diagnostics import QffcError
from qffc.units import energy_to_ev

_CANDIDATES = ("rmd17", "ase", "atomic", "Hartree, Angstrom", "kJ/mol, Angstrom", "Rydberg, Bohr")
_BONDS = (0.75, 1.35)
_FORCES = (0.1, 15.0)
_ENERGIES = (0.9, 1.15)
_HARTREE_OF_ATOM = 0.5
_GROWTH = 2.39


def guessed_units(path: str | Path, keys: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the declarations of units in which a file looks like a molecule, the likeliest alone where one is.

    Bonds must be as long as covalent radii say, forces as large as at some hundred Kelvin; where the energies are those
    of all electrons in one unit, that unit is taken.

    Args:
        path: a data file that declares no units, or ``FILE:FORMULA`` of one.
        keys: keys in the file by role; see :func:`qffc.data.read`.

    Returns:
        Declarations as :func:`qffc.units.data_units` takes them; none where nothing fits.

    Raises:
        QffcError: the file cannot be read in any unit.
    """
    file, formula = molecule_in(str(path)) or (path, ALL)
    fitting, sure, problems = [], [], []
    for units in _CANDIDATES:
        try:
            sets = read_molecules(file, units, keys, formula=formula, energies_alone=True).sets
        except QffcError as problem:
            problems.append(problem)
            continue
        if not sets or not all(map(_looks_like_a_molecule, sets)):
            continue
        fitting.append(units)
        if all(map(_has_all_electrons, sets)):
            sure.append(units)
    if len(problems) == len(_CANDIDATES):
        raise problems[0]
    return tuple(sure if len(sure) == 1 else fitting)


def energy_of_electrons(data: Dataset) -> float:
    """Return about what all electrons of the separate atoms bind: -0.5 Hartree Z^2.39 each, within a tenth, in eV.

    Example:
        >>> from qffc.data import load_embedded
        >>> round(energy_of_electrons(load_embedded("water")), -1)
        -1990.0
    """
    return -energy_to_ev(_HARTREE_OF_ATOM, "Hartree") * float(np.sum(data.numbers.astype(float) ** _GROWTH))


def _has_all_electrons(data: Dataset) -> bool:
    return _ENERGIES[0] < float(np.median(data.energies)) / energy_of_electrons(data) < _ENERGIES[1]


def _looks_like_a_molecule(data: Dataset) -> bool:
    force = float(np.sqrt(np.mean(np.sum(data.forces**2, axis=-1))))
    bonds = len(data.numbers) < 2 or _BONDS[0] < bond_ratio(data) < _BONDS[1]
    return bonds and (not data.has_forces or _FORCES[0] < force < _FORCES[1])
