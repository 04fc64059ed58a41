"""Figures that tell whether energies and forces can be those of one energy surface of a free molecule."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from qffc.data.bonds import bond_ratio
from qffc.data.dataset import Dataset
from qffc.data.work_of_forces import Floats, Rows, WorkOfForces, near_pairs, work_of_forces
from qffc.units import force_from_ev_per_angstrom

FEWEST = 10
"""With fewer frames energies are not compared with forces."""

_MOST = 1000
"""So many frames are compared with those near them; of more, this many are taken evenly, and the extreme energies."""
_EXTREMES = 20
_MOST_NUMBERS = 20_000_000
_SAME = 1e-12
_SINGLE = float(np.finfo(np.float32).eps)
_AWAY = 3.0
"""An outlying frame lies so many deviations of the energies away from what its neighbours say."""
_AND_TIMES = 10.0
"""And so many times as far as the frames usually do."""


@dataclass(frozen=True)
class LabelFigures:
    """How far labels are those of one energy surface; for each figure 0 is best, but for the slope: 1.

    Args:
        net_force: median over frames of the length of the sum of forces over the sum of their lengths.
        net_torque: the same of torques about the centre, over the sum of lengths of arms times those of forces.
        force: root mean square of the lengths of forces, eV/Angstrom.
        bonds: distances to the nearest atom over the sums of covalent radii, the median; 1 for a single atom.
        rounding: of stored forces over themselves: that of single precision where they are its numbers.
        still_atoms: atoms whose forces are zero in every frame, where others are not.
        outlying_forces: frames with a net force or torque out of proportion to the others.
        compared: of how many frames energies were compared with the work of forces; 0 where they are too few.
        slope: of energies against the work of forces between near frames, the median.
        scatter: median deviation from that slope, over the median difference of energies.
        closure: median work around triangles of near frames over that along a side; the work means little where this
            is large: frames too far apart, or forces of other positions.
        correlation: of energies with the work of forces between any frames, near or far.
        outlying_energies: frames whose energy is far from what their neighbours say, the farthest first.
        impossible_energies: those of them whose energy is zero, or farther than any motion of atoms takes it.
    """

    net_force: float
    net_torque: float
    force: float
    bonds: float
    rounding: float
    still_atoms: tuple[int, ...]
    outlying_forces: tuple[int, ...]
    compared: int = 0
    slope: float = 1.0
    scatter: float = 0.0
    closure: float = 0.0
    correlation: float = 1.0
    outlying_energies: tuple[int, ...] = ()
    impossible_energies: tuple[int, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return the figures as plain data, by their names here; force is in eV/Angstrom."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def label_figures(data: Dataset) -> LabelFigures:
    """Return the figures of a dataset; aspirin with 1,000 frames takes about a second.

    Net force and torque are of all frames; energies of at most 1,000 frames are compared with forces. In cells there is
    no torque to look at, and energies are not compared.

    Args:
        data: frames of a molecule, or of atoms in cells.

    Example:
        >>> from qffc.data import load_embedded
        >>> figures = label_figures(load_embedded("water"))
        >>> figures.net_force < 1e-7, figures.net_torque < 1e-4, round(figures.slope, 2)
        (True, True, 1.0)
    """
    net, torque = _imbalances(data.positions, data.forces)
    if data.periodic:
        torque = np.zeros_like(net)  # a cell may be turned only together with its lattice
    moved = np.any(data.forces, axis=(0, 2))
    alone = LabelFigures(
        net_force=float(np.median(net)),
        net_torque=float(np.median(torque)),
        force=float(np.sqrt(np.mean(np.sum(data.forces**2, axis=-1)))),
        bonds=bond_ratio(data) if len(data.numbers) > 1 or data.periodic else 1.0,
        rounding=_rounding(data),
        still_atoms=tuple(np.flatnonzero(~moved).tolist()) if moved.any() else (),
        outlying_forces=tuple(np.flatnonzero(_out_of_proportion(net) | _out_of_proportion(torque)).tolist()),
    )
    chosen = _chosen(data)
    # Distances in cells, which change, are not what energies are compared by.
    if data.periodic or len(chosen) < FEWEST or len(data.numbers) < 2 or not moved.any() or not np.ptp(data.energies):
        return alone
    return _compared(alone, data, chosen)


def _imbalances(positions: Floats, forces: Floats) -> tuple[Floats, Floats]:
    """Net force and net torque of each frame, as shares of all forces and of all torques."""
    lengths = np.linalg.norm(forces, axis=-1)
    arms = positions - positions.mean(axis=1, keepdims=True)
    net = np.linalg.norm(forces.sum(axis=1), axis=-1)
    torque = np.linalg.norm(np.cross(arms, forces).sum(axis=1), axis=-1)
    turns = np.sum(np.linalg.norm(arms, axis=-1) * lengths, axis=1)
    return _shares(net, lengths.sum(axis=1)), _shares(torque, turns)


def _shares(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _out_of_proportion(shares: Floats) -> NDArray[np.bool_]:
    return (shares > 0.01) & (shares > 100 * np.median(shares))


def _rounding(data: Dataset) -> float:
    stored = force_from_ev_per_angstrom(data.forces, data.source.force)
    single = stored.astype(np.float32).astype(np.float64)
    return _SINGLE if np.allclose(single, stored, rtol=1e-13, atol=0.0) else float(np.finfo(np.float64).eps)


def _chosen(data: Dataset) -> Rows:
    """The frames to compare: evenly, and those of extreme energies, which hold the failed ones."""
    atoms = len(data.numbers)
    most = min(_MOST, _MOST_NUMBERS // max(1, atoms * (atoms - 1) // 2))
    if len(data) <= most:
        return np.arange(len(data))
    extreme = np.argsort(data.energies)
    evenly = np.linspace(0, len(data) - 1, most).astype(np.intp)
    return np.unique(np.concatenate([evenly, extreme[:_EXTREMES], extreme[-_EXTREMES:]]))


def _compared(alone: LabelFigures, data: Dataset, chosen: Rows) -> LabelFigures:
    energies = data.energies[chosen]
    work = work_of_forces(data.positions[chosen], data.forces[chosen])
    first, second = near_pairs(work.inverse)
    done, differences = work.between(first, second), energies[first] - energies[second]
    slope = _median_slope(done, differences)
    left = np.abs(differences - slope * done)
    usual = float(np.median(np.abs(differences)))
    away = np.median(left.reshape(len(chosen), -1), axis=1)
    spread = 1.4826 * float(np.median(np.abs(energies - np.median(energies))))
    outlying = np.flatnonzero((away > _AWAY * spread) & (away > _AND_TIMES * np.median(away)) & (away > 0))
    outlying = outlying[np.argsort(-away[outlying], kind="stable")]
    impossible = [k for k in outlying if energies[k] == 0 or away[k] > 1000 * spread]
    return replace(
        alone,
        compared=len(chosen),
        slope=slope,
        scatter=float(np.median(left)) / usual if usual else 1.0,
        closure=_closure(work, first, second),
        correlation=_correlation(work, energies),
        outlying_energies=tuple(chosen[outlying].tolist()),
        impossible_energies=tuple(int(chosen[k]) for k in impossible),
    )


def _median_slope(work: Floats, differences: Floats) -> float:
    """The line through zero with the least sum of absolute deviations: failed frames do not turn it."""
    sizes = np.abs(work)
    counts = sizes > _SAME * sizes.max()
    if not counts.any():
        return 0.0
    slopes, weights = differences[counts] / work[counts], sizes[counts]
    order = np.argsort(slopes)
    halfway = np.searchsorted(np.cumsum(weights[order]), 0.5 * weights.sum())
    return float(slopes[order][min(halfway, len(slopes) - 1)])


def _closure(work: WorkOfForces, first: Rows, second: Rows) -> float:
    """Of a frame and two of its neighbours."""
    rows = second.reshape(len(work.inverse), -1)
    one, two, three = np.repeat(np.arange(len(rows)), rows.shape[1] - 1), rows[:, :-1].ravel(), rows[:, 1:].ravel()
    around = work.between(one, two) + work.between(two, three) + work.between(three, one)
    side = float(np.median(np.abs(work.between(first, second))))
    return float(np.median(np.abs(around))) / side if side else 0.0


def _correlation(work: WorkOfForces, energies: Floats) -> float:
    """Of ranks, which no single frame can turn; each frame with those a quarter and a half of all further on."""
    every, count = np.arange(len(energies)), len(energies)
    first = np.concatenate([every, every])
    second = np.concatenate([(every + count // 4) % count, (every + count // 2) % count])
    return float(spearmanr(work.between(first, second), energies[first] - energies[second]).statistic)
