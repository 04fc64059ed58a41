"""Units of data files: the only place with conversion constants. Inside qffc: eV and Angstrom.

One kcal/mol is 0.0433641 eV, the six digits that results on rMD17 are published with. The value from the 2018 CODATA
constants, 4184 J / (N_A e) = 0.04336410 eV, agrees with it to 1e-7; 1 kcal = 4.184 kJ exactly (thermochemical calorie).
Hartree and Bohr are the 2018 CODATA values.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import error, quoted
from qffc.ir.given_values import not_a

_KCAL_MOL_IN_EV = 0.0433641
_KJ_IN_KCAL = 4.184
_HARTREE_IN_EV = 27.211386245988

_ENERGY_IN_EV = {
    "eV": 1.0,
    "meV": 1e-3,
    "kcal/mol": _KCAL_MOL_IN_EV,
    "kJ/mol": _KCAL_MOL_IN_EV / _KJ_IN_KCAL,
    "Hartree": _HARTREE_IN_EV,
    "Rydberg": _HARTREE_IN_EV / 2,
}
_LENGTH_IN_ANGSTROM = {"Angstrom": 1.0, "Bohr": 0.529177210903}
_FORCE_IN_EV_PER_ANGSTROM = {
    f"{energy}/{length}": in_ev / in_angstrom
    for energy, in_ev in _ENERGY_IN_EV.items()
    for length, in_angstrom in _LENGTH_IN_ANGSTROM.items()
}

ENERGY_UNITS = tuple(_ENERGY_IN_EV)
"""Names of the energy units."""
LENGTH_UNITS = tuple(_LENGTH_IN_ANGSTROM)
"""Names of the length units."""
FORCE_UNITS = tuple(_FORCE_IN_EV_PER_ANGSTROM)
"""Names of the force units: every energy unit over every length unit."""


def _factor(unit: str, table: dict[str, float], quantity: str) -> float:
    if unit in table:
        return table[unit]
    lowered = {name.lower(): name for name in reversed(table)}
    close = difflib.get_close_matches(str(unit).lower(), lowered, n=1)
    suggestion = f"did you mean {lowered[close[0]]!r}? " if close else ""
    raise error(
        f"unknown {quantity} unit",
        found=repr(unit),
        expected=f"one of {quoted(table)}",
        help=f"{suggestion}units are spelt exactly as listed, capitals included",
    )


@dataclass(frozen=True)
class Units:
    """The units that the numbers of a file are in.

    Args:
        energy: one of ``ENERGY_UNITS``.
        length: one of ``LENGTH_UNITS``.
        force: one of ``FORCE_UNITS``; left out, it is energy over length.

    Raises:
        QffcError: a unit is unknown.

    Example:
        >>> Units("kcal/mol", "Angstrom").force
        'kcal/mol/Angstrom'
        >>> Units("eV", "Angstrom", force="Hartree/Bohr").force
        'Hartree/Bohr'
    """

    energy: str
    length: str
    force: str = ""

    def __post_init__(self) -> None:
        _factor(self.energy, _ENERGY_IN_EV, "energy")
        _factor(self.length, _LENGTH_IN_ANGSTROM, "length")
        if not self.force:
            object.__setattr__(self, "force", f"{self.energy}/{self.length}")
        _factor(self.force, _FORCE_IN_EV_PER_ANGSTROM, "force")

    def __str__(self) -> str:
        return f"{self.energy}, {self.length}, {self.force}"


INTERNAL = Units("eV", "Angstrom")
"""The units inside qffc."""

PRESETS = {"rmd17": Units("kcal/mol", "Angstrom"), "ase": INTERNAL, "atomic": Units("Hartree", "Bohr")}
"""Short names for common declarations: ``rmd17`` (kcal/mol), ``ase`` (eV), ``atomic`` (Hartree, Bohr)."""


def data_units(declaration: str | Units) -> Units:
    """Return the units that a declaration means.

    Args:
        declaration: a :class:`Units`, the name of a preset, or the units in one text, separated by commas:
            energy, length and, if it is not energy over length, force.

    Returns:
        The units.

    Raises:
        QffcError: the text is neither a preset nor two or three known units.

    Example:
        >>> data_units("rmd17")
        Units(energy='kcal/mol', length='Angstrom', force='kcal/mol/Angstrom')
        >>> data_units("eV, Bohr").force
        'eV/Bohr'
    """
    if isinstance(declaration, Units):
        return declaration
    if not isinstance(declaration, str):
        raise not_a("units", declaration, f"one of {quoted(PRESETS)}, or such as 'eV, Angstrom'", "name them")
    if declaration in PRESETS:
        return PRESETS[declaration]
    names = [name.strip() for name in declaration.split(",")]
    if len(names) not in (2, 3):
        raise error(
            "unknown declaration of units",
            found=repr(declaration),
            expected=f"one of {quoted(PRESETS)}, or 'energy unit, length unit' such as 'kcal/mol, Angstrom'",
            help="name the units that the numbers in the file are in",
        )
    return Units(*names)


@overload
def energy_to_ev(x: float, unit: str) -> float: ...
@overload
def energy_to_ev(x: NDArray[np.floating], unit: str) -> NDArray[np.float64]: ...
def energy_to_ev(x: float | NDArray[np.floating], unit: str) -> float | NDArray[np.float64]:
    """Convert energies to eV.

    Args:
        x: energies in ``unit``, any shape.
        unit: one of ``ENERGY_UNITS``.

    Returns:
        Energies in eV, the same shape, float64.

    Raises:
        QffcError: the unit is unknown.

    Example:
        >>> energy_to_ev(1.0, "kcal/mol")
        0.0433641
    """
    return _times(x, _factor(unit, _ENERGY_IN_EV, "energy"))


@overload
def length_to_angstrom(x: float, unit: str) -> float: ...
@overload
def length_to_angstrom(x: NDArray[np.floating], unit: str) -> NDArray[np.float64]: ...
def length_to_angstrom(x: float | NDArray[np.floating], unit: str) -> float | NDArray[np.float64]:
    """Convert lengths to Angstrom.

    Args:
        x: lengths in ``unit``, any shape.
        unit: one of ``LENGTH_UNITS``.

    Returns:
        Lengths in Angstrom, the same shape, float64.

    Raises:
        QffcError: the unit is unknown.

    Example:
        >>> length_to_angstrom(2.0, "Bohr")
        1.058354421806
    """
    return _times(x, _factor(unit, _LENGTH_IN_ANGSTROM, "length"))


@overload
def force_to_ev_per_angstrom(x: float, unit: str) -> float: ...
@overload
def force_to_ev_per_angstrom(x: NDArray[np.floating], unit: str) -> NDArray[np.float64]: ...
def force_to_ev_per_angstrom(x: float | NDArray[np.floating], unit: str) -> float | NDArray[np.float64]:
    """Convert forces to eV/Angstrom.

    Args:
        x: forces in ``unit``, any shape.
        unit: one of ``FORCE_UNITS``, such as ``"kcal/mol/Angstrom"``.

    Returns:
        Forces in eV/Angstrom, the same shape, float64.

    Raises:
        QffcError: the unit is unknown.

    Example:
        >>> round(force_to_ev_per_angstrom(1.0, "Hartree/Bohr"), 6)
        51.422067
    """
    return _times(x, _factor(unit, _FORCE_IN_EV_PER_ANGSTROM, "force"))


@overload
def energy_from_ev(x: float, unit: str) -> float: ...
@overload
def energy_from_ev(x: NDArray[np.floating], unit: str) -> NDArray[np.float64]: ...
def energy_from_ev(x: float | NDArray[np.floating], unit: str) -> float | NDArray[np.float64]:
    """Convert energies in eV to another unit; the inverse of :func:`energy_to_ev`.

    Args:
        x: energies in eV, any shape.
        unit: one of ``ENERGY_UNITS``.

    Returns:
        Energies in ``unit``, the same shape, float64.

    Raises:
        QffcError: the unit is unknown.

    Example:
        >>> energy_from_ev(0.25, "meV")
        250.0
    """
    return _times(x, 1.0 / _factor(unit, _ENERGY_IN_EV, "energy"))


@overload
def force_from_ev_per_angstrom(x: float, unit: str) -> float: ...
@overload
def force_from_ev_per_angstrom(x: NDArray[np.floating], unit: str) -> NDArray[np.float64]: ...
def force_from_ev_per_angstrom(x: float | NDArray[np.floating], unit: str) -> float | NDArray[np.float64]:
    """Convert forces in eV/Angstrom to another unit; the inverse of :func:`force_to_ev_per_angstrom`.

    Args:
        x: forces in eV/Angstrom, any shape.
        unit: one of ``FORCE_UNITS``.

    Returns:
        Forces in ``unit``, the same shape, float64.

    Raises:
        QffcError: the unit is unknown.

    Example:
        >>> force_from_ev_per_angstrom(0.25, "meV/Angstrom")
        250.0
    """
    return _times(x, 1.0 / _factor(unit, _FORCE_IN_EV_PER_ANGSTROM, "force"))


def energy_in_ev(text: str) -> float:
    """Return an energy that is written with its unit, in eV.

    Raises:
        QffcError: when there is no number, or not one of the known units behind it.

    Example:
        >>> energy_in_ev("5 meV"), energy_in_ev("2kcal/mol")
        (0.005, 0.0867282)
    """
    number, unit = _number_and_unit(text, "energy", ENERGY_UNITS, "5meV")
    return energy_to_ev(number, unit)


def force_in_ev_per_angstrom(text: str) -> float:
    """Return a force that is written with its unit, in eV/Angstrom; ``A`` is short for Angstrom.

    Raises:
        QffcError: when there is no number, or not one of the known units behind it.

    Example:
        >>> force_in_ev_per_angstrom("20 meV/A")
        0.02
    """
    number, unit = _number_and_unit(text, "force", FORCE_UNITS, "20meV/A")
    return force_to_ev_per_angstrom(number, re.sub("/A$", "/Angstrom", unit))


def _number_and_unit(text: str, quantity: str, units: tuple[str, ...], like: str) -> tuple[float, str]:
    match = re.fullmatch(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-z/]+)\s*", text)
    if match is None:
        raise error(
            f"{quantity} without a number or a unit",
            found=f"'{text}'",
            expected=f"a number and one of {quoted(units)}",
            help=f"write it like '{like}'",
        )
    return float(match[1]), match[2]


def _times(x: float | NDArray[np.floating], factor: float) -> float | NDArray[np.float64]:
    if isinstance(x, np.ndarray):
        return x.astype(np.float64) * factor  # float64 first: a float32 total energy would lose meV
    return float(x) * factor
