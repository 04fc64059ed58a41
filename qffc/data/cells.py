"""What is checked of the cells and the stresses of frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qffc.data.checks import CLOSEST, real_array
from qffc.data.images import images_within, whole_cell
from qffc.ir.diagnostics import QffcError, error

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_SYMMETRIC = 1e-3
"""Share of its largest entry by which a stress may differ from its transpose: the errors of other programs."""


def checked_cells(cells: ArrayLike | None, pbc: ArrayLike | None, frames: int) -> tuple[Floats, Bools] | None:
    """Return cells (n, 3, 3) and boundaries (n, 3) of frames; None where no boundary is periodic.

    Args:
        cells: (n, 3, 3), or (3, 3) of all frames, vectors in rows, Angstrom.
        pbc: (n, 3), (3,), or one for all: along which vectors atoms repeat; all of them where only cells are given.
        frames: n.

    Raises:
        QffcError: for another shape, boundaries without cells, and cells that are none; names the frame.

    Example:
        >>> cells, pbc = checked_cells(4.0 * np.eye(3), [True, True, False], 2)
        >>> cells.shape, pbc.tolist()
        ((2, 3, 3), [[True, True, False], [True, True, False]])
    """
    if pbc is not None and np.asarray(pbc).dtype.kind not in "biu":
        raise _other_shape("pbc", f"dtype {np.asarray(pbc).dtype}", f"({frames}, 3), (3,) or one truth value")
    if cells is None:
        if pbc is not None and np.any(np.asarray(pbc)):
            raise error(
                "periodic boundaries without a cell",
                where="pbc",
                found=f"{np.asarray(pbc).tolist() if np.asarray(pbc).ndim < 2 else 'periodic frames'}, and no cells",
                expected="cells (n, 3, 3), Angstrom, vectors in rows",
                help="give the cells, or leave pbc out for molecules in a vacuum",
            )
        return None
    given = real_array(cells, "cells")
    if given.shape not in ((3, 3), (frames, 3, 3)):
        raise _other_shape("cells", f"shape {given.shape}", f"(n, 3, 3) = ({frames}, 3, 3), or (3, 3) for all frames")
    try:
        repeats = np.broadcast_to(np.asarray(True if pbc is None else pbc, dtype=bool), (frames, 3)).copy()
    except ValueError:
        expected = f"({frames}, 3), (3,) or one truth value"
        raise _other_shape("pbc", f"shape {np.asarray(pbc).shape}", expected) from None
    if not repeats.any():
        return None
    whole = np.broadcast_to(given, (frames, 3, 3)).copy()
    for frame in range(frames):
        if not repeats[frame].any():
            whole[frame] = 0.0  # a mere box around a molecule
            continue
        try:
            whole_cell(whole[frame], repeats[frame])
        except QffcError as mistake:
            raise error(
                mistake.diagnostic.title,
                where=f"cells, frame {frame}",
                found=mistake.diagnostic.found,
                expected=mistake.diagnostic.expected,
                help="mend the cell, or say that no boundary is periodic: pbc three times false",
            ) from None
    return whole, repeats


def checked_stresses(stresses: ArrayLike, cells: Floats | None, pbc: Bools | None, frames: int) -> Floats:
    """Return stresses as symmetric tensors (n, 3, 3), eV/Angstrom^3.

    Args:
        stresses: (n, 3, 3), or (n, 6) in the order of Voigt: xx, yy, zz, yz, xz, xy.
        cells: of the frames, as :func:`checked_cells` gives them; None for molecules in a vacuum.
        pbc: likewise.
        frames: n.

    Raises:
        QffcError: for another shape, a tensor that is not symmetric, and a frame without a volume; names the frame.
    """
    given = real_array(stresses, "stresses")
    if given.shape == (frames, 6):
        given = from_voigt(given)
    if given.shape != (frames, 3, 3):
        raise _other_shape("stresses", f"shape {np.shape(stresses)}", f"({frames}, 3, 3), or ({frames}, 6) by Voigt")
    if not np.all(np.isfinite(given)):
        frame = int(np.argwhere(~np.isfinite(given))[0][0])
        raise error(
            "not a finite number",
            where=f"stresses, frame {frame}",
            found=" ".join(str(given[frame].tolist()).split()),
            expected="finite numbers",
            help="remove frames whose calculation failed",
        )
    without = [
        frame for frame in range(frames) if cells is None or pbc is None or not _has_volume(cells[frame], pbc[frame])
    ]
    if without:
        raise error(
            "stress of a frame without a volume",
            where=f"stresses, frame {without[0]}",
            found=f"{len(without)} of {frames} frames without a periodic boundary, or without three vectors of a cell",
            expected="a cell of three vectors for every frame: a stress is an energy by its volume",
            help="give the cells; or leave the stresses out, and split frames with and without them into two sets",
        )
    size = np.abs(given).max(axis=(1, 2))
    off = np.abs(given - np.swapaxes(given, 1, 2)).max(axis=(1, 2))
    crooked = np.flatnonzero(off > _SYMMETRIC * size + 1e-9)
    if crooked.size:
        frame = int(crooked[0])
        raise error(
            "stress that is not symmetric",
            where=f"stresses, frame {frame}",
            found=f"entries off by {off[frame]:.3g}, of {size[frame]:.3g} eV/Angstrom^3",
            expected="a symmetric tensor: xx xy xz, yx yy yz, zx zy zz",
            help="look at the order of its entries; six numbers are xx, yy, zz, yz, xz, xy",
        )
    return 0.5 * (given + np.swapaxes(given, 1, 2))


def from_voigt(values: Floats) -> Floats:
    """Return symmetric tensors (..., 3, 3) from xx, yy, zz, yz, xz, xy (..., 6).

    Example:
        >>> from_voigt(np.arange(6.0)).tolist()
        [[0.0, 5.0, 4.0], [5.0, 1.0, 3.0], [4.0, 3.0, 2.0]]
    """
    return values[..., np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])]


def to_voigt(tensors: Floats) -> Floats:
    """Return xx, yy, zz, yz, xz, xy (..., 6) of symmetric tensors (..., 3, 3)."""
    return tensors[..., [0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]


def volumes_of(cells: Floats) -> Floats:
    """Return the volumes (n,) of cells (n, 3, 3), Angstrom^3; 0 where a vector is missing."""
    volumes: Floats = np.abs(np.linalg.det(cells))
    return volumes


def check_images_apart(positions: Floats, cells: Floats, pbc: Bools) -> None:
    """Refuse two atoms at nearly the same place, an image of one of them in another cell.

    Args:
        positions: (n, N, 3), Angstrom.
        cells: (n, 3, 3), of :func:`checked_cells`.
        pbc: (n, 3).

    Raises:
        QffcError: they are closer than 0.1 Angstrom; names the frame and the atoms.
    """
    for frame in np.flatnonzero(pbc.any(axis=1)).tolist():
        found = images_within(positions[frame], whole_cell(cells[frame], pbc[frame]), pbc[frame], CLOSEST)
        if not len(found.centres):
            continue
        one, other = int(found.centres[0]), int(found.owners[found.others[0]])
        raise error(
            "two atoms at nearly the same place",
            where=f"positions, frame {frame}, atoms {one} and {other}",
            found=f"less than {CLOSEST} Angstrom between one and an image of the other",
            expected=f"at least {CLOSEST} Angstrom",
            help="check the cell, its unit and the order of its vectors, which stand in rows; remove repeated atoms",
        )


def _has_volume(cell: Floats, pbc: Bools) -> bool:
    return bool(pbc.any()) and abs(float(np.linalg.det(cell))) > 0.0


def _other_shape(where: str, found: str, expected: str) -> QffcError:
    return error(
        "wrong shape",
        where=where,
        found=found,
        expected=expected,
        help="cells, boundaries and stresses must speak of the same frames as positions and energies",
    )
