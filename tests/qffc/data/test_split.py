from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qffc.data import Split, load_embedded
from qffc.data.split import PublishedSplit, draw_split, take_split
from qffc.ir.diagnostics import QffcError

sizes = st.integers(0, 20)


@given(train=st.integers(1, 20), validation=sizes, test=sizes, spare=sizes, seed=st.integers(0, 2**32))
def test_disjoint_complete_and_repeatable(train: int, validation: int, test: int, spare: int, seed: int) -> None:
    frames = train + validation + test + spare
    split = draw_split(frames, train=train, validation=validation, test=test, seed=seed)
    assert [len(split.train), len(split.validation), len(split.test)] == [train, validation, test]
    together = {*split.train, *split.validation, *split.test}
    assert len(together) == train + validation + test
    assert together <= set(range(frames))
    assert split == draw_split(frames, train=train, validation=validation, test=test, seed=seed)


@given(train=st.integers(1, 10), more=st.integers(0, 10), seed=st.integers(0, 100))
def test_learning_curve_keeps_validation_and_test(train: int, more: int, seed: int) -> None:
    small = draw_split(40, train=train, validation=5, test=10, seed=seed)
    large = draw_split(40, train=train + more, validation=5, test=10, seed=seed)
    assert large.train[:train] == small.train
    assert (large.validation, large.test) == (small.validation, small.test)


def test_the_draw_is_the_same_on_every_machine() -> None:
    split = draw_split(8, train=3, validation=2, seed=0)
    assert split == Split(train=(2, 4, 3), validation=(6, 5), test=(0, 1, 7), seed=0)


def test_rest_is_the_test_set() -> None:
    split = load_embedded("ammonia").split(train=100, validation=50, seed=3)
    assert len(split.test) == 350
    assert split.seed == 3


def test_seed_matters_and_frames_are_shuffled() -> None:
    first, second = (draw_split(1000, train=500, seed=seed) for seed in (0, 1))
    assert first.train != second.train
    assert sorted(first.train) != list(range(500))


def test_more_frames_than_there_are() -> None:
    with pytest.raises(QffcError, match=r"more frames asked for(.|\n)*= 1001 frames(.|\n)*at most 1000"):
        load_embedded("water").split(train=900, validation=100, test=1)


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"train": 0}, "split, train"),
        ({"train": 0.8}, "split, train"),
        ({"train": True}, "split, train"),
        ({"train": 1, "validation": -1}, "split, validation"),
        ({"train": 1, "test": -1}, "split, test"),
        ({"train": 1, "seed": -1}, "split, seed"),
    ],
)
def test_numbers_that_are_no_counts(arguments: dict[str, int], where: str) -> None:
    with pytest.raises(QffcError, match=rf"not a valid number for a split(.|\n)*{where}"):
        draw_split(10, **arguments)


def test_split_by_hand_is_checked() -> None:
    with pytest.raises(QffcError, match=r"a frame occurs twice(.|\n)*test(.|\n)*frame 1, already in train"):
        Split(train=(0, 1), validation=(), test=(1,))
    with pytest.raises(QffcError, match="negative frame index"):
        Split(train=(-1,), validation=(), test=())


PUBLISHED = PublishedSplit(train=(4, 0, 2), test=(1, 7))


def test_a_published_split_is_taken_in_its_order():
    split = take_split(PUBLISHED, 10, train=2, validation=3, test=1, seed=5)
    assert split.train == (4, 0)
    assert split.test == (1,)
    assert len(split.validation) == 3
    assert set(split.validation) <= {3, 5, 6, 8, 9}
    assert take_split(PUBLISHED, 10, train=3).test == (1, 7)


@pytest.mark.parametrize("sizes", [{"train": 4}, {"train": 1, "test": 3}, {"train": 1, "validation": 6}])
def test_a_published_split_is_not_filled_up(sizes):
    with pytest.raises(QffcError, match="more frames asked for than the published split has"):
        take_split(PUBLISHED, 10, **sizes)


def test_a_published_split_with_a_frame_in_both_parts_is_refused():
    with pytest.raises(QffcError, match="occurs twice"):
        PublishedSplit(train=(1, 2), test=(2,))
