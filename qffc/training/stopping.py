"""When a run ends before its last epoch, and which parameters it keeps then."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from time import monotonic
from typing import TYPE_CHECKING

from qffc.training.config import TrainingConfig

if TYPE_CHECKING:
    import jax

    from qffc.models.errors import Errors
    from qffc.models.force_field import ForceField
    from qffc.training.shot_watch import ShotFigures

PAUSED = "paused"
"""The key of a model's metadata that says: the run has epochs left, and the same settings go on with it."""
EPOCH, EPOCHS_DONE = "epoch", "epochs_done"
"""Keys of a model's metadata: after which epoch its parameters were taken, and how many epochs the run has done."""


STAGES = "stages"
"""The key of a model's metadata of a run that was lengthened: the epochs at the end of each of its schedules."""


@dataclass(frozen=True, eq=False)
class Best:
    """The best model so far, by its score on the validation frames.

    Args:
        score: see :func:`score_of`.
        epoch: after which it was evaluated.
        waited: evaluations since, none of them better.
        average: its averaged parameters.
    """

    score: float
    epoch: int
    waited: int
    average: dict[str, jax.Array]


def objective_of(energy_mae: float, force_mae: float, share: float) -> float:
    """Return ``energy^share x force^(1 - share)``: with a half, per cents of both errors weigh the same.

    Args:
        energy_mae: meV.
        force_mae: meV/Angstrom.
        share: 0 for forces alone, 1 for energies alone.

    Example:
        >>> objective_of(4.0, 9.0, 0.5)
        6.0
    """
    return float(energy_mae**share * force_mae ** (1.0 - share))


def score_of(errors: Errors, config: TrainingConfig) -> float:
    """Return what early stopping compares, less is better: the geometric mean of the mean absolute errors.

    Per cents of each weigh the same whatever their units. What is not trained on does not count, and stresses only
    where they are.

    Args:
        errors: on the validation frames.
        config: an error whose weight is 0 is left out.

    Example:
        >>> from qffc.models.errors import Errors
        >>> errors = Errors(energy_mae=4.0, energy_rmse=5.0, force_mae=9.0, force_rmse=9.0, frames=10)
        >>> score_of(errors, TrainingConfig()), score_of(errors, TrainingConfig(energy_weight=0))
        (6.0, 9.0)
    """
    share = 0.0 if config.energy_weight == 0 else 1.0 if config.force_weight == 0 else 0.5
    both = objective_of(errors.energy_mae, errors.force_mae, share)
    if config.stress_weight == 0 or not errors.has_stress:
        return both
    kinds = 2 if share == 0.5 else 1
    return float(both ** (kinds / (kinds + 1)) * errors.stress_mae ** (1 / (kinds + 1)))


def score_with_shots(errors: Errors, shots: ShotFigures, atoms: float, config: TrainingConfig) -> float:
    """Return what a run compares that counts shots: the loss on the validation frames, with the median of their costs.

    Errors alone would keep the model that a run starts from, which is the better one where shots cost nothing.

    Args:
        errors: on the validation frames.
        shots: what their energies cost.
        atoms: of a molecule; of several the mean.
        config: the weights.
    """
    energy = 0.0 if config.energy_weight == 0 else config.energy_weight * (1e-3 * errors.energy_rmse / atoms) ** 2
    forces = 0.0 if config.force_weight == 0 else config.force_weight * (1e-3 * errors.force_rmse) ** 2
    return energy + forces + (config.shot_weight or 0.0) * shots.penalty


def after_evaluation(best: Best | None, score: float, epoch: int, average: dict[str, jax.Array]) -> Best:
    """Return the best model after one more evaluation; one as good as before is no better, NaN worse than all.

    Args:
        best: so far; None before the first evaluation.
        score: of this evaluation.
        epoch: epochs done.
        average: averaged parameters after them.
    """
    if best is None or score < best.score or isnan(best.score):
        return Best(score, epoch, 0, average)
    return Best(best.score, best.epoch, best.waited + 1, best.average)


def out_of_patience(best: Best | None, config: TrainingConfig) -> bool:
    """Return whether a run ends early: as many evaluations as ``patience`` were no better than the best one."""
    return config.patience is not None and best is not None and best.waited >= config.patience


@dataclass(frozen=True)
class Clock:
    """The time that this process gives to a run.

    Args:
        minutes: of it; None for no end.
        begin: seconds of the monotonic clock.
    """

    minutes: float | None
    begin: float

    @classmethod
    def started(cls, minutes: float | None) -> Clock:
        """Return a clock that runs from now."""
        return cls(minutes, monotonic())

    @property
    def is_over(self) -> bool:
        """Whether no further epoch is begun."""
        return self.minutes is not None and monotonic() - self.begin >= 60.0 * self.minutes


def is_paused(model: ForceField) -> bool:
    """Return whether the run of a model has epochs left, because ``max_minutes`` ended it before."""
    return PAUSED in model.metadata


def ended_early(model: ForceField, config: TrainingConfig) -> bool:
    """Return whether ``patience`` ended the run of a model before its last epoch."""
    return not is_paused(model) and int(model.metadata.get(EPOCHS_DONE, config.epochs)) < config.epochs
