"""The learning rate over the steps of a run, from optax's schedules."""

from __future__ import annotations

from collections.abc import Sequence

import optax

from qffc.training.config import FIRST_RATE, TUNING_WARMUP, TrainingConfig


def rate_of(config: TrainingConfig, steps: int) -> optax.Schedule:
    """Return the learning rate as a function of the steps done.

    The warmup rises linearly to ``learning_rate``; what follows falls from there to ``final_rate`` times it at the last
    step of the run.

    Args:
        config: rates, schedule and warmup.
        steps: of the whole run.

    Example:
        >>> rate = rate_of(TrainingConfig(learning_rate=0.1, schedule="linear", final_rate=0.0, warmup=4), 10)
        >>> [round(float(rate(step)), 3) for step in (0, 3, 4, 7, 10)]
        [0.02, 0.08, 0.1, 0.05, 0.0]
    """
    first = warmup_steps(config, steps)
    after = _after_warmup(config, max(1, steps - first))
    if not first:
        return after
    # The first step counts too: it would change nothing at a rate of 0.
    peak = _peak(config)
    rising = optax.linear_schedule(peak / (first + 1), peak, first)
    return optax.join_schedules([rising, after], [first])


def rate_of_stages(config: TrainingConfig, ends: Sequence[int]) -> optax.Schedule:
    """Return the learning rate of a run that was lengthened, as a function of the steps done.

    The first stage is as if it were the whole run. Each that was added has a schedule of its own: the rate rises within
    its first twentieth, or the warmup, to the first rate times the share that the added steps are of those before, at
    most all of it, and falls again. So few more steps take a trained model nowhere else.

    Args:
        config: rates, schedule and warmup.
        ends: the steps done at the end of each stage, increasing.

    Example:
        >>> rate = rate_of_stages(TrainingConfig(learning_rate=0.1, schedule="constant"), (100, 110, 400))
        >>> [round(float(rate(step)), 3) for step in (0, 99, 105, 399)]
        [0.1, 0.1, 0.01, 0.1]
    """
    schedules, begin = [rate_of(config, ends[0])], ends[0]
    for end in ends[1:]:
        share = min(1.0, (end - begin) / begin)
        changes = {"learning_rate": share * _peak(config), "warmup": config.warmup or TUNING_WARMUP}
        schedules.append(rate_of(config.model_copy(update=changes), end - begin))
        begin = end
    return schedules[0] if len(schedules) == 1 else optax.join_schedules(schedules, list(ends[:-1]))


def _peak(config: TrainingConfig) -> float:
    return FIRST_RATE if config.learning_rate is None else config.learning_rate


def warmup_steps(config: TrainingConfig, steps: int) -> int:
    """Return the steps of the warmup, of all steps of the run.

    Example:
        >>> warmup_steps(TrainingConfig(warmup=0.1), 200), warmup_steps(TrainingConfig(warmup=30), 200)
        (20, 30)
    """
    warmup = config.warmup or 0.0
    return min(steps, round(warmup * steps if warmup < 1 else warmup))


def _after_warmup(config: TrainingConfig, steps: int) -> optax.Schedule:
    rate, last = _peak(config), config.final_rate
    match config.schedule:
        case "constant":
            return optax.constant_schedule(rate)
        case "linear":
            return optax.linear_schedule(rate, last * rate, steps)
        case "exponential":
            return optax.exponential_decay(rate, steps, last)
        case "cosine":
            return optax.cosine_decay_schedule(rate, steps, alpha=last)
