"""The frames by which a model is judged: those that it was not trained on, as far as it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.ir.diagnostics import QffcError, error
from qffc.models.files.data_sets import known_sets, number_of_set
from qffc.models.force_field import ForceField
from qffc.training.config import stored_config
from qffc.training.leaks import trained_on
from qffc.training.split import split_of

Part = Literal["test", "all"]


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Which frames of a set judge a model, or several together.

    Args:
        rows: their numbers.
        train: the numbers of the frames that it was trained on, where it has a split of this set.
        seen: (n,) which of all frames it was trained on; None where that is not known.
        left_out: how many are left out because it was, in a set that is not its own.
    """

    rows: tuple[int, ...]
    train: tuple[int, ...] | None
    seen: NDArray[np.bool_] | None
    left_out: int = 0

    @property
    def judged_though_seen(self) -> int | None:
        """How many of the frames it was trained on all the same; None where that is not known."""
        return None if self.seen is None else int(self.seen[list(self.rows)].sum())


def held_out(model: ForceField, data: Dataset, part: Part | None = None) -> HeldOut:
    """Return the frames by which a model is judged.

    Args:
        model: the model.
        data: n frames.
        part: ``test`` for the frames held out when the model was trained on this set, ``all`` for every frame; by
            default the first where it exists, and elsewhere all frames that the model was not trained on.

    Raises:
        QffcError: when ``test`` is asked for and the model was trained on other data, or when no frame is left.
    """
    number, config = number_of_set(model.metadata, data), stored_config(model.metadata)
    seen, everything = trained_on(model, data), tuple(range(len(data)))
    if number is None or config is None:
        if part == "test":
            raise _no_test_frames(data, "the model was trained on other data")
        if seen is None or part == "all":
            return HeldOut(everything, None, seen)
        rows = tuple(np.flatnonzero(~seen).tolist())
        if not rows:
            raise _no_test_frames(data, "the model was trained on all of its frames")
        return HeldOut(rows, None, seen, len(data) - len(rows))
    split = split_of(data, config, number, len(known_sets(model.metadata)))
    if part == "all":
        return HeldOut(everything, split.train, seen)
    if not split.test:
        raise _no_test_frames(data, "no frames were held out when the model was trained")
    return HeldOut(split.test, split.train, seen)


def held_out_by_all(models: Sequence[ForceField], data: Dataset, part: Part | None = None) -> HeldOut:
    """Return the frames by which several models are judged together: those that judge each of them.

    Args:
        models: one or more.
        data: n frames.
        part: as for one model.

    Returns:
        With ``train`` where all were trained on the same frames, and ``seen`` of frames that any was trained on.

    Raises:
        QffcError: as for one model, and when no frame judges all of them.
    """
    each = [held_out(model, data, part) for model in models]
    if len(each) == 1:
        return each[0]
    first, *others = each
    common = set(first.rows).intersection(*(other.rows for other in others))
    rows = tuple(row for row in first.rows if row in common)
    if not rows:
        raise _no_test_frames(data, "no frame was held out from all of the models")
    known = [one.seen for one in each if one.seen is not None]
    seen = np.any(known, axis=0) if len(known) == len(each) else None
    same = all(other.train is not None and set(other.train) == set(first.train or ()) for other in each)
    left_out = 0
    if seen is not None and any(one.left_out for one in each):
        left_out = int(seen.sum() - seen[list(rows)].sum())
    return HeldOut(rows, first.train if same else None, seen, left_out)


def _no_test_frames(data: Dataset, reason: str) -> QffcError:
    return error(
        "no test frames",
        found=f"'{data.name}': {reason}",
        expected="the data that the model was trained on, with frames held out",
        help="evaluate on all frames (--split all, part='all'), and mind which of them the model has seen",
    )
