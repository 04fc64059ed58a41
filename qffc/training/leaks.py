"""Frames that a model is judged by although it was trained on them.

That is data leakage, and makes test errors too small.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qffc.data import Dataset, Split
from qffc.data.same_frames import composition_of, found_in, marks_of
from qffc.ir.diagnostics import Diagnostic, QffcWarning, error
from qffc.models.files.data_sets import distinct_names, known_sets, number_of_set
from qffc.models.files.seen_frames import SEEN, seen_frames
from qffc.models.force_field import ForceField
from qffc.training.config import stored_config
from qffc.training.split import split_of

_PARTS = ("test", "validation")


def trained_on(model: ForceField, data: Dataset) -> NDArray[np.bool_] | None:
    """Return which frames a model was trained on, (n,); None where that is not known.

    Models that keep no record of their frames may still know the data, and how they were split.

    Args:
        model: the model.
        data: n frames.
    """
    if SEEN in model.metadata:
        return seen_frames(model.metadata, data)
    number, config = number_of_set(model.metadata, data), stored_config(model.metadata)
    if number is None or config is None:
        return None
    seen = np.zeros(len(data), dtype=np.bool_)
    seen[list(split_of(data, config, number, len(known_sets(model.metadata))).train)] = True
    return seen


def refuse_repeated_sets(sets: Sequence[Dataset]) -> None:
    """Refuse a set of data that is given twice.

    Raises:
        QffcError: two sets have one fingerprint.
    """
    fingerprints = [data.fingerprint for data in sets]
    twice = [number for number, each in enumerate(fingerprints) if each in fingerprints[:number]]
    if twice:
        first = fingerprints.index(fingerprints[twice[0]])
        raise error(
            "the same data twice",
            found=f"'{sets[twice[0]].name}' as set {twice[0] + 1}, and '{sets[first].name}' as set {first + 1}",
            expected="each set once",
            help="name the data once; more passes over them are --epochs",
        )


def warn_of_leaks(sets: Sequence[Dataset], splits: Sequence[Split], start: ForceField | None = None) -> None:
    """Warn of test and validation frames that are trained on, in this run or by the model that it starts from.

    A split is by frames, so a frame that is there twice, or in two sets, may be in two parts.

    Args:
        sets: all frames of each set.
        splits: of each.
        start: the model to start from.

    Warns:
        QffcWarning: for each set and part with such frames; names one of them.

    Example:
        >>> from qffc.data import load_embedded
        >>> water = load_embedded("water").subset([0, 1, 2, 3])
        >>> warn_of_leaks([water], [Split(train=(0, 1), validation=(), test=(2, 3))])
    """
    names = distinct_names([data.name for data in sets])
    marks = [marks_of(data) for data in sets]
    compositions = [composition_of(data) for data in sets]
    for number, (data, split) in enumerate(zip(sets, splits, strict=True)):
        alike = [k for k, composition in enumerate(compositions) if composition == compositions[number]]
        places = [(k, frame) for k in alike for frame in splits[k].train]
        trained = np.concatenate([marks[k][list(splits[k].train)] for k in alike])
        before = None if start is None else trained_on(start, data)
        for part in _PARTS:
            rows = np.array(getattr(split, part), dtype=np.intp)
            again = found_in(marks[number][rows], trained)
            if np.any(again >= 0):
                at = int(np.argmax(again >= 0))
                other, frame = places[again[at]]
                example = f"frame {rows[at]}, which is frame {frame} of '{names[other]}' again"
                _warn(names[number], part, f"{np.sum(again >= 0)} of {len(rows)}, such as {example}", "in this run")
            if before is not None and np.any(before[rows]):
                found = f"{np.sum(before[rows])} of {len(rows)}, such as frame {rows[np.argmax(before[rows])]}"
                _warn(names[number], part, found, "by the model that it starts from")


def _warn(name: str, part: str, found: str, by: str) -> None:
    remedy = (
        "remove the frames that are there twice"
        if by == "in this run"
        else "use the split of that model: the same data, sizes and split_seed"
    )
    diagnostic = Diagnostic(
        title=f"{part} frames that are trained on {by}",
        where=name,
        found=found,
        expected=f"{part} frames that are new to the model: errors on others are too small",
        help=f"{remedy}; 'qffc data info' counts repeated frames",
    )
    warnings.warn(QffcWarning(diagnostic), stacklevel=2)
