from __future__ import annotations

from dataclasses import replace

import pytest

from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.files.data_sets import describe_sets
from qffc.models.force_field import untrained
from qffc.reports.evaluation import evaluate
from qffc.reports.model_card import CardSet, model_card
from qffc.toolchain import train


def test_a_model_without_settings_has_no_card():
    water, model = load_embedded("water").subset(range(4)), untrained(load("sivqlm-h2o", depth=1), seed=0)
    with pytest.raises(QffcError, match="does not say how it was trained"):
        model_card("fresh", model, [CardSet(0, evaluate(model, water))])
    unchecked = replace(model, metadata={"config": "{}"})
    with pytest.raises(QffcError, match="data for a card"):
        model_card("fresh", unchecked, [])
    assert "| symmetry | not checked |" in model_card("fresh", unchecked, [CardSet(0, evaluate(model, water))])


def test_a_card_tells_what_a_run_began_with(tmp_path):
    small = {"train": 4, "validation": 0, "test": 4, "epochs": 1, "atom_energies": {"H": -13.5, "O": -2035.0}}
    first = train("lib:sivqlm-h2o:depth=1", "water", tmp_path / "first", **small)
    del small["atom_energies"]
    second = train("lib:sivqlm-h2o:depth=1", "water", tmp_path / "second", start_from=first, **small)
    water = load_embedded("water").subset(range(4))
    texts = [model_card("small", model, [CardSet(0, evaluate(model, water), "water")]) for model in (first, second)]
    assert "--train 4 --validation 0 --test 4 --epochs 1 --atom-energies H=-13.5,O=-2035.0\n" in texts[0]
    assert "| started from | a model of water |" in texts[1]
    assert "--start-from MODEL\n" in texts[1]
    # Free atoms have the energies that the first model was given, and so has its library program its words.
    assert all("energies fade to those of free atoms," in text for text in texts)
    third = train(second.program, "water", tmp_path / "third", start_from=second, **small)
    assert third.metadata["reference"] == "lib:sivqlm-h2o:depth=1"


def test_a_card_names_the_trained_model_that_a_run_began_with():
    metadata = {"started_from": "trained:water", "config": "{}"}
    model, water = untrained(load("sivqlm-h2o", depth=1), seed=0), load_embedded("water").subset(range(4))
    text = model_card("more", replace(model, metadata=metadata), [CardSet(0, evaluate(model, water), "water")])
    assert "| started from | `trained:water` |" in text
    assert "--start-from trained:water\n" in text


def test_the_command_of_a_card_names_the_files_as_they_were_given():
    model, ammonia = untrained(load("pair", species=("N", "H"), depth=1), seed=0), load_embedded("ammonia")
    sets = [ammonia.subset(range(start, start + 4)) for start in (0, 4, 8)]
    trained = replace(model, metadata={**describe_sets(sets), "config": "{}"})
    tests = [
        CardSet(2, evaluate(model, sets[2]), "other/ammonia.extxyz.gz"),
        CardSet(0, evaluate(model, sets[0]), "one/ammonia.extxyz"),
    ]
    text = model_card("mixed", trained, tests, "eV, Angstrom", {"energies": "E_dft", "forces": "F"})
    assert "--data one/ammonia.extxyz --data ammonia --data other/ammonia.extxyz.gz" in text
    assert "--units 'eV, Angstrom' --keys energies=E_dft,forces=F\n" in text
    assert "not tested here: ammonia (2)" in text
    assert text.index("test frames of ammonia (1)") < text.index("test frames of ammonia (3)")
    renamed = replace(model, metadata={**describe_sets([replace(sets[0], name="mine")]), "config": "{}"})
    assert "--data DATA\n" in model_card("mine", renamed, [CardSet(0, tests[1].evaluation)])
