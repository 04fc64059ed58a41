"""How many shots the energies of a model take for a standard error, and how much of an energy is measured at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qffc.execution.energy_circuits import Job, prepare
from qffc.execution.quote import plan_of, planned_quote, planned_variances
from qffc.ir.short_repr import counted, short_repr
from qffc.models.force_field import ForceField
from qffc.passes.target import Target

Floats = NDArray[np.float64]

FRAMES = 20
"""Geometries that are looked at, spread over all: what they need differs little."""
_CIRCUITS = 8000
"""Circuits that are looked at, at most, settings apart: fewer geometries of large molecules."""
STANDARD_ERROR = 1e-3
"""eV: what models are compared at."""


@dataclass(frozen=True, eq=False)
class ShotNeed:
    """What energies of a model need.

    Args:
        standard_error: eV, of each energy.
        shots: (frames,) of all circuits together, without noise of a device: each geometry with settings and shots
            planned for it. Not rounded, and without the few shots that a run gives to circuits that hardly count.
        circuits: that one energy takes, measurement settings counted.
        measured: the part of the variance of the energies, over these geometries, that goes with the moments: with E0
            the energies with all moments held at their mean, cov(E - E0, E) / var(E). Near 1 it is the circuits that
            say how energies differ, near 0 it is what is classical: weights, messages and the network. Where these
            work against each other it is outside of 0 to 1. nan with one geometry.
        target: where the price is for; empty without one.
        price: in HQC, of the geometry with the median of the shots; nan without a target.
    """

    standard_error: float
    shots: Floats
    circuits: int
    measured: float
    target: str = ""
    price: float = float("nan")

    def __repr__(self) -> str:
        shots = f"{self.median:.3g} shots for {1e3 * self.standard_error:g} meV"
        return short_repr(self, shots, counted(self.circuits, "circuit"), f"measured {self.measured:.0%}")

    @property
    def median(self) -> float:
        """Of the shots."""
        return float(np.median(self.shots))

    def to_json(self) -> dict[str, object]:
        """Return the figures as plain data, units in the names."""
        return {
            "standard_error_meV": 1e3 * self.standard_error,
            "shots_median": self.median,
            "shots_least": float(self.shots.min()),
            "shots_most": float(self.shots.max()),
            "frames": len(self.shots),
            "circuits": self.circuits,
            "measured_share": None if np.isnan(self.measured) else self.measured,
            "price_HQC": None if np.isnan(self.price) else self.price,
            "target": self.target or None,
        }


def shots_needed(
    model: ForceField,
    numbers: NDArray[np.integer],
    positions: NDArray[np.floating],
    *,
    standard_error: float = STANDARD_ERROR,
    target: Target | None = None,
) -> ShotNeed:
    """Return the shots that energies of geometries need, by the variances of exact states and the best shares.

    Args:
        model: a trained model.
        numbers: (atoms,) atomic numbers.
        positions: (frames, atoms, 3), Angstrom; some of them are looked at, spread over all.
        standard_error: of each energy, eV.
        target: where a price is for.

    Raises:
        QffcError: when the molecule does not fit the model, or the target cannot run the circuits.

    Example:
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> water = np.array([[[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]])
        >>> need = shots_needed(untrained(load("sivqlm-h2o", depth=1), seed=0), np.array([8, 1, 1]), water)
        >>> need.circuits, bool(need.median > 1e6)
        (4, True)
    """
    each = model.molecule(numbers).circuits
    count = max(1, min(len(positions), FRAMES, _CIRCUITS // each))
    chosen = np.asarray(positions)[np.unique(np.linspace(0, len(positions) - 1, count).astype(int))]
    job = prepare(model, numbers, chosen)
    energies, slopes = job.energies_and_slopes(job.exact_moments)
    plan = plan_of(job)
    spreads = np.sqrt(planned_variances(job, plan, slopes)).reshape(len(chosen), -1)
    shots = (spreads.sum(axis=1) / standard_error) ** 2
    circuits = int(job.matters(slopes).reshape(len(chosen), -1).sum(axis=1).max()) * len(plan.settings)
    measured = _measured(job, energies)
    if target is None:
        return ShotNeed(standard_error, shots, circuits, measured)
    typical = int(np.argsort(shots)[len(shots) // 2])
    one = Job(job.molecule, job.arrays, job.frames[typical : typical + 1])
    price = planned_quote(one, target, shots=None, standard_error=standard_error).price
    return ShotNeed(standard_error, shots, circuits, measured, target.name, price)


def _measured(job: Job, energies: Floats) -> float:
    if len(energies) < 2 or not np.ptp(energies):
        return float("nan")
    moments = job.exact_moments.reshape(len(energies), job.circuits, -1)
    held = np.broadcast_to(moments.mean(axis=0), moments.shape).reshape(job.exact_moments.shape)
    classical, _ = job.energies_and_slopes(held)
    centred = energies - energies.mean()
    return float(np.sum((energies - classical) * centred) / np.sum(centred**2))
