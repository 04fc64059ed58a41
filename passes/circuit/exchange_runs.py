r"""Exchanges in a row on three qubits: any number of them is at most four.

Three spins 1/2 are one spin 3/2 and two spins 1/2, and exchanges, which are made of permutations, tell these apart and
nothing more (Schur-Weyl duality). Exchanges act on the spin 3/2 as one phase, which counts as the
global one, and mix the two spins 1/2: on that plane exp(-i t (XX + YY + ZZ)) is, up to the global phase,

    F(z) = 1 + (z - 1) |s><s|,    z = exp(4 i t),

with s the state where the two qubits of the exchange are a singlet; the three s lie at 120 degrees. A run is a unitary
matrix W of two rows, four numbers, and W = F_a F_b F_c F_d has a solution in closed form: F_b F_c are exactly the X
with <b'|X|c'> = <b'|c'>, where b' and c' are orthogonal to s_b and s_c, and in X = F_a^-1 W F_d^-1 this is one equation
bilinear in two phases.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError

Matrix = NDArray[np.complex128]
Exchanges = list[tuple[int, int, float]]
"""Two of the qubits 0, 1, 2 and an angle in radians, in the order of execution."""

MOST = 4
"""Exchanges that any run needs at most."""
PAIRS = ((0, 1), (1, 2), (0, 2))
_SINGLETS = np.array([[0.0, 1.0], [sqrt(3) / 2, -1 / 2], [sqrt(3) / 2, 1 / 2]])
"""Of each pair, s in the plane of the two spins 1/2; the basis is (pair 0-1 a triplet, pair 0-1 a singlet)."""
_ACROSS = np.array([[-s[1], s[0]] for s in _SINGLETS])
_SEQUENCES = [path for path in product(range(3), repeat=4) if all(a != b for a, b in zip(path, path[1:], strict=False))]
_TOLERANCES = (1e-12, 1e-9)
"""Solutions near singular ones lose digits; better ones are preferred."""
_COMPARED = 6
"""Solutions to choose from: most runs have dozens, and a good one is soon among them."""


def shorten(exchanges: Sequence[tuple[int, int, float]]) -> Exchanges:
    """Return at most four exchanges with the unitary of a run on qubits 0, 1 and 2, up to a global phase.

    Args:
        exchanges: two qubits and an angle in radians, in the order of execution.

    Example:
        >>> run = [(0, 1, 0.3), (1, 2, 0.2), (0, 1, 0.1), (0, 2, -0.4), (1, 2, 0.7), (0, 1, 0.2)]
        >>> short = shorten(run)
        >>> len(short), bool(np.allclose(plane_matrix(short), plane_matrix(run), atol=1e-9))
        (4, True)
    """
    wanted = plane_matrix(exchanges)
    for tolerance in _TOLERANCES:
        best = _best(wanted, tolerance)
        if best is not None:
            return best
    raise InternalError(f"no four exchanges found for {list(exchanges)}")


def _best(wanted: Matrix, tolerance: float) -> Exchanges | None:
    """A solution that is right to a tolerance: few exchanges, then small angles."""
    best: Exchanges | None = None
    solutions = ((path, phases) for path in _SEQUENCES for phases in _solutions(wanted, path))
    compared = 0
    for path, phases in solutions:
        found = [(*PAIRS[k], float(np.angle(z)) / 4) for k, z in zip(path, phases, strict=True)][::-1]
        if np.abs(plane_matrix(found) - wanted).max() > tolerance:
            continue
        kept = [item for item in found if abs(item[2]) > tolerance / 4]
        if best is None or (len(kept), _size(kept)) < (len(best), _size(best)):
            best = kept
        compared += 1
        if compared == _COMPARED:
            break
    return best


def plane_matrix(exchanges: Sequence[tuple[int, int, float]]) -> Matrix:
    """Return what a run does to the two spins 1/2 of three qubits, (2, 2), the phase of the spin 3/2 taken out."""
    matrix = np.eye(2, dtype=np.complex128)
    for a, b, angle in exchanges:
        matrix = _factor(PAIRS.index((min(a, b), max(a, b))), np.exp(4j * angle)) @ matrix
    return matrix


def _factor(pair: int, z: complex) -> Matrix:
    s = _SINGLETS[pair]
    return np.eye(2) + (z - 1) * np.outer(s, s)


def _solutions(wanted: Matrix, path: tuple[int, ...]) -> list[tuple[complex, ...]]:
    """Phases (z_a, z_b, z_c, z_d) with F_a F_b F_c F_d = wanted."""
    a, b, c, d = path
    left, right = _ACROSS[b], _ACROSS[c]
    # <b'|F_a(x)^-1 W F_d(y)^-1|c'> with u, v the phases of the inverses:  A + B u + C v + D u v.
    on_a, on_d = (left @ _SINGLETS[a]) * _SINGLETS[a], (right @ _SINGLETS[d]) * _SINGLETS[d]
    rest_a, rest_d = left - on_a, right - on_d
    constant, by_u = rest_a @ wanted @ rest_d - left @ right, on_a @ wanted @ rest_d
    by_v, by_both = rest_a @ wanted @ on_d, on_a @ wanted @ on_d
    results: list[tuple[complex, ...]] = []
    for v in _phases(constant, by_u, by_v, by_both):
        top, bottom = -(constant + by_v * v), by_u + by_both * v
        # Where both vanish, any phase will do.
        u = top / bottom if abs(bottom) > 1e-7 else 1.0
        if abs(abs(u) - 1) > 1e-6:
            continue
        middle = _factor(a, u / abs(u)) @ wanted @ _factor(d, v)
        z_b = 1 + _SINGLETS[b] @ (middle @ right - right) / (_SINGLETS[b] @ right)
        z_c = 1 + (left @ middle - left) @ _SINGLETS[c] / (left @ _SINGLETS[c])
        results.append((abs(u) / u, z_b, z_c, 1 / v))
    return results


def _phases(constant: complex, by_u: complex, by_v: complex, by_both: complex) -> list[complex]:
    """Phases v for which some phase u solves constant + by_u u + by_v v + by_both u v = 0."""
    # |constant + by_v v|^2 = |by_u + by_both v|^2:  mean + Re(wave v) = 0.
    mean = abs(constant) ** 2 + abs(by_v) ** 2 - abs(by_u) ** 2 - abs(by_both) ** 2
    wave = 2 * (np.conj(constant) * by_v - np.conj(by_u) * by_both)
    size = abs(wave)
    if size < 1e-12:
        return [1.0 + 0j] if abs(mean) < 1e-9 else []
    if abs(mean) > size * (1 + 1e-9):
        return []
    turn = np.arccos(np.clip(-mean / size, -1.0, 1.0))
    return [complex(np.exp(1j * (sign * turn - np.angle(wave)))) for sign in (1, -1)]


def _size(exchanges: Exchanges) -> float:
    """The sum of the angles, each as far from the nearest SWAP as it is."""
    return sum(abs((angle + pi / 8) % (pi / 4) - pi / 8) for _, _, angle in exchanges)
