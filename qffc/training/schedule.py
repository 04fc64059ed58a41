"""The learning rate over the steps of a run, from optax's schedules."""

from __future__ import annotations

import optax

from qffc.training.config import TrainingConfig


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
    rising = optax.linear_schedule(config.learning_rate / (first + 1), config.learning_rate, first)
    return optax.join_schedules([rising, after], [first])


def warmup_steps(config: TrainingConfig, steps: int) -> int:
    """Return the steps of the warmup, of all steps of the run.

    Example:
        >>> warmup_steps(TrainingConfig(warmup=0.1), 200), warmup_steps(TrainingConfig(warmup=30), 200)
        (20, 30)
    """
    return min(steps, round(config.warmup * steps if config.warmup < 1 else config.warmup))


def _after_warmup(config: TrainingConfig, steps: int) -> optax.Schedule:
    rate, last = config.learning_rate, config.final_rate
    match config.schedule:
        case "constant":
            return optax.constant_schedule(rate)
        case "linear":
            return optax.linear_schedule(rate, last * rate, steps)
        case "exponential":
            return optax.exponential_decay(rate, steps, last)
        case "cosine":
            return optax.cosine_decay_schedule(rate, steps, alpha=last)
