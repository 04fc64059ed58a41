"""Which frames train, which validate, which test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qffc.ir.diagnostics import error
from qffc.ir.short_repr import short_repr

_WRITTEN_OUT = 12
"""Frames whose indices are written out for people."""


@dataclass(frozen=True)
class Split:
    """Frame indices of three disjoint sets, in their drawn order.

    Args:
        train: frames to fit to.
        validation: frames to choose by.
        test: frames to report on.
        seed: the seed of the draw; None for a split made by hand.

    Raises:
        QffcError: an index is negative or occurs twice.

    Example:
        >>> Split(train=(0, 2), validation=(), test=(1,))
        Split(train=(0, 2), validation=(), test=(1,), seed=None)
    """

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
    seed: int | None = None

    def __repr__(self) -> str:
        parts = (self.train, self.validation, self.test)
        if sum(map(len, parts)) <= _WRITTEN_OUT:
            return f"Split(train={self.train}, validation={self.validation}, test={self.test}, seed={self.seed})"
        sizes = (f"{len(part)} {name}" for name, part in zip(("train", "validation", "test"), parts, strict=True))
        return short_repr(self, *sizes, "" if self.seed is None else f"seed {self.seed}")

    def __post_init__(self) -> None:
        seen: dict[int, str] = {}
        for part in ("train", "validation", "test"):
            for index in getattr(self, part):
                _check_new(index, part, seen)
                seen[index] = part


def draw_split(frames: int, *, train: int, validation: int = 0, test: int | None = None, seed: int = 0) -> Split:
    """Draw a split of ``frames`` frames at random (numpy Generator over PCG64), without repetition.

    With the number of test and validation frames kept, a larger ``train`` contains the smaller one and leaves the
    validation and test frames as they are, so that the points of a learning curve can be compared.

    Args:
        frames: number of frames there are.
        train: number of training frames, at least 1.
        validation: number of validation frames.
        test: number of test frames; None takes all that are left.
        seed: seed of the draw, not negative.

    Returns:
        The split; the same arguments give the same split.

    Raises:
        QffcError: a number is no count, or more frames are asked for than there are.

    Example:
        >>> draw_split(10, train=5, validation=2, seed=1) == draw_split(10, train=5, validation=2, seed=1)
        True
    """
    _check_count("train", train, least=1)
    _check_count("validation", validation, least=0)
    _check_count("seed", seed, least=0)
    if test is not None:
        _check_count("test", test, least=0)
    wanted = train + validation + (test or 0)
    if wanted > frames:
        raise error(
            "more frames asked for than there are",
            where="split",
            found=f"train {train} + validation {validation} + test {test or 0} = {wanted} frames",
            expected=f"at most {frames} frames together",
            help="ask for fewer frames or bring more data; the sets are never allowed to overlap",
        )
    drawn = [int(index) for index in np.random.Generator(np.random.PCG64(seed)).permutation(frames)]
    first_test = train + validation if test is None else frames - test
    return Split(
        train=tuple(drawn[:train]),
        validation=tuple(drawn[first_test - validation : first_test]),
        test=tuple(drawn[first_test:]),
        seed=seed,
    )


@dataclass(frozen=True)
class PublishedSplit:
    """A split that comes with the data, so that results can be compared.

    Args:
        train: frames to fit to.
        test: frames to report on.

    Raises:
        QffcError: an index is negative or occurs twice.
    """

    train: tuple[int, ...]
    test: tuple[int, ...]

    def __post_init__(self) -> None:
        Split(self.train, (), self.test)


def check_frames(published: PublishedSplit, number: int, frames: int) -> None:
    """Refuse a published split with frames that the data do not have.

    Args:
        published: the split.
        number: its number, from 1.
        frames: number of frames there are.

    Raises:
        QffcError: an index is too large; its ``where`` starts with the key in files, ``train_idx`` or ``test_idx``.

    Example:
        >>> check_frames(PublishedSplit(train=(0, 1), test=(2,)), 1, frames=3)
    """
    for key, indices in (("train_idx", published.train), ("test_idx", published.test)):
        beyond = [index for index in indices if index >= frames]
        if beyond:
            raise error(
                "a published split with frames that are not there",
                where=f"{key}, split {number}",
                found=f"frame {beyond[0]}" + (f" and {len(beyond) - 1} more" if len(beyond) > 1 else ""),
                expected=f"0 to {frames - 1}: there are {frames} frames, counted from 0",
                help="is the file cut short, or are frames counted from 1? mend both keys, or leave both out",
            )


def take_split(
    published: PublishedSplit, frames: int, *, train: int, validation: int = 0, test: int | None = None, seed: int = 0
) -> Split:
    """Return a published split with as many frames as asked for; the first ones of each part are taken.

    Validation frames are drawn from what is in neither part, so that published frames are used for nothing else.

    Args:
        published: the split.
        frames: number of frames there are.
        train: number of training frames, at least 1.
        validation: number of validation frames.
        test: number of test frames; None takes all of the published part.
        seed: of the draw of the validation frames.

    Raises:
        QffcError: more frames are asked for than there are.

    Example:
        >>> take_split(PublishedSplit(train=(4, 0, 2), test=(1,)), 6, train=2, validation=1)
        Split(train=(4, 0), validation=(3,), test=(1,), seed=0)
    """
    _check_count("train", train, least=1)
    _check_count("validation", validation, least=0)
    used = {*published.train, *published.test}
    others = [index for index in range(frames) if index not in used]
    tested = len(published.test) if test is None else test
    for name, wanted, there in (
        ("train", train, len(published.train)),
        ("test", tested, len(published.test)),
        ("validation", validation, len(others)),
    ):
        if wanted > there:
            raise error(
                "more frames asked for than the published split has",
                where=f"split, {name}",
                found=f"{wanted} frames",
                expected=f"at most {there}",
                help="ask for fewer frames; the parts of a published split are not filled up with others",
            )
    drawn = np.random.Generator(np.random.PCG64(seed)).permutation(others)[:validation]
    return Split(published.train[:train], tuple(int(k) for k in drawn), published.test[:tested], seed)


def _check_count(what: str, value: object, least: int) -> None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return
    raise error(
        "not a valid number for a split",
        where=f"split, {what}",
        found=repr(value),
        expected=f"a whole number, at least {least}",
        help="give numbers of frames, not fractions",
    )


def _check_new(index: int, part: str, seen: dict[int, str]) -> None:
    if index < 0:
        raise error(
            "negative frame index",
            where=f"split, {part}",
            found=str(index),
            expected="0 or more",
            help="count frames from 0",
        )
    if index in seen:
        raise error(
            "a frame occurs twice in a split",
            where=f"split, {part}",
            found=f"frame {index}, already in {seen[index]}",
            expected="disjoint sets without repetition",
            help="remove the frame from one of them",
        )
