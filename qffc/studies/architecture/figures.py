"""What a candidate is judged by: validation error, shots for an energy, and the cost of its circuit in ZZ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from qffc.compiling.compiled import compile_program
from qffc.compiling.levels import DEFAULT_LEVEL
from qffc.data import Dataset
from qffc.data.surroundings import refuse_cells
from qffc.execution.energy_circuits import prepare
from qffc.execution.quote import planned_quote
from qffc.ir.program import Program
from qffc.models.errors import errors_of_sets
from qffc.models.force_field import ForceField
from qffc.targets.catalogue import target_of
from qffc.training.config import TrainingConfig
from qffc.training.log import LOG_NAME, read_log
from qffc.training.split import splits_of
from qffc.training.stopping import EPOCH, objective_of

DEVICE = "H2-1"
"""The machine for which circuits are compiled; ZZ is the unit in which the costs of its gates are given."""

_ENERGY, _FORCES = "validation_energy_mae_meV", "validation_force_mae_meV_per_Angstrom"


@dataclass(frozen=True)
class Figures:
    """What a trained candidate came to; less is better in all of it.

    Args:
        error: of the validation frames, :func:`qffc.training.stopping.objective_of`.
        shots: for one energy with the standard error that was asked for, all circuits and settings counted.
        zz: cost of one circuit in two-qubit gates, in units of a ZZ gate.
        energy_mae_meV: of the validation frames.
        force_mae_meV_per_Angstrom: likewise.
    """

    error: float
    shots: float
    zz: float
    energy_mae_meV: float
    force_mae_meV_per_Angstrom: float

    @property
    def objectives(self) -> tuple[float, float, float]:
        """What the search minimizes: :data:`OBJECTIVES`."""
        return self.error, self.shots, self.zz

    def to_json(self) -> dict[str, float]:
        """Return everything as plain data."""
        return asdict(self)


OBJECTIVES = ("error", "shots", "zz")


def zz_cost(program: Program) -> float:
    """Return the cost of the two-qubit gates of one circuit, in units of a ZZ gate, at the usual level.

    Example:
        >>> from qffc.library import load
        >>> zz_cost(load("pair", depth=1)) < zz_cost(load("pair", depth=2))
        True
    """
    return float(compile_program(program, target_of(DEVICE), DEFAULT_LEVEL).counts.cost)


def shots_for_energy(model: ForceField, frames: Dataset, standard_error: float) -> float:
    """Return the shots that one energy takes, the mean over the frames; no circuit is run.

    The variances are those of the exact states, settings and shots those of the planned measurement.

    Args:
        model: trained.
        frames: geometries of one molecule.
        standard_error: of each energy, eV.
    """
    refuse_cells(frames, "shots of an energy", "search on molecules: circuits of atoms in cells go to no device")
    job = prepare(model, frames.numbers, frames.positions)
    quote = planned_quote(job, target_of("ideal"), shots=None, standard_error=standard_error)
    return float(quote.shots.sum()) / len(frames)


def figures_of(
    model: ForceField,
    sets: Sequence[Dataset],
    config: TrainingConfig,
    folder: Path,
    *,
    zz: float,
    share: float,
    geometries: int,
    standard_error: float,
) -> Figures:
    """Return what a trained model is judged by.

    Args:
        model: of the run.
        sets: all frames.
        config: of the run, which says which frames are watched.
        folder: of the run.
        zz: :func:`zz_cost` of its program.
        share: of energies in the error.
        geometries: how many validation frames of the first molecule the shots are a mean over.
        standard_error: of an energy, eV.
    """
    watched = [
        each.subset(split.validation)
        for each, split in zip(sets, splits_of(sets, config), strict=True)
        if split.validation
    ]
    energy, forces = _validation_errors(model, watched, folder)
    first = watched[0].subset(tuple(range(min(geometries, len(watched[0])))))
    shots = shots_for_energy(model, first, standard_error)
    return Figures(objective_of(energy, forces, share), shots, zz, energy, forces)


def _validation_errors(model: ForceField, watched: Sequence[Dataset], folder: Path) -> tuple[float, float]:
    """In meV and meV/Angstrom, of the model that the run kept: as logged, or where it kept its start as predicted."""
    rows = {int(row["epoch"]): row for row in read_log(folder / LOG_NAME) if _ENERGY in row}
    row = rows.get(int(model.metadata[EPOCH]))
    if row is not None:
        return row[_ENERGY], row[_FORCES]
    errors = errors_of_sets([(*model.predict(data.numbers, data.positions), data) for data in watched])
    return errors.energy_mae, errors.force_mae


def finite(figures: Figures) -> bool:
    """Whether all objectives are numbers."""
    return bool(np.all(np.isfinite(figures.objectives)))
