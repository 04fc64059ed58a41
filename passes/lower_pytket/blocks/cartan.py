"""The Cartan (KAK) decomposition of many unitary matrices of two qubits at once.

U = (A1 x A2) exp(-i/2 (a XX + b YY + c ZZ)) (B1 x B2), up to a phase. In the magic basis turns of the two qubits are
real and the middle is diagonal (Kraus and Cirac, Phys. Rev. A 63, 062309), so that it comes from the eigenvectors of a
symmetric unitary matrix.
"""

from __future__ import annotations

from math import cos, pi, sin
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qffc.ir.pauli import LETTERS
from qffc.passes.lower_pytket.pairs import turn_matrix
from qffc.passes.lower_pytket.turn_arrays import Floats, Matrices, Turns, matrices, nearest_zeros, product, turns_of
from qffc.passes.lower_pytket.turns import FLIPS, Turn, inverse, turn_about_axis

_MAGIC = np.array([[1, 0, 0, 1j], [0, 1j, 1, 0], [0, 1j, -1, 0], [1, 0, 0, -1j]]) / np.sqrt(2)
_PAULIS = [1j * turn_matrix(FLIPS[letter]) for letter in LETTERS]
_SIGNS = np.array([np.diag(_MAGIC.conj().T @ np.kron(p, p) @ _MAGIC).real for p in _PAULIS])
"""(3, 4): the eigenvalues of XX, YY and ZZ in the magic basis."""
_MIXTURES = (0.5, 1.3, 2.2, 2.9)
"""Angles at which real and imaginary part are added; eigenvectors of the sum are those of both, but for one sum in
many that has equal eigenvalues where the parts have none, and then another one is taken."""
_EXACT = 1e-13
_EDGE = 1e-9


class Cartan(NamedTuple):
    """Parts of unitary matrices, in rows.

    Args:
        after: turns of the two qubits after the middle, each (rows, 4).
        angles: (rows, 3), radians: a, b and c.
        before: turns of the two qubits before the middle, each (rows, 4).
    """

    after: tuple[Turns, Turns]
    angles: Floats
    before: tuple[Turns, Turns]


def cartan(unitaries: Matrices) -> Cartan:
    """Return the decomposition; angles are in no order, see :func:`in_order`.

    Args:
        unitaries: (rows, 4, 4).

    Example:
        >>> cnot = np.eye(4)[[0, 1, 3, 2]].astype(complex)[None]
        >>> sorted(np.round(np.abs(in_order(cartan(cnot)).angles[0] / pi), 9).tolist())
        [0.0, 0.0, 0.5]
    """
    special = unitaries / np.linalg.det(unitaries)[:, None, None] ** 0.25
    magic = _MAGIC.conj().T @ special @ _MAGIC
    vectors, eigenvalues = _common_eigenvectors(magic.transpose(0, 2, 1) @ magic)
    vectors[:, :, 0] *= np.sign(np.linalg.det(vectors))[:, None]
    phases = np.angle(eigenvalues) / 2
    left = (magic @ vectors * np.exp(-1j * phases)[:, None, :]).real
    negative = np.linalg.det(left) < 0
    phases[:, 0] += np.where(negative, pi, 0.0)
    left[:, :, 0] *= np.where(negative, -1.0, 1.0)[:, None]
    rows = len(left)
    on_a, on_b = _factors(_MAGIC @ np.concatenate([left, vectors.transpose(0, 2, 1)]) @ _MAGIC.conj().T)
    return Cartan(
        (on_a[:rows], on_b[:rows]),
        -(phases[:, None, :] * _SIGNS).sum(axis=2) / 2,  # not by BLAS, which rounds by the number of rows
        (on_a[rows:], on_b[rows:]),
    )


def in_order(parts: Cartan) -> Cartan:
    """Return the decomposition with |a| >= |b| >= |c|, all at most pi/2.

    A multiple of pi is a flip of both qubits, and equal turns of both trade two of the angles.
    """
    after, angles, before = reduced(parts)
    # Three steps of a bubble sort; angles that are equal but for rounding stay.
    for first in (0, 1, 0):
        trade = np.abs(angles[:, first]) < np.abs(angles[:, first + 1]) - _EXACT
        swapped = angles.copy()
        swapped[:, [first, first + 1]] = angles[:, [first + 1, first]]
        angles = np.where(trade[:, None], swapped, angles)
        turn = turn_about_axis(LETTERS[2 - 2 * first], pi / 2)
        after = _where(trade, after, inverse(turn), last=False)
        before = _where(trade, before, turn, last=True)
    return Cartan(after, angles, before)


