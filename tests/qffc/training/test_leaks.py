"""Frames that a model is judged by although it was trained on them are found, however they come."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

import qffc as qf
from qffc.data import Dataset, Split, load_embedded
from qffc.data.same_frames import found_in, marks_of, repeated
from qffc.ir.diagnostics import QffcError, QffcWarning
from qffc.models.files.model_file import load_model
from qffc.models.files.seen_frames import SEEN, describe_seen, knows_all_frames, seen_frames
from qffc.training.leaks import trained_on, warn_of_leaks

PROGRAM = "lib:sivqlm-h2o:depth=1"
TINY = {"train": 12, "validation": 4, "test": 10, "epochs": 1}
WATER = load_embedded("water")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seen") / "run"
    qf.train(PROGRAM, WATER.subset(range(60)), folder, **TINY)
    return folder, WATER.subset(range(60)).split(train=12, validation=4, test=10)


def moved(data: Dataset, rows: list[int]) -> Dataset:
    """Frames in another order, turned, mirrored and moved, in single precision, hydrogens exchanged."""
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    positions = (data.positions[rows] @ turn + 2.0)[:, [0, 2, 1]].astype(np.float32)
    forces = (data.forces[rows] @ turn)[:, [0, 2, 1]]
    return Dataset(data.numbers, positions, data.energies[rows].astype(np.float32), forces, name="moved")


def test_a_frame_is_known_again_in_any_disguise():
    rows = np.random.default_rng(0).permutation(len(WATER)).tolist()
    known = marks_of(WATER)
    np.testing.assert_array_equal(found_in(marks_of(moved(WATER, rows)), known), rows)
    decimals = Dataset(WATER.numbers, WATER.positions.round(6), WATER.energies, WATER.forces)
    np.testing.assert_array_equal(found_in(marks_of(decimals), known), range(len(WATER)))


@pytest.mark.parametrize("name", ["water", "ammonia"])
def test_no_frame_is_taken_for_another(name):
    marks = marks_of(load_embedded(name))
    assert repeated(marks) == ()
    assert np.all(found_in(marks[1::2], marks[::2]) == -1)


def test_atoms_without_pairs_are_all_the_same():
    atoms = Dataset([1], np.zeros((2, 1, 3)), [-13.6, -13.6], np.zeros((2, 1, 3)))
    assert repeated(marks_of(atoms)) == ((0, 1),)


def test_the_model_keeps_its_training_frames(trained):
    folder, split = trained
    model = load_model(folder)
    seen = trained_on(model, moved(WATER, list(range(60))))
    assert set(np.flatnonzero(seen)) == set(split.train)
    assert not trained_on(model, load_embedded("ammonia")).any()
    assert len(model.metadata[SEEN]) < 12 * 16 + 100


def test_evaluation_leaves_training_frames_out(trained):
    folder, split = trained
    disguised = moved(WATER, [*split.train[:5], *split.test[:3]])
    found = qf.evaluate(folder, disguised)
    assert (len(found.data), found.seen, found.left_out) == (3, 0, 5)
    np.testing.assert_array_equal(found.data.positions, disguised.positions[5:])
    everything = qf.evaluate(folder, disguised, part="all")
    assert (len(everything.data), everything.seen, everything.left_out) == (8, 5, 0)
    with pytest.raises(QffcError, match="trained on all of its frames"):
        qf.evaluate(folder, moved(WATER, list(split.train)))


def test_models_without_a_record_still_know_their_own_data(trained):
    folder, split = trained
    model = load_model(folder)
    old = qf.ForceField(model.program, model.arrays, {k: v for k, v in model.metadata.items() if k != SEEN})
    assert set(np.flatnonzero(trained_on(old, WATER.subset(range(60))))) == set(split.train)
    assert trained_on(old, moved(WATER, [0, 1])) is None
    assert qf.evaluate(old, moved(WATER, [0, 1])).seen is None


def said_of(sets: list[Dataset], splits: list[Split], start: qf.ForceField | None = None) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_leaks(sets, splits, start)
    return [str(each.message) for each in caught]


def test_test_frames_that_the_first_model_was_trained_on(trained):
    folder, split = trained
    model, data = load_model(folder), WATER.subset(range(60))
    other = data.split(train=12, validation=4, test=10, seed=1)
    leaked = sorted({*split.train} & {*other.test})
    found = next(text for text in said_of([data], [other], model) if "test frames" in text)
    assert "trained on by the model that it starts from" in found
    assert f"{len(leaked)} of 10" in found
    assert said_of([data], [split], model) == []


def test_training_looks_for_leaks_before_it_begins(trained, tmp_path):
    folder, _ = trained
    data, settings = WATER.subset(range(60)), {**TINY, "validation": 0, "split_seed": 1}
    with pytest.raises(QffcWarning, match="test frames that are trained on by the model that it starts from"):
        qf.train(PROGRAM, data, tmp_path, start_from=folder, **settings)  # warnings are errors here


def test_a_first_model_without_a_record_makes_the_record_incomplete():
    assert not knows_all_frames(describe_seen([WATER.subset([0])], {}))
    first = describe_seen([WATER.subset([0])])
    both = describe_seen([WATER.subset([1]), load_embedded("ammonia").subset([2])], first)
    assert knows_all_frames(both)
    assert seen_frames(both, WATER.subset([0, 1, 2])).tolist() == [True, True, False]


def test_a_frame_twice_in_a_set():
    data = WATER.subset([0, 1, 2, 0])
    (found,) = said_of([data], [Split(train=(0, 1), validation=(3,), test=(2,))])
    assert "validation frames that are trained on in this run" in found
    assert "1 of 1, such as frame 3, which is frame 0 of 'water' again" in found
    assert said_of([data], [Split(train=(0, 3), validation=(1,), test=(2,))]) == []


def test_a_set_beside_a_part_of_itself():
    part, whole = moved(WATER, [7, 5, 3]), WATER.subset(range(9))
    splits = [Split(train=(3, 0), validation=(), test=(1, 2)), Split(train=(0,), validation=(), test=(1, 2))]
    (found,) = said_of([whole, part], splits)
    assert "where:    moved" in found
    assert "1 of 2, such as frame 2, which is frame 3 of 'water' again" in found
    assert said_of([whole, load_embedded("ammonia").subset(range(9))], [splits[0], splits[0]]) == []


def test_the_same_set_twice_is_refused(tmp_path):
    with pytest.raises(QffcError, match=r"the same data twice(.|\n)*set 3(.|\n)*set 1"):
        qf.train(PROGRAM, ["water", WATER.subset([1, 2]), "water"], tmp_path, **TINY)


@pytest.mark.parametrize("marks", ["#", "AAAA", "AAAAAAAAAAAAAMB/"])
def test_a_record_that_was_changed(marks):
    text = json.dumps({"complete": True, "molecules": [{"composition": "1x2 8x1", "marks": marks}]})
    with pytest.raises(QffcError, match="metadata of a model"):
        seen_frames({SEEN: text}, WATER)
