"""Which frames a run trains on, watches and leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from qffc.data import Dataset, Split
from qffc.ir.diagnostics import error
from qffc.training.config import TrainingConfig

LARGEST_DEFAULT = 500
"""Training frames of a set when the configuration leaves them open and the data have many."""


def split_of(data: Dataset, config: TrainingConfig, number: int = 0, sets: int = 1) -> Split:
    """Return the split of a set in a run: the same for the same data, sizes and seed.

    Args:
        data: all frames of the set.
        config: sizes and seed. Where it has a size for each set, that of this one is taken.
        number: of the set among those of the run, from 0.
        sets: how many the run has. With several, a published split is taken from those that come with one, and drawn
            from the others.

    Raises:
        QffcError: when there are too few frames, or no such published split.
    """
    train, validation, test = (_of_set(size, number) for size in (config.train, config.validation, config.test))
    if train is None:
        train = min(LARGEST_DEFAULT, len(data) // 2)
    watched, seed = validation or 0, config.split_seed
    if config.published_split is None or (sets > 1 and not data.published):
        return data.split(train=train, validation=watched, test=test, seed=seed)
    return data.published_split(config.published_split, train=train, validation=watched, test=test, seed=seed)


def splits_of(sets: Sequence[Dataset], config: TrainingConfig) -> tuple[Split, ...]:
    """Return the split of each set of a run.

    Of several sets, a published split is taken from those that come with one.

    Args:
        sets: all frames of each.
        config: sizes, one for all sets or one for each, and seed.

    Raises:
        QffcError: when there are sizes for another number of sets, or one of :func:`split_of`.

    Example:
        >>> from qffc.data import load_embedded
        >>> sets = [load_embedded("water"), load_embedded("ammonia")]
        >>> splits = splits_of(sets, TrainingConfig(train=(20, 5), validation=3))
        >>> [(len(split.train), len(split.validation)) for split in splits]
        [(20, 3), (5, 3)]
    """
    for name in ("train", "validation", "test"):
        sizes = getattr(config, name)
        if isinstance(sizes, tuple) and len(sizes) != len(sets):
            raise error(
                "sizes for another number of data sets",
                found=f"{name} = {', '.join(map(str, sizes))}",
                expected=f"one number for each of {len(sets)} sets, or one for all",
                help="give the numbers in the order of the data",
            )
    if config.published_split is not None and not any(data.published for data in sets):
        split_of(sets[0], config)
    return tuple(split_of(data, config, number, len(sets)) for number, data in enumerate(sets))


def _of_set(size: int | tuple[int, ...] | None, number: int) -> int | None:
    return size[number] if isinstance(size, tuple) else size
