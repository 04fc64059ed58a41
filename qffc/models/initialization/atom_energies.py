"""Reference energies of atoms: what a composition explains of the energies of molecules.

Also called isolated-atom energies, or E0s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.ir.diagnostics import error, quoted
from qffc.ir.elements import SYMBOLS
from qffc.ir.plain_numbers import whole_number
from qffc.ir.program import Program
from qffc.models.circuits.instances import species_of

Floats = NDArray[np.float64]


def fitted_atom_energies(program: Program, sets: Sequence[Dataset], near: Floats | None = None) -> Floats:
    """Return the energies of atoms whose sums are nearest to the energies of molecules: least squares over all frames.

    Where the compositions leave them open, as one molecule does, the solution of smallest norm is taken; it explains
    the mean energies, but says nothing of free atoms. With ``near``, it is the solution nearest to that.

    Args:
        program: has the species.
        sets: frames, a set for each molecule.
        near: (species,), eV.

    Returns:
        (species,), eV; 0, or the energy in ``near``, for a species that no molecule has.

    Example:
        >>> from qffc.data import load_embedded
        >>> from qffc.library import load
        >>> fitted_atom_energies(load("pair"), [load_embedded("water")]).round(3)
        array([-415.081, -830.162])
    """
    counts = np.stack([composition(program, data) for data in sets])
    means = np.array([float(data.energies.mean()) for data in sets])
    frames = np.array([len(data) for data in sets])
    if near is None:
        return least_atom_energies(counts, means, frames)
    return near + least_atom_energies(counts, means - counts @ near, frames)


def least_atom_energies(counts: Floats, means: Floats, frames: NDArray[np.integer]) -> Floats:
    """Return the energies of atoms (species,) of smallest norm that explain mean energies of molecules best.

    Args:
        counts: (molecules, species), how many atoms.
        means: (molecules,), eV.
        frames: (molecules,), over how many the means are.
    """
    if len({tuple(row) for row in counts}) == 1:
        mean = float(np.average(means, weights=frames))
        return np.asarray(counts[0] * mean / float(counts[0] @ counts[0]))
    weights = np.sqrt(frames)
    energies: Floats = np.linalg.lstsq(counts * weights[:, None], means * weights, rcond=1e-10)[0]
    return energies


def energies_by_symbol(energies: Mapping[str, float] | Mapping[int, float]) -> dict[str, float]:
    """Return energies of atoms by element symbol.

    Args:
        energies: eV, by symbol or by atomic number, a whole number or its digits.

    Raises:
        QffcError: a name is no element's, an element is there twice, or an energy is no finite number.

    Example:
        >>> energies_by_symbol({"H": -13.6, 8: -2035.6})
        {'H': -13.6, 'O': -2035.6}
    """
    found: dict[str, float] = {}
    for name, energy in energies.items():
        symbol, value = _symbol(name), _finite(energy)
        if symbol is None or value is None or symbol in found:
            if symbol is None:
                wrong = f"'{name}', which is no element"
            else:
                wrong = f"{energy!r} for '{name}'" if value is None else f"'{name}', and {symbol} before"
            raise error(
                "atom energies that cannot be read",
                found=wrong,
                expected="a finite energy in eV for each element once, by its symbol or its atomic number",
                help="write for instance {'H': -13.6, 'O': -2035.6}, or {1: -13.6, 8: -2035.6}",
            )
        found[symbol] = value
    return found


def _symbol(name: object) -> str | None:
    number = int(name) if isinstance(name, str) and name.isascii() and name.isdecimal() else whole_number(name)
    if number is not None:
        return SYMBOLS[number - 1] if 1 <= number <= len(SYMBOLS) else None
    return name if isinstance(name, str) and name in SYMBOLS else None


def _finite(energy: object) -> float | None:
    if isinstance(energy, np.ndarray) and energy.ndim == 0:
        energy = energy[()]
    if isinstance(energy, bool) or not isinstance(energy, int | float | np.integer | np.floating):
        return None
    return float(energy) if np.isfinite(energy) else None


def given_atom_energies(program: Program, sets: Sequence[Dataset], energies: Mapping[str, float]) -> Floats:
    """Return energies of atoms as an array (species,), eV.

    Args:
        program: has the species.
        sets: frames, whose elements must all be given.
        energies: eV, by element; those of other elements are of no use, and do no harm.

    Raises:
        QffcError: when an element of the data is missing, or a name is no element's.

    Example:
        >>> from qffc.data import load_embedded
        >>> from qffc.library import load
        >>> given_atom_energies(load("pair"), [load_embedded("water")], {"O": -2035.6, "H": -13.6})
        array([-2035.6,   -13.6])
    """
    unknown = [symbol for symbol in energies if symbol not in SYMBOLS]
    needed = dict.fromkeys(symbol for data in sets for symbol in data.symbols)
    missing = [symbol for symbol in needed if symbol not in energies]
    if unknown or missing:
        raise error(
            "atom energies that do not fit the data",
            found=f"{quoted(unknown)}, which is no element" if unknown else f"none of {quoted(missing)}",
            expected=f"an energy in eV for each of {quoted(needed)}",
            help="write for instance --atom-energies H=-13.6,O=-2035.6",
        )
    return np.array([energies.get(symbol, 0.0) for symbol in program.species])


def spread_about(program: Program, atom_energies: Floats, sets: Sequence[Dataset]) -> float:
    """Return the root mean square of what reference energies leave of the energies of frames, eV.

    Args:
        program: has the species.
        atom_energies: (species,), eV.
        sets: frames, a set for each molecule.
    """
    if len(sets) == 1:
        return float(sets[0].energies.std())
    left = [data.energies - float(composition(program, data) @ atom_energies) for data in sets]
    return float(np.sqrt(np.mean(np.concatenate(left) ** 2)))


def composition(program: Program, data: Dataset) -> Floats:
    """Return how many atoms of each species of a program a molecule has, (species,)."""
    return np.bincount(species_of(program, data.numbers), minlength=len(program.species)).astype(float)
