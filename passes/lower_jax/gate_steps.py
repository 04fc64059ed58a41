"""One gate of the portable kernel: applied, undone, and differentiated along its coefficients.

Most gates have the form psi'[r] = D psi[r] + O psi[permutation[r]], where D and O take one of two values by a bit of
the row r. A collective exchange has a phase for each total spin of its qubits instead: psi' = psi + sum over spins of
(phase - 1) times a projector, a matrix that is the same for all sets of one size. Its permutation brings the qubits
of the set to the front.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from qffc.passes.circuit.total_spin import spin_projectors

Pair = tuple[jax.Array, jax.Array]
"""A state with its real and its imaginary part apart, each (2**qubits, batch)."""
_T = TypeVar("_T")


class GateRow(NamedTuple):
    """A row of :class:`~qffc.passes.lower_jax.table.GateTable` with coefficients, (8 or 9, batch); see there.

    What only undoing or only some programs need is None otherwise.
    """

    permutation: jax.Array
    bit: jax.Array
    coefs: jax.Array
    inverse: jax.Array | None = None
    flips: jax.Array | None = None
    second: jax.Array | None = None
    second_inverse: jax.Array | None = None
    branch: jax.Array | None = None


def apply(state: Pair, row: GateRow, sets: tuple[int, ...]) -> Pair:
    """Return the state after a gate; ``sets`` are the sizes of the sets that collective exchanges act on."""
    return _by_branch(_apply, _apply_collective, row, sets)(state, row)


def undo(state: Pair, row: GateRow, sets: tuple[int, ...]) -> Pair:
    """Return the state before a gate."""
    return _by_branch(_undo, _undo_collective, row, sets)(state, row)


def coefficient_gradient(costate: Pair, before: Pair, row: GateRow, sets: tuple[int, ...]) -> jax.Array:
    """Return d energy / d coefficients: 2 Re <costate| d gate |before>, (8 or 9, batch)."""
    return _by_branch(_gradient, _collective_gradient, row, sets)((costate, before), row)


def _by_branch(
    plain: Callable[..., _T], collective: Callable[..., _T], row: GateRow, sets: tuple[int, ...]
) -> Callable[..., _T]:
    if not sets or row.branch is None:
        return plain
    return partial(jax.lax.switch, row.branch, [plain, *(partial(collective, count) for count in sets)])


# --------------------------------------------------------------------------- two terms, or three


def _apply(state: Pair, row: GateRow) -> Pair:
    return _terms(state, row.permutation, row.bit, row.second, row.coefs)


def _undo(state: Pair, row: GateRow) -> Pair:
    assert row.inverse is not None
    assert row.flips is not None
    return _terms(state, row.inverse, row.bit, row.second_inverse, _adjoint(row.coefs, row.flips))


def _terms(state: Pair, permutation: jax.Array, bit: jax.Array, second: jax.Array | None, coefs: jax.Array) -> Pair:
    real, imag = state
    other_real, other_imag = real[permutation], imag[permutation]
    chosen = jnp.where(bit[None, :, None], coefs[4:8, None, :], coefs[0:4, None, :])
    d_real, d_imag, o_real, o_imag = chosen
    new_real = d_real * real - d_imag * imag + o_real * other_real - o_imag * other_imag
    new_imag = d_real * imag + d_imag * real + o_real * other_imag + o_imag * other_real
    if second is not None:
        new_real = new_real + coefs[8][None, :] * real[second]
        new_imag = new_imag + coefs[8][None, :] * imag[second]
    return new_real, new_imag


def _adjoint(coefs: jax.Array, flips: jax.Array) -> jax.Array:
    """The coefficients of the adjoint: O is conjugated and belongs to the row that it was read from.

    Where the permutation flips the bit the two off-diagonal coefficients trade places. The third term of a chirality is
    real, and only its permutation is inverted.
    """
    swapped = jnp.where(flips, jnp.concatenate([coefs[6:8], coefs[2:4]]), jnp.concatenate([coefs[2:4], coefs[6:8]]))
    signs = jnp.array([1.0, -1.0], coefs.dtype)[:, None]
    parts = [signs * coefs[0:2], signs * swapped[0:2], signs * coefs[4:6], signs * swapped[2:4], coefs[8:]]
    return jnp.concatenate(parts)


def _gradient(states: tuple[Pair, Pair], row: GateRow) -> jax.Array:
    (lr, li), (br, bi) = states
    pr, pi = br[row.permutation], bi[row.permutation]
    products = jnp.stack([lr * br + li * bi, li * br - lr * bi, lr * pr + li * pi, li * pr - lr * pi])
    upper = jnp.where(row.bit[None, :, None], products, 0.0)
    one = 2.0 * jnp.sum(upper, axis=1)
    total = 2.0 * jnp.sum(products, axis=1)
    parts = [total - one, one]
    if row.second is not None:
        parts.append(2.0 * jnp.sum(lr * br[row.second] + li * bi[row.second], axis=0)[None])
    return jnp.concatenate(parts)


# --------------------------------------------------------------------------- a phase for each total spin


def _apply_collective(count: int, state: Pair, row: GateRow, sign: float = 1.0) -> Pair:
    assert row.inverse is not None
    real, imag = state
    for k, (pr, pi) in enumerate(_projections(count, state, row)):
        change_real, change_imag = row.coefs[2 * k][None, :], sign * row.coefs[2 * k + 1][None, :]
        real = real + (change_real * pr - change_imag * pi)
        imag = imag + (change_real * pi + change_imag * pr)
    return real, imag


def _undo_collective(count: int, state: Pair, row: GateRow) -> Pair:
    return _apply_collective(count, state, row, sign=-1.0)


def _collective_gradient(count: int, states: tuple[Pair, Pair], row: GateRow) -> jax.Array:
    (lr, li), before = states
    parts = []
    for pr, pi in _projections(count, before, row):
        parts += [2.0 * jnp.sum(lr * pr + li * pi, axis=0), 2.0 * jnp.sum(li * pr - lr * pi, axis=0)]
    nothing = [jnp.zeros_like(row.coefs[0])] * (row.coefs.shape[0] - len(parts))
    return jnp.stack(parts + nothing)


def _projections(count: int, state: Pair, row: GateRow) -> list[Pair]:
    """The parts of a state with each total spin but the largest of the set."""
    assert row.inverse is not None
    found = []
    for projector in spin_projectors(count)[1:]:
        matrix = jnp.asarray(projector, state[0].dtype)
        real, imag = (_on_front(matrix, part[row.permutation])[row.inverse] for part in state)
        found.append((real, imag))
    return found


def _on_front(matrix: jax.Array, part: jax.Array) -> jax.Array:
    """A matrix on the first qubits of one part of a state."""
    blocks = part.reshape(matrix.shape[0], -1)
    return jnp.dot(matrix, blocks, precision="highest").reshape(part.shape)


def set_to_front(rows: np.ndarray, shifts: list[int]) -> np.ndarray:
    """Return the rows in the order of the bits at ``shifts``, the first the most significant, then of all others.

    Args:
        rows: 0, 1, ..., 2**qubits - 1.
        shifts: places of the bits of a set of qubits.
    """
    others = [shift for shift in reversed(range(len(rows).bit_length() - 1)) if shift not in shifts]
    keys = sum(((rows >> shift) & 1) << place for place, shift in enumerate(reversed([*shifts, *others])))
    return np.argsort(keys)
