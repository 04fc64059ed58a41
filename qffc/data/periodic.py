"""Cells and periodic boundaries, however a file spells them: what is not read as such is refused, never ignored."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from qffc.ir.diagnostics import error

# fmt: off
_CELLS = frozenset((
    "cell", "cells", "cellvectors", "cellparameters", "cellpar", "cellparams", "celllengths", "cellangles",
    "unitcell", "unitcells", "unitcellvectors", "lattice", "lattices", "latticevector", "latticevectors",
    "latticeparameters", "latticeconstant", "latticeconstants", "box", "boxes", "boxvector", "boxvectors",
    "boxlength", "boxlengths", "boxsize", "boxmatrix", "simulationbox", "simulationcell", "supercell",
    "supercells", "periodiccell", "pbccell", "pbcbox", "hmatrix",
))
_BOUNDARIES = frozenset((
    "pbc", "pbcs", "periodic", "isperiodic", "periodicity", "periodicboundary", "periodicboundaries",
    "periodicboundaryconditions",
))
# fmt: on
_NOT_AT_ALL = frozenset({"", "f", "false", "n", "no", "none"})


def says_periodic(key: str) -> bool:
    """Return whether an entry of this name holds a cell or says which boundaries are periodic.

    Args:
        key: name of an array of an npz file, or of a value in the comment line of extended XYZ; capitals and the
            characters between words do not count.

    Example:
        >>> says_periodic("unit_cell"), says_periodic("Lattice"), says_periodic("excellent")
        (True, True, False)
    """
    return _plain(key) in _CELLS | _BOUNDARIES


def refuse_periodic(entries: Mapping[str, object], where: str) -> None:
    """Refuse a periodic system where none is read.

    A cell without a word on its boundaries counts as periodic. Where the boundaries are all said to be open, the cell
    is a mere box around a molecule.

    Args:
        entries: what a file has under names that :func:`says_periodic` knows; others are passed over.
        where: the file, and the frame if there is one.

    Raises:
        QffcError: a cell that is not zero, or a periodic boundary; names its key.

    Example:
        >>> refuse_periodic({"box": np.zeros((3, 3)), "energy": -1.0}, "water.npz")
        >>> refuse_periodic({"Lattice": 9 * np.eye(3), "pbc": [False, False, False]}, "water.xyz, frame 0")
        >>> refuse_periodic({"lattice_vectors": 9 * np.eye(3)}, "water.npz")
        Traceback (most recent call last):
        ...
        qffc.ir.diagnostics.QffcError: error: periodic systems are not supported
        ...
    """
    boundaries = {key: value for key, value in entries.items() if _plain(key) in _BOUNDARIES}
    cells = {key: value for key, value in entries.items() if _plain(key) in _CELLS}
    if boundaries and not any(map(_is_set, boundaries.values())):
        return
    for key, value in {**boundaries, **cells}.items():
        if _is_set(value):
            shown = " ".join(str(np.asarray(value).ravel()[:9].tolist()).split())
            raise error(
                "periodic systems are not supported",
                where=f"{where}, key {key!r}",
                found=f"a cell or periodic boundaries: {shown}",
                expected="a molecule in a vacuum; or, where frames in cells are read, a cell under the name of its "
                "format: Lattice and pbc in extended XYZ, cells and pbc in npz",
                help="for an isolated molecule remove the cell, or say that no boundary is periodic (pbc: three times "
                'false, in XYZ pbc="F F F"); a cell is refused, never ignored. Training, calculators of models with a '
                "cutoff and 'qffc predict' take cells (dynamics through ASE), 'qffc md' and devices do not",
            )


def _plain(key: str) -> str:
    return "".join(letter for letter in key.lower() if letter.isalnum())


def _is_set(value: object) -> bool:
    array = np.asarray(value)
    if array.dtype.kind in "biufc":
        return bool(np.any(array))
    words = " ".join(_text(item) for item in array.ravel().tolist()).lower().replace(",", " ").split()
    return not all(word in _NOT_AT_ALL or _is_zero(word) for word in words)


def _text(item: object) -> str:
    return item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)


def _is_zero(word: str) -> bool:
    try:
        return float(word) == 0.0
    except ValueError:
        return False
