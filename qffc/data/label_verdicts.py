"""What the figures of labels mean, in plain words; labels that no energy surface can have are refused.

The limits lie between the figures of good sets (rMD17, and what comes with qffc: slopes from 0.76 to 1.21 with 20
frames, from 0.90 to 1.13 with 50) and those of the same sets with a planted fault.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import log

import numpy as np

from qffc.data.dataset import Dataset
from qffc.data.label_figures import FEWEST, LabelFigures, label_figures
from qffc.data.same_frames import composition_of
from qffc.ir.diagnostics import Diagnostic, QffcError, QffcWarning
from qffc.units import (
    ENERGY_UNITS,
    FORCE_UNITS,
    LENGTH_UNITS,
    Units,
    energy_to_ev,
    force_to_ev_per_angstrom,
    length_to_angstrom,
)

_NOISE, _LARGE, _HUGE = 1e-3, 1e-2, 5e-2
"""Net forces and torques: above that of exact labels, above that of noisy ones, above what any surface explains."""
_SOFT = 0.1
"""Below this (eV/Angstrom) forces are so small that their errors are as large."""
_CERTAIN = 20
_BONDS = (0.7, 1.6)
_SLOPES = (0.7, 1.4)
_FOLLOWS, _DOES_NOT = 0.6, 0.8
_CLOSED = 0.5
_GAP, _GAP_DEVIATIONS = 2.0, 10.0
_UNRELATED, _HALF_RELATED = 0.3, 0.5
_ALIKE = log(1.25)
_NAMED = 5
_AGREEMENT = "energies against forces"
_ON_ALONE = "mend the labels; or train on forces alone (energy_weight = 0), or on energies alone (force_weight = 0)"


class Level(StrEnum):
    """How sure a verdict is."""

    GOOD = "good"
    UNKNOWN = "cannot be judged"
    DOUBTFUL = "doubtful"
    WRONG = "wrong"


@dataclass(frozen=True)
class Verdict:
    """What one figure means.

    Args:
        what: the figure.
        level: how sure.
        figure: its value, for people.
        words: what it means.
        help: what to do, where it is not good.
        of_energies: energies enter, which do not matter where forces alone are trained on.
    """

    what: str
    level: Level
    figure: str
    words: str
    help: str = ""
    of_energies: bool = False


def label_verdicts(data: Dataset, figures: LabelFigures) -> tuple[Verdict, ...]:
    """Return what the figures of a dataset mean, one verdict for each.

    Args:
        data: the frames; their source units are those that numbers may not be in.
        figures: of the frames.

    Example:
        >>> from qffc.data import Dataset, load_embedded
        >>> water = load_embedded("water").subset(range(50))
        >>> turned = Dataset(water.numbers, water.positions, water.energies, -water.forces)
        >>> for data in (water, turned):
        ...     verdict = label_verdicts(data, label_figures(data))[3]
        ...     print(verdict.level, "-", verdict.words)
        good - energies change as the forces say
        wrong - forces of the wrong sign: gradients of the energy
    """
    if not data.has_forces:
        return (
            _bonds(figures),
            Verdict(_AGREEMENT, Level.UNKNOWN, "-", "no forces", of_energies=True),
        )
    return (
        _bonds(figures),
        _imbalance("net force", figures.net_force, figures),
        *([] if data.periodic else [_imbalance("net torque", figures.net_torque, figures)]),
        _agreement(data, figures),
        _frames("energies of single frames", figures.outlying_energies, figures),
        _frames("forces of single frames", figures.outlying_forces, figures),
    )


def worst(verdicts: Sequence[Verdict]) -> Level:
    """Return the level that speaks for all: the worst, in the order of :class:`Level`.

    Example:
        >>> worst([Verdict("net force", Level.DOUBTFUL, "0.01", "noisy"), Verdict("net torque", Level.GOOD, "0", "")])
        <Level.DOUBTFUL: 'doubtful'>
    """
    return max((each.level for each in verdicts), key=list(Level).index)


def need_labels(data: Dataset, *, energies: bool = True, forces: bool = True, warn: bool = True) -> None:
    """Refuse labels that are wrong, and warn of doubtful ones.

    Args:
        data: frames to train on.
        energies: whether energies are trained on.
        forces: whether forces are trained on; without them nothing can be said.
        warn: whether to warn, too.

    Raises:
        QffcError: net force or torque, or energies against forces, are those of no energy surface.

    Warns:
        QffcWarning: they may be.

    Example:
        >>> from qffc.data import load_embedded
        >>> need_labels(load_embedded("water"))
    """
    if not forces:
        return
    figures = label_figures(data)
    if not energies:
        figures = replace(figures, scatter=0.0)  # how energies scatter is no evidence against forces then
    found = [each for each in label_verdicts(data, figures) if energies or not each.of_energies]
    for verdict in found:
        if verdict.level is Level.WRONG:
            raise QffcError(_diagnostic(data, verdict, "labels that no energy surface has"))
    said: set[str] = set()
    for verdict in found if warn else ():
        if verdict.level is Level.DOUBTFUL and verdict.words not in said:
            said.add(verdict.words)
            warnings.warn(QffcWarning(_diagnostic(data, verdict, "doubtful labels")), stacklevel=2)


def warn_of_levels(sets: Sequence[Dataset]) -> None:
    """Warn of sets of one composition whose energies lie far apart: of two methods, or one without its reference.

    Args:
        sets: to train on together.

    Warns:
        QffcWarning: for each such pair.

    Example:
        >>> from qffc.data import load_embedded
        >>> water = load_embedded("water")
        >>> warn_of_levels([water.subset(range(10)), water.subset(range(10, 20))])
    """
    for number, data in enumerate(sets):
        for other in sets[:number]:
            if composition_of(data) != composition_of(other):
                continue
            gap = abs(float(np.median(data.energies) - np.median(other.energies)))
            if gap > _GAP and gap > _GAP_DEVIATIONS * max(float(data.energies.std()), float(other.energies.std())):
                diagnostic = Diagnostic(
                    title="doubtful labels",
                    where=f"{other.name} and {data.name}, energies",
                    found=f"{gap:.3f} eV between two sets of {data.formula}: of two methods?",
                    expected="energies of one method, on one reference",
                    help="train on one of them, or compute both with one method",
                )
                warnings.warn(QffcWarning(diagnostic), stacklevel=2)


def _diagnostic(data: Dataset, verdict: Verdict, title: str) -> Diagnostic:
    return Diagnostic(
        title=title,
        where=f"{data.name}, {verdict.what}",
        found=f"{verdict.figure}: {verdict.words}",
        expected="energies and forces of one surface, without net force and torque: 'qffc data info' shows all figures",
        help=verdict.help,
    )


def _bonds(figures: LabelFigures) -> Verdict:
    figure = f"{figures.bonds:.2f} of covalent radii"
    if _BONDS[0] < figures.bonds < _BONDS[1]:
        return Verdict("bonds", Level.GOOD, figure, "as long as bonds are")
    if figures.bonds > 1:
        words = "too long: positions in Bohr, read as Angstrom? or atoms without bonds"
    else:
        words = "too short: positions in Angstrom, read as Bohr?"
    help = "look at the unit of length, and at those of energies and forces"
    return Verdict("bonds", Level.DOUBTFUL, figure, words, help)


def _imbalance(what: str, share: float, figures: LabelFigures) -> Verdict:
    figure = f"{share:.1e} of all {'forces' if what == 'net force' else 'torques'}"
    if figures.still_atoms and share > _NOISE and figures.force > _SOFT:
        atoms = ", ".join(map(str, figures.still_atoms[:_NAMED]))
        words = f"forces of {'atoms' if len(figures.still_atoms) > 1 else 'atom'} {atoms} are zero in every frame"
        return Verdict(what, Level.WRONG, figure, words, "compute them: constraints and missing columns leave zeros")
    if share <= _NOISE:
        precision = "single" if figures.rounding > 1e-10 else "double"
        return Verdict(
            what, Level.GOOD, figure, f"none beyond the rounding of {precision} precision" if share < 1e-7 else "small"
        )
    unrelated = figures.scatter > _FOLLOWS and figures.correlation < _HALF_RELATED and figures.compared >= _CERTAIN
    if figures.force > _SOFT and (share > _HUGE or (share > _LARGE and unrelated)):
        words = "forces of other atoms or other positions: a free molecule has none"
        help = "are atoms in one order in positions and forces, and frames? " + _ON_ALONE
        return Verdict(what, Level.WRONG, figure, words, help)
    words = "noisy labels, or something besides the molecule that acts on it; a model can have none"
    help = "expect errors of this size at least; tighter grids in the calculations take it away"
    return Verdict(what, Level.DOUBTFUL, figure, words, help)


def _agreement(data: Dataset, figures: LabelFigures) -> Verdict:
    what = _AGREEMENT
    if not figures.compared:
        return Verdict(what, Level.UNKNOWN, "-", _why_not(data), of_energies=True)
    figure = f"slope {figures.slope:.3g}, scatter {figures.scatter:.2f}"
    if figures.closure > _CLOSED:
        words = "the frames are too far apart from each other, or the forces belong to other positions"
        return Verdict(what, Level.UNKNOWN, figure, words, of_energies=True)
    sure = Level.WRONG if figures.compared >= _CERTAIN else Level.DOUBTFUL
    if figures.scatter < _FOLLOWS:
        if _SLOPES[0] < figures.slope < _SLOPES[1]:
            return Verdict(what, Level.GOOD, figure, "energies change as the forces say", of_energies=True)
        return Verdict(what, sure, figure, _cause(figures.slope, data.source), _ON_ALONE, of_energies=True)
    if figures.scatter > _DOES_NOT and abs(figures.correlation) < _UNRELATED:
        words = "energies that have nothing to do with the forces: of other frames?"
        return Verdict(what, sure, figure, words, f"are the frames in one order? {_ON_ALONE}", of_energies=True)
    words = "energies that hardly follow the forces: noisy, stored with few digits, or of another method"
    return Verdict(what, Level.DOUBTFUL, figure, words, _ON_ALONE, of_energies=True)


def _why_not(data: Dataset) -> str:
    if data.periodic:
        return "frames in cells are not compared"
    if len(data) < FEWEST:
        return f"too few frames: {len(data)}, and {FEWEST} are needed"
    if len(data.numbers) < 2:
        return "a single atom"
    return "all energies are the same" if data.forces.any() else "all forces are zero"


def _cause(slope: float, units: Units) -> str:
    """What makes energies change by ``slope`` times what the forces say."""
    ways = {f"forces in {unit}": _force(unit) / _force(units.force) for unit in FORCE_UNITS if unit != units.force}
    ways |= {f"energies in {unit}": _energy(units.energy) / _energy(unit) for unit in ENERGY_UNITS}
    ways |= {f"positions in {unit}": _length(unit) / _length(units.length) for unit in LENGTH_UNITS}
    misfits = {words: abs(log(abs(slope) / factor)) for words, factor in ways.items() if slope}
    likely = [words for words, misfit in sorted(misfits.items(), key=lambda way: way[1]) if misfit < _ALIKE]
    declared = f"declared as {units}"
    named = ", or ".join(words for words in likely[:2] if ways[words] != 1)
    if slope < 0:
        sign = "forces of the wrong sign: gradients of the energy"
        return f"{sign}, and {named}, {declared}" if named else sign
    return f"{named}, {declared}" if named else f"energies and forces in units that do not belong together, {declared}"


def _force(unit: str) -> float:
    return force_to_ev_per_angstrom(1.0, unit)


def _energy(unit: str) -> float:
    return energy_to_ev(1.0, unit)


def _length(unit: str) -> float:
    return length_to_angstrom(1.0, unit)


def _frames(what: str, outlying: tuple[int, ...], figures: LabelFigures) -> Verdict:
    of_energies = what.startswith("energies")
    if not outlying:
        return Verdict(what, Level.GOOD, "none", "no frame stands out", of_energies=of_energies)
    some = ", ".join(map(str, outlying[:_NAMED]))
    more = f" and {len(outlying) - _NAMED} more" if len(outlying) > _NAMED else ""
    figure = f"{'frames' if len(outlying) > 1 else 'frame'} {some}{more}"
    if of_energies and figures.impossible_energies:
        words = "an energy of zero, or so far from those of near frames that the calculation failed"
        return Verdict(what, Level.WRONG, figure, words, "remove frames whose calculation failed", True)
    words = (
        "energies far from what near frames and their forces say"
        if of_energies
        else "a net force or torque unlike the others'"
    )
    return Verdict(what, Level.DOUBTFUL, figure, words, "look at these frames; remove failed ones", of_energies)
