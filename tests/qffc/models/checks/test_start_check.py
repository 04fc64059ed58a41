"""Training tests the declared symmetries of a new program first, and stops where they do not hold."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from pair_programs import NAMED_NEIGHBOURS

import qffc as qf
import qffc.models.circuits.instances
from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.ir.text.parser import parse_program
from qffc.library import load
from qffc.models.checks.start_check import need_symmetries
from qffc.models.circuits.instances import instances_of
from qffc.models.force_field import ForceField, untrained
from qffc.models.shared_functions import forget_functions

TINY = {"train": 8, "validation": 0, "test": 2, "epochs": 1, "batch_size": 4}
WATER = load_embedded("water")
SMALL = load("sivqlm-h2o", depth=1)

BROKEN = """error: declared symmetry that the model breaks
  where:    2 frames of 'water', before training
  found:    exchange: energy off by 6.7e-03 eV (at most 1.0e-10); exchange: forces off by 1.7e-01 eV/Å (at most 1.0e-09)
  expected: energies and forces that keep what is proven of the circuit, up to rounding
  help:     report this with the program; to train it all the same: unproven=True, --unproven
"""


class Lopsided(ForceField):
    """A model whose energy depends on the first coordinate of the first atom, but not on the others."""

    def predict(self, numbers, positions, **how):
        energies, forces = super().predict(numbers, positions, **how)
        return energies + 1e-8 * positions[:, 0, 0], forces


class Infinite(ForceField):
    """A model without forces."""

    def predict(self, numbers, positions, **how):
        energies, forces = super().predict(numbers, positions, **how)
        return energies, np.nan * forces


def told(program, folder, **settings):
    """What a run tells of tests before training."""
    lines = []
    qf.train(program, "water", folder, tell=lines.append, **{**TINY, **settings})
    return [line for line in lines if "before training" in line]


def test_a_new_program_is_tested_once_a_run(tmp_path):
    (line,) = told(SMALL, tmp_path)
    holding = "rotation, inversion, translation, exchange hold"
    assert re.fullmatch(rf"{holding} at 2 frames of 'water', before training, tested in \d+\.\d s", line)
    # The run is complete, or goes on.
    assert told(SMALL, tmp_path) == []


def test_a_library_program_is_not_tested(tmp_path):
    assert told("lib:sivqlm-h2o:depth=1", tmp_path) == []


def test_a_run_that_goes_on_is_not_tested(tmp_path):
    from qffc.training import trainer
    from qffc.training.config import TrainingConfig

    calls = []

    def before(model, frames):
        calls.append([len(each) for each in frames])
        assert model.arrays["constant.energy_scale"] == 1.0

    config = TrainingConfig(**{**TINY, "epochs": 2})
    for stop_after in (1, 2):
        trainer.train(SMALL, WATER, config, tmp_path, stop_after=stop_after, before=before)
    assert calls == [[8]]


def test_without_proof_nothing_is_tested(tmp_path):
    program = load("water-demo", depth=1)
    assert told(program, tmp_path, unproven=True) == []


def test_only_what_is_declared_is_tested(tmp_path):
    (line,) = told(replace(SMALL, symmetry=("rotation",)), tmp_path)
    assert line.startswith("rotation holds at 2 frames of 'water', before training, tested in ")


@pytest.mark.usefixtures("own_functions")
def test_a_proof_that_does_not_hold_stops_training(tmp_path, monkeypatch):
    program = parse_program(NAMED_NEIGHBOURS)
    assert qf.check(program).holds
    folder = tmp_path / "run"

    def any_atom(program, atom_species):
        return np.full((len(program.sites), len(atom_species)), True)

    monkeypatch.setattr(qffc.models.circuits.instances, "_fits", any_atom)
    with pytest.raises(QffcError) as caught:
        told(program, folder)
    assert f"{caught.value}\n" == BROKEN
    assert not folder.exists()
    monkeypatch.undo()
    forget_functions()
    assert len(told(program, folder)) == 1


def test_the_message_names_property_deviation_and_tolerance():
    start = untrained(SMALL, seed=0)
    model = Lopsided(start.program, start.arrays)
    with pytest.raises(QffcError) as caught:
        need_symmetries(model, [WATER])
    assert caught.value.diagnostic.where == "2 frames of 'water', before training"
    found = caught.value.diagnostic.found.split("; ")
    # Like atoms are the second and the third.
    assert [part.split(": ")[0] for part in found] == ["rotation", "inversion", "translation"]
    assert all(re.fullmatch(r".*: energy off by \d\.\de-\d+ eV \(at most \d\.\de-\d+\)", part) for part in found)


def test_what_is_not_finite_is_named():
    start = untrained(SMALL, seed=0)
    with pytest.raises(QffcError, match="1 frame of 'water', before training"):
        need_symmetries(Infinite(start.program, start.arrays), [WATER.subset([3])])


def test_the_molecule_with_the_most_circuits_is_taken():
    named = parse_program(NAMED_NEIGHBOURS.replace("species H, O", "species H, O, N"))
    ammonia = load_embedded("ammonia")
    assert [instances_of(named, data.numbers).counted for data in (ammonia, WATER)] == [0, 2]
    model = untrained(named, seed=0)
    assert "'water', before" in need_symmetries(model, [ammonia, WATER])
    assert "'ammonia', which no circuit fits, before" in need_symmetries(model, [ammonia])
