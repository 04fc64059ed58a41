"""Files that hold several molecules, and free atoms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qffc.data.dataset import Dataset
from qffc.data.file_names import ALL, DATA_SUFFIXES, FRAME_SUFFIXES, stem, suffix
from qffc.data.formats import labels_named, read
from qffc.data.source import existing_file
from qffc.data.xyz import frames_and_units
from qffc.data.xyz_frames import Frame
from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.ir.elements import SYMBOLS
from qffc.units import Units, energy_to_ev

_FORMULA = re.compile(r"(?:[A-Z][a-z]?\d*)+")


@dataclass(frozen=True)
class Molecules:
    """What a file holds.

    Args:
        sets: a dataset for each molecule, in the order of their first frames.
        atoms: energies of free atoms by symbol, eV: the lowest where an atom is there more than once.
    """

    sets: tuple[Dataset, ...]
    atoms: Mapping[str, float]


def molecule_in(text: str) -> tuple[str, str] | None:
    """Return the file and the formula that a text names, or None where it is no ``FILE:FORMULA``.

    Example:
        >>> molecule_in("qm.xyz:C2H6O"), molecule_in("qm.xyz:all"), molecule_in("qm.xyz")
        (('qm.xyz', 'C2H6O'), ('qm.xyz', 'all'), None)
    """
    file, colon, formula = text.rpartition(":")
    if not colon or Path(text).exists() or suffix(file) not in DATA_SUFFIXES:
        return None
    return file, formula


def read_molecules(
    path: str | Path,
    units: str | Units | None = None,
    keys: Mapping[str, str] | None = None,
    *,
    formula: str = ALL,
    energies_alone: bool = False,
) -> Molecules:
    r"""Read a file whose frames may be of several molecules: one dataset for each composition.

    Frames of one composition are sorted alike, like atoms in their order. Single atoms give their energies alone,
    unless they are in a cell.

    Args:
        path: a file of frames: extended XYZ, a database of ASE, HDF5; an npz file holds one molecule.
        units: as for :func:`qffc.data.read`.
        keys: as for :func:`qffc.data.read`.
        formula: of one molecule, in any order, such as ``H2O``; without it all are read.
        energies_alone: read frames without forces, too.

    Raises:
        QffcError: there is no such molecule, or what :func:`qffc.data.read` refuses.

    Example:
        >>> import tempfile
        >>> text = "1\nenergy=-13.6\nH 0 0 0\n"
        >>> text += "2\nenergy=-31.7 Properties=species:S:1:pos:R:3:forces:R:3\nH 0 0 0 0 0 0\nH 0 0 0.74 0 0 0\n"
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "qm.xyz").write_text(text)
        ...     read_molecules(f"{folder}/qm.xyz", "ase")
        Molecules(sets=(Dataset('qm:H2', H2, 1 frame),), atoms={'H': -13.6})
    """
    file = existing_file(path)
    wanted = None if formula == ALL else _counts(formula, file)
    if suffix(file) not in FRAME_SUFFIXES:
        data = read(file, units, keys, energies_alone=energies_alone)
        if wanted not in (None, _counts(data.formula, file)):
            raise _no_molecule(file, formula, [data.formula])
        return Molecules((data,), {})
    frames, declared = frames_and_units(file, units)
    groups: dict[tuple[bool, tuple[int, ...]], list[Frame]] = {}
    for frame in frames:
        groups.setdefault((_is_free(frame), tuple(sorted(frame.atoms.numbers.tolist()))), []).append(frame)
    formulas = {key: _formula(group[0]) for key, group in groups.items()}
    if wanted is not None:
        groups = {key: group for key, group in groups.items() if _counts(formulas[key], file) == wanted}
        if not groups:
            raise _no_molecule(file, formula, list(formulas.values()))
    labels = labels_named(file, keys or {}, energies_alone=energies_alone)
    name = stem(file)
    sets = tuple(
        labels.source(file, group, declared, f"{name}:{formulas[key]}" if len(formulas) > 1 else name).dataset()
        for key, group in groups.items()
        if not key[0]
    )
    atoms = {
        SYMBOLS[numbers[0] - 1]: energy_to_ev(float(labels.energies(group).min()), declared.energy)
        for (free, numbers), group in groups.items()
        if free
    }
    return Molecules(sets, atoms)


def spelt_atoms(atoms: Mapping[str, float]) -> str:
    """Return energies of atoms as ``--atom-energies`` takes them.

    Example:
        >>> spelt_atoms({"H": -13.6, "O": -2035.6})
        'H=-13.6,O=-2035.6'
    """
    return ",".join(f"{symbol}={energy:.10g}" for symbol, energy in atoms.items())


def _is_free(frame: Frame) -> bool:
    """Whether it is a free atom; one that repeats itself in a cell is not."""
    return len(frame.atoms) == 1 and not frame.atoms.pbc.any()


def _formula(frame: Frame) -> str:
    """As :attr:`Dataset.formula` spells it."""
    symbols = list(frame.atoms.symbols)
    counts = {symbol: symbols.count(symbol) for symbol in dict.fromkeys(symbols)}
    return "".join(symbol + (str(count) if count > 1 else "") for symbol, count in counts.items())


def _counts(formula: str, file: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    for symbol, count in re.findall(r"([A-Z][a-z]?)(\d*)", formula):
        counts[symbol] = counts.get(symbol, 0) + int(count or 1)
    if not _FORMULA.fullmatch(formula) or not set(counts) <= set(SYMBOLS):
        raise error(
            "formula that cannot be read",
            where=str(file),
            found=repr(formula),
            expected=f"elements with their counts, such as C2H6O, or {ALL}",
            help="write FILE:C2H6O",
        )
    return counts


def _no_molecule(file: Path, formula: str, there: list[str]) -> QffcError:
    return error(
        "no such molecule in the file",
        where=str(file),
        found=formula,
        expected=f"one of {quoted(there)}, or {ALL}",
        help="'qffc data info FILE' lists the molecules of a file",
    )
