"""A geometry relaxed by forces from shots: steps that know their noise, an end that knows what is significant.

A force F with the covariance S is significant when F S^-1 F, which without a true force follows the chi-squared
distribution of as many degrees of freedom as the molecule's shape has, is above its 95 % quantile. Steps are P^-1 F
with a guess P of the Hessian, in each of its directions shortened by the part of the square of the force that is noise
in the mean, as an estimator of James and Stein is. Where noise is more than half of F P^-1 F the next forces get more
shots: the norm test of Byrd, Chin, Nocedal and Wu (Mathematical Programming 134, 127 (2012)). The end is where forces
of the asked standard error are not significant. A last step with the Hessian H of the model goes to the minimum that
they point to, with the covariance H^-1 S H^-1 of its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from qffc.execution.shot_forces import ForceSource, NoisyForces
from qffc.execution.springs import shape_directions, shape_inverse, spring_hessian
from qffc.ir.diagnostics import error
from qffc.ir.telling import tell
from qffc.models.force_field import ForceField

Floats = NDArray[np.float64]

_LEVEL = 0.95
_NOISE_PART = 0.5
"""Of a step that may be noise, before there are more shots."""
_FIRST = 0.5
"""Standard error of the first forces, eV/Angstrom, or what is asked for where that is more."""
_SOFTEST = 2.0
"""Of a direction, eV/Angstrom^2: out of their plane flat molecules have no springs."""
_LONGEST = 0.1
"""Angstrom that an atom goes in a step."""
_DISPLACEMENT = 1e-3
"""Angstrom, for second derivatives of the model."""
_NEWTON = 30
"""Steps to the exact minimum, at most."""
_FORCELESS = 1e-6
"""Force components there, eV/Angstrom."""


class Step(NamedTuple):
    """One evaluation of the forces.

    Args:
        force: root mean square of the components, eV/Angstrom.
        error: of their standard errors.
        significance: F S^-1 F over its 95 % quantile without a true force; significant above 1.
        moved: the longest way of an atom, Angstrom.
        shots: of all circuits.
        price: in HQC.
    """

    force: float
    error: float
    significance: float
    moved: float
    shots: int
    price: float


@dataclass(frozen=True, eq=False)
class Relaxation:
    """A minimum from shots.

    Args:
        positions: (atoms, 3), Angstrom.
        covariance: (3 atoms, 3 atoms), Angstrom^2, of the shape; turns and translations have none.
        steps: evaluations of the forces, in order.
        converged: whether the last forces had the asked standard error and were not significant.
        exact: (atoms, 3), the minimum of the same model without shot noise, Angstrom; None where none was found.
    """

    positions: Floats
    covariance: Floats
    steps: tuple[Step, ...]
    converged: bool
    exact: Floats | None

    @property
    def shots(self) -> int:
        """Of all circuits of all steps."""
        return sum(step.shots for step in self.steps)

    @property
    def price(self) -> float:
        """In HQC, of all steps."""
        return sum(step.price for step in self.steps)

    def distance(self, a: int, b: int) -> tuple[float, float]:
        """Return the distance of two atoms and its standard error, Angstrom."""
        vector = self.positions[a] - self.positions[b]
        length = float(np.linalg.norm(vector))
        slope = np.zeros_like(self.positions)
        slope[a], slope[b] = vector / length, -vector / length
        flat = slope.reshape(-1)
        return length, float(np.sqrt(max(float(flat @ self.covariance @ flat), 0.0)))

    def exact_distance(self, a: int, b: int) -> float:
        """Return the distance at the exact minimum, Angstrom; nan where none was found."""
        return float("nan") if self.exact is None else float(np.linalg.norm(self.exact[a] - self.exact[b]))


def relax(
    source: ForceSource,
    model: ForceField,
    numbers: NDArray[np.integer],
    positions: Floats,
    *,
    standard_error: float,
    steps: int = 50,
) -> Relaxation:
    """Relax a molecule with forces from shots.

    Args:
        source: of the forces.
        model: whose second derivatives, simulated, give the error bars of the geometry, and the exact minimum.
        numbers: (atoms,) atomic numbers.
        positions: (atoms, 3), Angstrom.
        standard_error: of force components at the end, root mean square, eV/Angstrom.
        steps: evaluations of the forces, at most.

    Raises:
        QffcError: when the standard error or the steps are not above zero, or the model has no minimum there.
    """
    if not (np.isfinite(standard_error) and standard_error > 0 and steps > 0):
        raise error(
            "relaxation without an end",
            found=f"standard_error={standard_error}, steps={steps}",
            expected="numbers above zero",
            help="give the standard error that the forces should have at the end, such as 0.1 eV/Angstrom",
        )
    where = np.array(positions, dtype=np.float64)
    wanted, scale = max(_FIRST, standard_error), 1.0
    done: list[Step] = []
    before: _Moved | None = None
    pooled: _Pooled | None = None
    converged = False
    while not converged and len(done) < steps:
        tell("forces:", len(done), steps)
        found = source(where[None], wanted)
        pooled = _Pooled.of(where, found, wanted) if pooled is None else pooled.add(found, wanted)
        force, covariance = pooled.force, pooled.covariance
        if before is not None:
            scale, before = _stiffness(scale, before, pooled), None
        springs = spring_hessian(numbers, where)
        move, noisy = _step(scale * springs, pooled)
        significance = _significance(pooled)
        converged = wanted <= standard_error and significance <= 1.0
        if significance <= 1.0:
            move = np.zeros_like(force)
        moved = float(np.linalg.norm(move.reshape(-1, 3), axis=1).max())
        errors = float(np.sqrt(np.trace(covariance) / len(force)))
        done.append(Step(float(np.sqrt(np.mean(force**2))), errors, significance, moved, found.shots, found.price))
        last = pooled
        if significance <= 1.0 or noisy > _NOISE_PART:
            wanted = max(standard_error, wanted / 2)
        if moved:
            before, pooled = _Moved(move, springs, pooled), None
            where = where + move.reshape(where.shape)
    tell("")
    return _finished(model, numbers, last, done, converged)


class _Pooled(NamedTuple):
    """Forces at one place, by weights that are fixed before the shots are drawn: those of the errors asked for."""

    place: Floats
    force: Floats
    covariance: Floats
    weight: float

    @staticmethod
    def of(place: Floats, found: NoisyForces, wanted: float) -> _Pooled:
        return _Pooled(place, found.forces[0].reshape(-1), found.covariances[0], wanted**-2)

    def add(self, found: NoisyForces, wanted: float) -> _Pooled:
        other, total = _Pooled.of(self.place, found, wanted), self.weight + wanted**-2
        a, b = self.weight / total, other.weight / total
        return _Pooled(
            self.place, a * self.force + b * other.force, a**2 * self.covariance + b**2 * other.covariance, total
        )


class _Moved(NamedTuple):
    """A step that was made: where to, by which springs, from which forces."""

    move: Floats
    springs: Floats
    forces: _Pooled


def _step(hessian: Floats, pooled: _Pooled) -> tuple[Floats, float]:
    """Return a step, (3 atoms,), each direction shortened by its noise; and how much of all of it may be noise."""
    shape = shape_directions(pooled.place)
    stiff, axes = np.linalg.eigh(shape.T @ hessian @ shape)
    stiff, axes = np.maximum(stiff, _SOFTEST), shape @ axes
    force = pooled.force @ axes
    noise = np.einsum("ai,ab,bi->i", axes, pooled.covariance, axes)
    true = np.maximum(1 - noise / np.maximum(force**2, 1e-300), 0.0)
    move = axes @ (true * force / stiff)
    longest = float(np.linalg.norm(move.reshape(-1, 3), axis=1).max())
    move = move * min(1.0, _LONGEST / longest) if longest else move
    return move, float((noise / stiff).sum() / max((force**2 / stiff).sum(), 1e-300))


def _significance(pooled: _Pooled) -> float:
    shape = shape_directions(pooled.place)
    force, noise = shape.T @ pooled.force, shape.T @ pooled.covariance @ shape
    limit = float(chi2.ppf(_LEVEL, shape.shape[1]))
    return float(force @ np.linalg.pinv(noise, hermitian=True) @ force) / limit


def _stiffness(scale: float, before: _Moved, now: _Pooled) -> float:
    """The scale of the springs, after the curvature along a step, as far as the noise lets it be seen."""
    move, old = before.move, before.forces
    guess = float(move @ before.springs @ move)
    seen = float((old.force - now.force) @ move) / guess
    doubt = 2 * float(np.sqrt(max(float(move @ (old.covariance + now.covariance) @ move), 0.0))) / guess
    if seen - doubt > scale:
        return min(seen - doubt, 4 * scale)
    if seen + doubt < scale / 2:
        return max(seen + doubt, scale / 2)
    return scale


def _finished(
    model: ForceField, numbers: NDArray[np.integer], last: _Pooled, steps: list[Step], converged: bool
) -> Relaxation:
    """The minimum that the last forces point to, with the second derivatives of the model."""
    try:
        inverse = shape_inverse(_hessian(model, numbers, last.place), last.place)
    except np.linalg.LinAlgError:
        raise error(
            "geometry that is near no minimum",
            found=f"second derivatives of the model that are not positive, after {len(steps)} evaluations of forces",
            expected="a minimum, for its error bars",
            help="start nearer to it, or allow more steps",
        ) from None
    place = last.place + (inverse @ last.force).reshape(last.place.shape)
    return Relaxation(
        place, inverse @ last.covariance @ inverse, tuple(steps), converged, _exact_minimum(model, numbers, last.place)
    )


def _hessian(model: ForceField, numbers: NDArray[np.integer], place: Floats) -> Floats:
    """Second derivatives of the model, (3 atoms, 3 atoms), by differences of its simulated forces."""
    size = place.size
    ways = _DISPLACEMENT * np.concatenate([np.eye(size), -np.eye(size)])
    _, forces = model.predict(numbers, place + ways.reshape(-1, *place.shape))
    ahead, behind = forces.reshape(2, size, size)
    found = (behind - ahead) / (2 * _DISPLACEMENT)
    return np.asarray((found + found.T) / 2)


def _exact_minimum(model: ForceField, numbers: NDArray[np.integer], start: Floats) -> Floats | None:
    """The minimum of the model near a place, by Newton's method; None where it is not found."""
    place = start
    for _ in range(_NEWTON):
        force = model.predict(numbers, place[None])[1][0].reshape(-1)
        if np.abs(force).max() < _FORCELESS:
            return place
        try:
            move = shape_inverse(_hessian(model, numbers, place), place) @ force
        except np.linalg.LinAlgError:
            return None
        longest = float(np.abs(move).max())
        place = place + (move * min(1.0, _LONGEST / longest)).reshape(place.shape)
    return None
