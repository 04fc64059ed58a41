"""Which frames a run trains on, watches and leaves out."""

from __future__ import annotations

from qffc.data import Dataset, Split
from qffc.training.config import TrainingConfig

LARGEST_DEFAULT = 500
"""Training frames when the configuration leaves them open and the data have many."""


def split_of(data: Dataset, config: TrainingConfig) -> Split:
    """Return the split of a run: the same for the same data, sizes and seed."""
    train = min(LARGEST_DEFAULT, len(data) // 2) if config.train is None else config.train
    if config.published_split is None:
        return data.split(train=train, validation=config.validation, test=config.test, seed=config.split_seed)
    return data.published_split(
        config.published_split, train=train, validation=config.validation, test=config.test, seed=config.split_seed
    )
