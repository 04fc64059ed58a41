"""Frames of one molecule with energies and forces."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qffc.data.cells import check_images_apart, checked_cells, checked_stresses
from qffc.data.checks import atomic_numbers, check_apart, check_finite, check_rows, check_shape, real_array
from qffc.data.split import PublishedSplit, Split, check_frames, draw_split, take_split
from qffc.ir.diagnostics import error
from qffc.ir.elements import symbols_of
from qffc.ir.rich_display import html_of
from qffc.units import INTERNAL, Units


@dataclass(frozen=True, eq=False)
class Dataset:
    """Frames of one molecule in a vacuum, or of atoms in cells; all have the same atoms in the same order.

    The arrays are copied, checked and made read-only. Compare two datasets by their ``fingerprint``.

    Args:
        numbers: atomic numbers, shape (N,); or (n, N), the same in every frame.
        positions: shape (n, N, 3), Angstrom.
        energies: shape (n,), eV.
        forces: shape (n, N, 3), eV/Angstrom; None where there are none, to compare energies alone.
        name: a name for people.
        source: the units of the numbers before they were converted to eV and Angstrom.
        published: splits that come with the data.
        has_forces: whether there are forces; without them the array is zero, and no model is trained.
        cells: (n, 3, 3), or (3, 3) of all frames, vectors in rows, Angstrom; None where no boundary is periodic. Those
            of frames without a periodic boundary are mere boxes, and become zeros.
        pbc: (n, 3), or (3,) of all frames, along which vectors atoms repeat; all of them where only cells are given.
        stresses: (n, 3, 3), or (n, 6) in the order of Voigt, eV/Angstrom^3, with the sign of ASE: positive when the
            cell wants to shrink. None where there are none.
        pbc_assumed: whether nobody said that boundaries are periodic; set where cells are given without pbc.

    Raises:
        QffcError: shapes or sizes disagree, a value is not finite, an atomic number is no element's, two atoms are
            closer than 0.1 Angstrom, a published split has frames that are not there, a cell is none, or a stress has
            no volume or is not symmetric.

    Example:
        >>> from qffc.data import Dataset
        >>> h2 = Dataset([1, 1], [[[0, 0, 0], [0, 0, 0.74]]], [-31.7], [[[0, 0, 0.1], [0, 0, -0.1]]], name="h2")
        >>> h2
        Dataset('h2', H2, 1 frame)
        >>> h2.symbols
        ('H', 'H')
        >>> crystal = Dataset([18], [[[0, 0, 0]]], [-0.1], [[[0, 0, 0]]], cells=[[0, 3, 3], [3, 0, 3], [3, 3, 0]])
        >>> crystal.pbc.tolist(), crystal.periodic
        ([[True, True, True]], True)
    """

    numbers: NDArray[np.int64]
    positions: NDArray[np.float64]
    energies: NDArray[np.float64]
    forces: NDArray[np.float64]
    name: str = "unnamed"
    source: Units = field(default=INTERNAL)
    published: tuple[PublishedSplit, ...] = ()
    has_forces: bool = True
    cells: NDArray[np.float64] | None = None
    pbc: NDArray[np.bool_] | None = None
    stresses: NDArray[np.float64] | None = None
    pbc_assumed: bool = False

    _repr_html_ = html_of

    def __post_init__(self) -> None:
        numbers = atomic_numbers(self.numbers)
        positions = real_array(self.positions, "positions")
        energies = real_array(self.energies, "energies")
        # Zeros in the place of no forces, so that every dataset has the arrays that everything else reads.
        has_forces = self.has_forces and self.forces is not None
        forces = real_array(self.forces, "forces") if has_forces else np.zeros(positions.shape)
        object.__setattr__(self, "has_forces", has_forces)
        check_shape(positions, "positions", (-1, len(numbers), 3), "(n, N, 3)")
        check_rows(self.numbers, len(positions))
        check_shape(energies, "energies", (len(positions),), "(n,)")
        check_shape(forces, "forces", positions.shape, "(n, N, 3)")
        check_finite(positions, "positions")
        check_finite(energies, "energies")
        check_finite(forces, "forces")
        boxes = checked_cells(self.cells, self.pbc, len(positions))
        check_apart(positions)
        if boxes is not None:
            check_images_apart(positions, *boxes)
        for number, published in enumerate(self.published, start=1):
            check_frames(published, number, len(positions))
        arrays: dict[str, NDArray[np.generic]] = {
            "numbers": numbers,
            "positions": positions,
            "energies": energies,
            "forces": forces,
        }
        # Frames that are taken from others bring boundaries along, and with them how these are known.
        assumed = boxes is not None and (self.pbc is None or self.pbc_assumed)
        object.__setattr__(self, "pbc_assumed", assumed)
        object.__setattr__(self, "cells", None)
        object.__setattr__(self, "pbc", None)
        if boxes is not None:
            arrays |= {"cells": boxes[0], "pbc": boxes[1]}
        if self.stresses is not None:
            cells, pbc = (None, None) if boxes is None else boxes
            arrays["stresses"] = checked_stresses(self.stresses, cells, pbc, len(positions))
        for role, array in arrays.items():
            array.setflags(write=False)
            object.__setattr__(self, role, array)

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.energies)

    def __repr__(self) -> str:
        frames = "1 frame" if len(self) == 1 else f"{len(self)} frames"
        return f"Dataset({self.name!r}, {self.formula}, {frames})"

    @property
    def symbols(self) -> tuple[str, ...]:
        """Element symbols, one per atom, in the order of the atoms."""
        return symbols_of(self.numbers)

    @property
    def periodic(self) -> bool:
        """Whether a boundary of any frame is periodic."""
        return self.cells is not None

    @property
    def formula(self) -> str:
        """Elements in the order of their first atom, with their counts."""
        counts: dict[str, int] = {}
        for symbol in self.symbols:
            counts[symbol] = counts.get(symbol, 0) + 1
        return "".join(symbol + (str(count) if count > 1 else "") for symbol, count in counts.items())

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (64 hexadecimal digits) of all arrays as little-endian 64-bit numbers, frames in their order.

        The name and the source units do not enter. Zero and minus zero count as the same number.
        """
        kind = f"qffc dataset 1: {len(self)} frames, {len(self.numbers)} atoms"
        kind += "" if self.has_forces else ", no forces"
        kind += "" if self.cells is None else ", cells"
        digest = hashlib.sha256((kind if self.stresses is None else f"{kind}, stresses").encode())
        digest.update(self.numbers.astype("<i8").tobytes())
        if self.pbc is not None:
            digest.update(self.pbc.astype("u1").tobytes())
        for array in (self.positions, self.energies, self.forces, self.cells, self.stresses):
            if array is not None:
                digest.update((array + 0.0).astype("<f8").tobytes())
        return digest.hexdigest()

    def subset(self, indices: Sequence[int]) -> Dataset:
        """Return the frames with these indices, in this order.

        Args:
            indices: frame indices from 0, at least one.

        Returns:
            A dataset with the same atoms, name and source units.

        Raises:
            QffcError: there is no index, or one that no frame has.

        Example:
            >>> from qffc.data import load_embedded
            >>> water = load_embedded("water")
            >>> water.subset([5, 3])
            Dataset('water', OH2, 2 frames)
        """
        chosen = np.asarray(indices)
        if chosen.ndim != 1 or chosen.size == 0 or chosen.dtype.kind not in "iu":
            raise error(
                "no frames chosen",
                where="subset",
                found=f"{len(chosen)} indices of dtype {chosen.dtype}" if chosen.ndim == 1 else f"{indices!r}",
                expected="a sequence of at least one frame index",
                help="choose frames by whole numbers; a dataset has at least one frame",
            )
        wrong = np.flatnonzero((chosen < 0) | (chosen >= len(self)))
        if wrong.size:
            raise error(
                "no such frame",
                where="subset",
                found=f"index {chosen[wrong[0]]}",
                expected=f"0 to {len(self) - 1}",
                help="count frames from 0; make the split from this dataset",
            )
        return Dataset(
            self.numbers,
            self.positions[chosen],
            self.energies[chosen],
            self.forces[chosen],
            name=self.name,
            source=self.source,
            has_forces=self.has_forces,
            cells=None if self.cells is None else self.cells[chosen],
            pbc=None if self.pbc is None else self.pbc[chosen],
            stresses=None if self.stresses is None else self.stresses[chosen],
            pbc_assumed=self.pbc_assumed,
        )

    def split(self, *, train: int, validation: int = 0, test: int | None = None, seed: int = 0) -> Split:
        """Draw disjoint training, validation and test frames; see :func:`qffc.data.split.draw_split`.

        Args:
            train: number of training frames, at least 1.
            validation: number of validation frames.
            test: number of test frames; None takes all that are left.
            seed: seed of the draw, not negative.

        Returns:
            The frame indices; the same arguments give the same split.

        Raises:
            QffcError: a number is no count, or more frames are asked for than there are.

        Example:
            >>> from qffc.data import load_embedded
            >>> split = load_embedded("water").split(train=500, validation=100, seed=0)
            >>> len(split.test)
            400
        """
        return draw_split(len(self), train=train, validation=validation, test=test, seed=seed)

    def published_split(
        self, number: int, *, train: int, validation: int = 0, test: int | None = None, seed: int = 0
    ) -> Split:
        """Return a split that comes with the data; see :func:`qffc.data.split.take_split`.

        Args:
            number: which one, from 1.
            train: number of training frames, at least 1.
            validation: number of validation frames, drawn from frames that the split leaves out.
            test: number of test frames; None takes all of the split's.
            seed: of the draw of the validation frames.

        Raises:
            QffcError: the data come without this split, or more frames are asked for than there are.
        """
        if not 1 <= number <= len(self.published):
            count = len(self.published)
            raise error(
                "no such published split",
                where=self.name,
                found=f"split {number}",
                expected=f"1 to {count}" if count else "data with 'train_idx' and 'test_idx', an npz like rMD17's",
                help="choose another number, or leave it out to draw a split",
            )
        chosen = self.published[number - 1]
        return take_split(chosen, len(self), train=train, validation=validation, test=test, seed=seed)
