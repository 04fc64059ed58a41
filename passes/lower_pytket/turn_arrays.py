"""Turns of one qubit as rows of arrays; see ``turns.py`` for single ones."""

from __future__ import annotations

from math import pi
from typing import overload

import numpy as np
from numpy.typing import NDArray

from qffc.passes.lower_pytket.turns import Turn, after

Floats = NDArray[np.float64]
Turns = NDArray[np.float64]
"""Turns as rows (w, x, y, z)."""
Matrices = NDArray[np.complex128]

_FEW = 64
"""Rows of which all terms are multiplied sooner than column by column."""
_FACTORS = np.array([[0, 1, 2, 3], [1, 0, 3, 2], [2, 3, 0, 1], [3, 2, 1, 0]])
_SIGNS = np.array([[1.0, -1.0, -1.0, -1.0], [1.0, 1.0, 1.0, -1.0], [1.0, -1.0, 1.0, 1.0], [1.0, 1.0, -1.0, 1.0]])
"""For each part of a product, which parts of the first turn meet w, x, y and z of the second one, and their signs."""


def constant_turns(turn: Turn, count: int) -> Turns:
    """Return one turn in each row."""
    turns = np.empty((count, 4))
    turns[:] = turn
    return turns


@overload
def product(second: Turn, first: Turn) -> Turn: ...
@overload
def product(second: Turns, first: Turns | Turn) -> Turns: ...
@overload
def product(second: Turn, first: Turns) -> Turns: ...
@overload
def product(second: Turns | Turn, first: Turns | Turn) -> Turns | Turn: ...
def product(second: Turns | Turn, first: Turns | Turn) -> Turns | Turn:
    """Return the matrix product second * first of turns in rows, of one turn with rows, or of two turns."""
    if isinstance(second, tuple) and isinstance(first, tuple):
        return after(second, first)
    rows = len(first) if isinstance(second, tuple) else len(second)
    if rows == 1:  # the same sums, in numbers
        return np.array([after(_only(second), _only(first))])
    if rows <= _FEW:
        return _few_products(np.asarray(second), np.asarray(first))
    a, b, c, d = second if isinstance(second, tuple) else second.T
    w, x, y, z = first if isinstance(first, tuple) else first.T
    turns: Turns = np.empty((rows, 4))
    turns[:, 0] = a * w - b * x - c * y - d * z
    turns[:, 1] = a * x + b * w + c * z - d * y
    turns[:, 2] = a * y - b * z + c * w + d * x
    turns[:, 3] = a * z + b * y - c * x + d * w
    return turns


def _only(turns: Turns | Turn) -> Turn:
    """The turn of a table with one row, or a turn that is alone."""
    if isinstance(turns, tuple):
        return turns
    w, x, y, z = turns[0].tolist()
    return w, x, y, z


def _few_products(second: Turns, first: Turns) -> Turns:
    """The same sums in the same order, of turns in rows or of one turn and such: all terms by a few calls of NumPy."""
    terms = first.take(_FACTORS, axis=-1) * _SIGNS
    products: Turns = np.add.reduce(terms * second[..., None, :], axis=-1)
    return products


def inverses(turns: Turns) -> Turns:
    """Return the turns back."""
    back: Turns = turns * np.array([1.0, -1.0, -1.0, -1.0])
    return back


def turns_about(vectors: Floats) -> Turns:
    """Return the turns exp(-i/2 v . sigma)."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    # sin(l/2)/l without a division by zero.
    turns: Turns = np.concatenate([np.cos(lengths / 2), np.sinc(lengths / (2 * pi)) / 2 * vectors], axis=-1)
    return turns


def turns_onto_z(axes: Floats) -> Turns:
    """Return turns that take axes to z or -z; see :func:`qffc.passes.lower_pytket.frame_rules.onto_z`."""
    lengths = np.linalg.norm(axes, axis=1, keepdims=True)
    safe = np.where(lengths > 0, axes / np.where(lengths > 0, lengths, 1.0), np.array([0.0, 0.0, 1.0]))
    x, y, z = (np.where(safe[:, 2:] < 0, -safe, safe)).T
    turns: Turns = np.stack([1 + z, y, -x, np.zeros_like(z)], axis=1) / np.sqrt(2 * (1 + z))[:, None]
    return turns


def matrices(turns: Turns) -> Matrices:
    """Return the matrices of turns, (rows, 2, 2)."""
    w, x, y, z = turns.T
    found: Matrices = np.empty((len(turns), 2, 2), dtype=np.complex128)
    found[:, 0, 0], found[:, 0, 1] = w - 1j * z, -y - 1j * x
    found[:, 1, 0], found[:, 1, 1] = y - 1j * x, w + 1j * z
    return found


def turns_of(unitaries: Matrices) -> Turns:
    """Return the turns of unitary matrices, their phases dropped."""
    (a, b), (c, d) = unitaries.transpose(1, 2, 0)
    root = np.sqrt(a * d - b * c)
    a, b, c, d = a / root, b / root, c / root, d / root
    turns: Turns = np.empty((len(unitaries), 4))
    turns[:, 0], turns[:, 1] = a.real + d.real, -b.imag - c.imag
    turns[:, 2], turns[:, 3] = c.real - b.real, d.imag - a.imag
    turns /= 2
    return turns


def nearest_zeros(angles: Floats, period: float) -> tuple[Floats, Floats]:
    """Return angles minus whole periods, as close to zero as can be, and how many periods went."""
    periods = np.rint(angles / period)
    return angles - periods * period, periods
