"""A dataset from objects of the Atomic Simulation Environment (ASE)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qffc.data.checks import real_array
from qffc.data.dataset import Dataset
from qffc.data.plausible import check_plausible
from qffc.ir.diagnostics import error, quoted
from qffc.units import (
    INTERNAL,
    Units,
    data_units,
    energy_to_ev,
    force_to_ev_per_angstrom,
    length_to_angstrom,
)

if TYPE_CHECKING:
    from ase import Atoms

_KEYS = {"energies": "energy", "forces": "forces"}


def dataset_of_atoms(
    frames: Sequence[Atoms], units: str | Units | None = None, keys: Mapping[str, str] | None = None
) -> Dataset:
    """Return the dataset of one molecule from objects of ASE.

    Energies and forces are those that a calculator has left in the objects, as ``ase.io.read`` does; else what is in
    ``atoms.info`` and ``atoms.arrays`` under these names. Nothing is computed.

    Atoms with a periodic boundary are in cells; they may hold a ``stress``, all of them or none.

    Args:
        frames: at least one, all with the same atoms in the same order.
        units: may be left out: numbers of ASE are in eV and Angstrom. Others are declared as for a file.
        keys: other names by role, such as ``{"energies": "REF_energy", "forces": "REF_forces"}``.

    Raises:
        QffcError: a frame lacks energy or forces, or a stress that others have, or has other atoms; or the numbers are
            not finite.

    Example:
        >>> from ase import Atoms
        >>> from ase.calculators.singlepoint import SinglePointCalculator
        >>> h2 = Atoms("H2", [[0, 0, 0], [0, 0, 0.74]])
        >>> h2.calc = SinglePointCalculator(h2, energy=-31.7, forces=[[0, 0, 0.1], [0, 0, -0.1]])
        >>> dataset_of_atoms([h2])
        Dataset('H2', H2, 1 frame)
    """
    names = {**_KEYS, **(keys or {})}
    unknown = [role for role in names if role not in (*_KEYS, "stresses")]
    if unknown or not frames:
        raise error(
            "unknown role in keys" if unknown else "no frames",
            found=quoted(unknown) if unknown else "an empty list",
            expected=f"one of {quoted((*_KEYS, 'stresses'))}" if unknown else "at least one ase.Atoms object",
            help="elements and positions have fixed places in objects of ASE" if unknown else "check how it was made",
        )
    declared = INTERNAL if units is None else data_units(units)
    for index, atoms in enumerate(frames):
        if not np.array_equal(atoms.numbers, frames[0].numbers):
            raise error(
                "frames differ in their atoms",
                where=f"frame {index}",
                found=" ".join(atoms.symbols),
                expected=f"{' '.join(frames[0].symbols)}, as in frame 0",
                help="give one list for each molecule, its atoms in one order",
            )
    energies = np.array([_entry(atoms, index, names["energies"], ()) for index, atoms in enumerate(frames)])
    forces = np.stack([_entry(atoms, index, names["forces"], (len(atoms), 3)) for index, atoms in enumerate(frames)])
    found = Dataset(
        frames[0].numbers,
        length_to_angstrom(np.stack([atoms.positions for atoms in frames]), declared.length),
        energy_to_ev(real_array(energies, "energies"), declared.energy),
        force_to_ev_per_angstrom(real_array(forces, "forces"), declared.force),
        name=str(frames[0].symbols),
        source=declared,
        **_cells(frames, names.get("stresses"), declared),
    )
    check_plausible(found)
    return found


def _cells(frames: Sequence[Atoms], key: str | None, declared: Units) -> dict[str, Any]:
    """Cells, boundaries and stresses, where there are any."""
    if not any(atoms.pbc.any() for atoms in frames):
        return {}
    length = length_to_angstrom(1.0, declared.length)
    found: dict[str, Any] = {
        "cells": length * np.stack([atoms.cell.array for atoms in frames]),
        "pbc": np.stack([atoms.pbc for atoms in frames]),
    }
    name = key or "stress"
    known = [{**atoms.info, **getattr(atoms.calc, "results", {})} for atoms in frames]
    having = [number for number, entries in enumerate(known) if name in entries]
    if not having and key is None:
        return found
    if len(having) < len(frames):
        first = min(set(range(len(frames))) - set(having))
        raise error(
            "no stress under this key",
            where=f"frame {first}",
            found=f"{len(frames) - len(having)} of {len(frames)} frames without '{name}'",
            expected="it in every frame, or in none",
            help="leave it out of all, or give two lists; keys={'stresses': ...} names another key",
        )
    stored = np.stack([real_array(entries[name], "stresses") for entries in known])
    stored = stored.reshape(len(frames), 3, 3) if stored.shape == (len(frames), 9) else stored
    return found | {"stresses": energy_to_ev(stored, declared.energy) / length**3}


def _entry(atoms: Atoms, index: int, key: str, shape: tuple[int, ...]) -> NDArray[np.generic]:
    """What is stored under a name, of that shape."""
    results = getattr(atoms.calc, "results", {})
    known = {**atoms.info, **atoms.arrays, **results}
    if key in known and np.shape(known[key]) == shape:
        return np.asarray(known[key])
    raise error(
        "no forces under this key" if shape else "no energy under this key",
        where=f"frame {index}",
        found=f"{quoted(sorted(known))}" + (f"; '{key}' of shape {np.shape(known[key])}" if key in known else ""),
        expected=f"'{key}', {'one vector for each atom' if shape else 'a number'}, stored by a calculator "
        "(SinglePointCalculator), or in atoms.info and atoms.arrays",
        help="give the names as keys={'energies': ..., 'forces': ...}; nothing is computed here",
    )