def reduced(parts: Cartan) -> Cartan:
    """Return the decomposition with angles of at most pi/2: whole multiples of pi are flips of both qubits."""
    # -pi/2 is pi/2: rounding does not decide between them.
    rest, periods = nearest_zeros(parts.angles - _EDGE, pi)
    rest = rest + _EDGE
    after = parts.after
    for axis, letter in enumerate(LETTERS):
        after = _where(periods[:, axis] % 2 == 1, after, FLIPS[letter], last=False)
    return Cartan(after, rest, parts.before)


def without_swap(parts: Cartan) -> Cartan:
    """Return the decomposition of SWAP times each matrix: where the two wires trade places afterwards, it is enough.

    SWAP is the middle with three angles of pi/2, up to a phase.
    """
    first, second = parts.after
    return Cartan((second, first), parts.angles - pi / 2, parts.before)


def nonzero(angles: Floats, least: float) -> NDArray[np.int64]:
    """Return how many angles of each row are not below a limit in radians."""
    counts: NDArray[np.int64] = np.count_nonzero(np.abs(angles) >= least, axis=1)
    return counts


def _common_eigenvectors(symmetric: Matrices) -> tuple[Floats, Matrices]:
    """Real orthogonal eigenvectors of symmetric unitary matrices, in columns, and the eigenvalues."""
    vectors = np.empty(symmetric.shape)
    eigenvalues = np.empty(symmetric.shape[:2], dtype=np.complex128)
    errors = np.full(len(symmetric), np.inf)
    rows = np.arange(len(symmetric))
    for mixture in _MIXTURES:
        some = symmetric[rows]
        _, found = np.linalg.eigh(cos(mixture) * some.real + sin(mixture) * some.imag)
        diagonal = found.transpose(0, 2, 1) @ some @ found
        values = np.einsum("rkk->rk", diagonal).copy()
        diagonal[:, range(4), range(4)] = 0.0
        error = np.abs(diagonal).max(axis=(1, 2))
        better = error < errors[rows]
        vectors[rows[better]], eigenvalues[rows[better]] = found[better], values[better]
        errors[rows[better]] = error[better]
        rows = rows[errors[rows] > _EXACT]
        if not len(rows):
            break
    return vectors, eigenvalues


def _factors(products: Matrices) -> tuple[Turns, Turns]:
    """The turns A and B of matrices A x B."""
    blocks = products.reshape(-1, 2, 2, 2, 2).transpose(0, 1, 3, 2, 4)  # A[i, j] B[k, l] at [i, j, k, l]
    rows = np.arange(len(blocks))
    # The largest entry of A is at least 1/sqrt(2), and so is that of B.
    place = np.abs(blocks.reshape(-1, 4, 4)).reshape(-1, 16).argmax(axis=1)
    flat = blocks.reshape(-1, 4, 4)
    on_a = flat[rows, :, place % 4].reshape(-1, 2, 2)
    on_b = flat[rows, place // 4, :].reshape(-1, 2, 2)
    turns = turns_of(np.concatenate([on_a, on_b]))
    return turns[: len(rows)], turns[len(rows) :]


def _where(rows: NDArray[np.bool_], turns: tuple[Turns, Turns], turn: Turn, *, last: bool) -> tuple[Turns, Turns]:
    """Turns of both qubits with another turn of both, after or before them in time, in some rows."""
    if not rows.any():
        return turns
    first, second = turns[0].copy(), turns[1].copy()
    some = np.concatenate([first[rows], second[rows]])
    some = product(turn, some) if last else product(some, turn)
    half = len(some) // 2
    first[rows], second[rows] = some[:half], some[half:]
    return first, second


def unitaries_of(parts: Cartan) -> Matrices:
    """Return the matrices, (rows, 4, 4)."""
    phases = np.exp(-0.5j * parts.angles @ _SIGNS)
    middle = (_MAGIC * phases[:, None, :]) @ _MAGIC.conj().T
    found: Matrices = kron(*parts.after) @ middle @ kron(*parts.before)
    return found


def kron(first: Turns, second: Turns) -> Matrices:
    """Return the matrices of a turn of each of two qubits, (rows, 4, 4)."""
    a, b = matrices(first), matrices(second)
    found: Matrices = np.einsum("rij,rkl->rikjl", a, b).reshape(-1, 4, 4)
    return found
