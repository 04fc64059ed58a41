"""The steps of a native program (``native/noisy_program.hpp``), one by one; places are those of their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qffc.passes.native_library import FORMAT

(
    _LINEAR,
    _TURN,
    _SINE,
    _PRODUCT,
    _DIRECTION,
    _CROSS,
    _LONGEST,
    _FRAME,
    _LEG,
    _ACROSS,
    _START,
    _GATE,
    _CONTRACT,
    _ADD,
) = range(14)

Part = tuple[tuple[int, ...], int]
"""One or two tracks, and the place of the numbers of their letters."""


@dataclass(frozen=True)
class Matrix:
    """Numbers as the entries of a matrix.

    Args:
        place: of the first entry.
        shape: rows and columns.
        strides: from one row to the next, and from one column to the next.
    """

    place: int
    shape: tuple[int, int]
    strides: tuple[int, int]

    @classmethod
    def at(cls, place: int, rows: int, columns: int) -> Matrix:
        """Return entries that lie row by row.

        Example:
            >>> Matrix.at(5, 3, 4).transposed
            Matrix(place=5, shape=(4, 3), strides=(1, 4))
        """
        return cls(place, (rows, columns), (columns, 1))

    @property
    def transposed(self) -> Matrix:
        """The transpose, of the same numbers."""
        return Matrix(self.place, self.shape[::-1], self.strides[::-1])


class StepWriter:
    """Steps so far, and the numbers that they write.

    Args:
        slots: how many numbers are there at first.
    """

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._steps: list[tuple[int, Sequence[int], Sequence[float]]] = []
        self.numbers = slots
        """How many there are."""

    def __len__(self) -> int:
        return len(self._steps)

    def room(self, count: int) -> int:
        """Return the place of new numbers."""
        place = self.numbers
        self.numbers += count
        return place

    def linear(self, constants: ArrayLike, terms: Sequence[Sequence[tuple[float, int]]], to: int | None = None) -> int:
        """Write affine combinations.

        Args:
            constants: of each.
            terms: of each, weights and places.
            to: where they go; left out, to new numbers.
        """
        constants = np.asarray(constants, float).reshape(-1)
        place = self.room(len(constants)) if to is None else to
        ints, reals = [place, len(constants)], []
        for constant, each in zip(constants, terms, strict=True):
            used = [(weight, source) for weight, source in each if weight]
            ints += [len(used), *(source for _, source in used)]
            reals += [float(constant), *(weight for weight, _ in used)]
        self._add(_LINEAR, ints, reals)
        return place

    def constant(self, values: ArrayLike) -> int:
        """Write constants, flattened."""
        flat = np.asarray(values, float).reshape(-1)
        return self.linear(flat, [()] * len(flat))

    def padded(self, matrix: int, factor: float = 1.0, beside: ArrayLike | None = None) -> int:
        """Write a (3, 3) times a factor, with a constant (3, 3) added, as a (4, 4) that leaves the letter I alone."""
        constants = np.zeros((4, 4))
        constants[0, 0] = 1.0
        if beside is not None:
            constants[1:, 1:] = beside
        terms = [
            [(factor, matrix + 3 * (i - 1) + j - 1)] if i > 0 and j > 0 else [] for i in range(4) for j in range(4)
        ]
        return self.linear(constants, terms)

    def turn(self, vector: int) -> int:
        """Write what exp(-i/2 v . sigma) does to vectors, (3, 3)."""
        return self._add(_TURN, [self.room(11), vector])

    def sine(self, angle: int) -> int:
        """Write cosine and sine."""
        return self._add(_SINE, [self.room(2), angle])

    def product(self, left: Matrix, right: Matrix) -> int:
        """Write a product of matrices, row by row."""
        (rows, inner), columns = left.shape, right.shape[1]
        place = self.room(rows * columns)
        return self._add(
            _PRODUCT, [place, rows, inner, columns, left.place, *left.strides, right.place, *right.strides]
        )

    def direction(self, vector: int, to: int | None = None) -> int:
        """Write the unit vector along one, that of z where it vanishes."""
        return self._add(_DIRECTION, [self.room(3) if to is None else to, vector])

    def cross(self, first: int, second: int, to: int) -> int:
        """Write the cross product of two vectors."""
        return self._add(_CROSS, [to, first, second])

    def longest(self, vectors: Sequence[int]) -> int:
        """Write the longest of some vectors."""
        return self._add(_LONGEST, [self.room(3), *vectors])

    def frame(self, axis: int) -> int:
        """Write a frame whose z is along a unit vector or against it, whichever is above."""
        return self._add(_FRAME, [self.room(9), axis])

    def leg(self, places: tuple[int, int, int], strengths: tuple[float, float, float, float]) -> int:
        """Write a turn with the noise on it.

        Args:
            places: of the turn, and of the axes along which memory dephases before and after it.
            strengths: what dephasings before and after keep, what the gate keeps, and the sine of its smallest angle.
        """
        return self._add(_LEG, [self.room(9), *places], strengths)

    def across(self, vector: int, to: int) -> int:
        """Write the unit vector across a unit vector and z."""
        return self._add(_ACROSS, [to, vector])

    def start(self, to: int, tracks: int, parts: Sequence[Part]) -> int:
        """Write a product state."""
        return self._add(_START, [to, tracks, *_flat(parts)])

    def gate(
        self, to: int, state: int, count: int, tracks: tuple[int, int], legs: tuple[int, int], angle: int, kept: float
    ) -> int:
        """Write the state after a gate on two of its tracks; legs of -1 are none."""
        return self._add(_GATE, [to, state, count, *tracks, *legs, angle], [kept])

    def contract(self, state: int, count: int, part: Part, kept: Sequence[int]) -> int:
        """Write the sum of a state over the letters of a part: a state of the tracks that are kept, in order."""
        place = self.room(4 ** len(kept))
        return self._add(_CONTRACT, [place, state, count, *_flat([part]), len(kept), *kept])

    def add(self, value: int, weights: Sequence[tuple[int, float]]) -> None:
        """Add a number to moments, by their numbers and weights."""
        self._add(_ADD, [0, value, *(moment for moment, _ in weights)], [weight for _, weight in weights])

    def arrays(
        self, tracks: int, schedule: Sequence[int], constants: Sequence[float]
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return the program as two arrays.

        Args:
            tracks: of the largest state.
            schedule: numbers of steps from 1 on, negative where they are gone back through.
            constants: of the moments.
        """
        ints = [FORMAT, self._slots, self.numbers, len(constants), tracks, len(self._steps), len(schedule)]
        reals: list[float] = []
        for kind, own, weights in self._steps:
            ints += [kind, len(own), len(weights), *own]
            reals += weights
        return np.array([*ints, *schedule], np.int32), np.array([*reals, *constants], np.float64)

    def _add(self, kind: int, ints: Sequence[int], reals: Sequence[float] = ()) -> int:
        self._steps.append((kind, ints, reals))
        return ints[0]


def _flat(parts: Sequence[Part]) -> list[int]:
    return [number for tracks, place in parts for number in (tracks[0], tracks[1] if len(tracks) > 1 else -1, place)]
