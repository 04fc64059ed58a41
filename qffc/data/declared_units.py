"""Units that a data file declares itself, under the names of qffc or of sGDML, beside those that its user declares.

sGDML asks for the two texts ``r_unit`` and ``e_unit`` ("e.g. 'Ang' or 'au'") and stores what it is told, or nothing.
Forces are in the one over the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from qffc.data.source import units_not_declared
from qffc.ir.diagnostics import QffcError, error
from qffc.units import ENERGY_UNITS, LENGTH_UNITS, Units, data_units

_QUANTITIES = {
    "energy": frozenset({"e", "energy", "energies"}),
    "length": frozenset({"r", "length", "lengths", "distance", "position", "positions", "coord", "coords"}),
    "force": frozenset({"f", "force", "forces"}),
}
_ENERGIES = {unit.lower(): unit for unit in ENERGY_UNITS} | {
    **dict.fromkeys(("ha", "eh", "au", "a.u."), "Hartree"),
    "ry": "Rydberg",
}
_LENGTHS = (
    {unit.lower(): unit for unit in LENGTH_UNITS}
    | dict.fromkeys(("a", "å", "ang", "angs", "angstroms"), "Angstrom")
    | dict.fromkeys(("au", "a.u.", "a0", "bohrs"), "Bohr")
)


def quantity_of(key: str) -> str | None:
    """Return the quantity whose unit an entry of this name declares: ``energy``, ``length``, ``force``, or None.

    Example:
        >>> quantity_of("units_energy"), quantity_of("r_unit"), quantity_of("F_unit"), quantity_of("E")
        ('energy', 'length', 'force', None)
    """
    words = re.split(r"[^a-z0-9]+", key.lower())
    rest = [word for word in words if word not in ("unit", "units")]
    if len(rest) != 1 or len(words) != 2:
        return None
    return next((quantity for quantity, names in _QUANTITIES.items() if rest[0] in names), None)


def declared_units(entries: Mapping[str, str | None], given: str | Units | None, path: Path, where: str) -> Units:
    """Return the units of the numbers in a file, which its user or the file itself declares.

    Args:
        entries: texts of the file by name, None for what is no text; names that declare no unit are passed over.
        given: the user's declaration, as :func:`qffc.units.data_units` takes it.
        path: the file.
        where: the file, and the frame if there is one.

    Raises:
        QffcError: nobody declares them, a text is no unit, half is missing, or two declarations differ.

    Example:
        >>> sgdml = {"e_unit": "kcal/mol", "r_unit": "Ang"}
        >>> str(declared_units(sgdml, None, Path("ethanol.npz"), "ethanol.npz"))
        'kcal/mol, Angstrom, kcal/mol/Angstrom'
        >>> declared_units(sgdml, "ase", Path("ethanol.npz"), "ethanol.npz")
        Traceback (most recent call last):
        ...
        qffc.ir.diagnostics.QffcError: error: two declarations of units
        ...
    """
    present = {key: text for key, text in entries.items() if quantity_of(key)}
    if None in present.values():
        raise _incomplete(present, where)
    own = _own(present, where)
    if {"energy", "length"} <= own.keys():
        own.setdefault("force", f"{own['energy']}/{own['length']}")
    if given is not None:
        chosen = data_units(given)
        if any(getattr(chosen, quantity) != unit for quantity, unit in own.items()):
            raise _contradiction(f"{chosen} given, {_spelt(present)} in the file", where)
        return chosen
    if not own:
        raise units_not_declared(path)
    if not {"energy", "length"} <= own.keys():
        raise _incomplete(present, where)
    return Units(**own)


def declared_length(entries: Mapping[str, str | None], where: str) -> str:
    """Return the unit of length that a file declares, Angstrom where it declares none.

    Args:
        entries: as for :func:`declared_units`.
        where: the file.

    Example:
        >>> declared_length({"r_unit": "au"}, "water.npz"), declared_length({}, "water.npz")
        ('Bohr', 'Angstrom')
    """
    present = {key: text for key, text in entries.items() if quantity_of(key) == "length"}
    if None in present.values():
        raise _incomplete(present, where)
    return _own(present, where).get("length", "Angstrom")


def _own(present: Mapping[str, str | None], where: str) -> dict[str, str]:
    own: dict[str, str] = {}
    for key, text in present.items():
        quantity = quantity_of(key) or ""
        unit = _canonical(quantity, (text or "").strip())
        if own.setdefault(quantity, unit) != unit:
            raise _contradiction(f"{_spelt(present)} in the file", where)
    checked = {"energy": "eV", "length": "Angstrom"} | own
    try:
        Units(**checked)
    except QffcError as mistake:
        raise QffcError(replace(mistake.diagnostic, where=f"{where}, which declares {_spelt(present)}")) from None
    return own


def _canonical(quantity: str, text: str) -> str:
    """Return the unit as :mod:`qffc.units` spells it, or the text where it is none of the known spellings."""
    lower = text.lower()
    if quantity == "energy":
        return _ENERGIES.get(lower, text)
    if quantity == "length":
        return _LENGTHS.get(lower, text)
    if lower in ("au", "a.u."):
        return "Hartree/Bohr"
    energy, slash, length = text.rpartition("/")
    if not slash:
        return text
    return f"{_canonical('energy', energy)}/{_canonical('length', length)}"


def _spelt(present: Mapping[str, str | None]) -> str:
    return ", ".join(f"{key} = {text!r}" for key, text in present.items())


def _contradiction(found: str, where: str) -> QffcError:
    return error(
        "two declarations of units",
        where=where,
        found=found,
        expected="the same units",
        help="leave the units out to use those in the file, or mend the file",
    )


def _incomplete(present: Mapping[str, str | None], where: str) -> QffcError:
    return error(
        "incomplete declaration of units",
        where=where,
        found=_spelt(present),
        expected="the units of energy and of length, each one text (that of forces is optional), such as units_energy "
        "and units_length, or sGDML's e_unit and r_unit",
        help="say all of them with units=..., or --units ...; or store both as text arrays: numpy.array('kcal/mol')",
    )
