"""Shots as a term of the loss: they fall, what counts is told, and a run goes on to the bit."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.circuits.instances import instances_of
from qffc.models.energy import MoleculeEnergy
from qffc.models.errors import Errors
from qffc.models.force_field import untrained
from qffc.models.initialization.fresh_parameters import neutral_constants
from qffc.models.shot_cost import costs_of_frames
from qffc.passes.lower_jax.double_precision import in_double_precision
from qffc.training.config import SHOT_WEIGHT, TrainingConfig, settled, training_config
from qffc.training.frames import shot_term
from qffc.training.joined_batches import joined_batches
from qffc.training.log import LOG_NAME, read_log
from qffc.training.loss import Batch, fit_of_frames, fit_of_molecule
from qffc.training.shot_watch import ShotFigures, make_shot_watch
from qffc.training.starting import Start
from qffc.training.stopping import EPOCH, score_with_shots
from qffc.training.trainer import train

WATER = load_embedded("water")
PROGRAM = load("sivqlm-h2o", depth=1)
SETTINGS = {"train": 10, "validation": 5, "epochs": 6, "evaluate_every": 2, "learning_rate": 0.05, "limits": "off"}
FRUGAL = SETTINGS | {"shots_for_1mev": 10.0, "shot_weight": 1.0}
SHOTS = "validation_shots_for_1meV"


@pytest.fixture(scope="module")
def frugal(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frugal")
    return folder, train(PROGRAM, WATER, training_config(FRUGAL), folder)


def test_shots_fall(frugal):
    shots = [row[SHOTS] for row in read_log(frugal[0] / LOG_NAME)]
    assert shots[0] > shots[1] > shots[2]
    assert shots[2] < 0.75 * shots[0]


def test_a_run_in_pieces_is_the_whole_run(frugal, tmp_path):
    for epochs in (2, 3, None):
        pieces = train(PROGRAM, WATER, training_config(FRUGAL), tmp_path, stop_after=epochs)
    for name, value in frugal[1].arrays.items():
        np.testing.assert_array_equal(pieces.arrays[name], value)


def test_a_run_does_not_go_on_with_another_weight(frugal):
    with pytest.raises(QffcError, match="another run in this folder") as refused:
        train(PROGRAM, WATER, training_config(FRUGAL | {"shot_weight": 2.0}), frugal[0])
    assert "shot_weight = 2.0" in str(refused.value)


def test_a_model_to_start_from_is_not_kept_for_its_errors_alone(frugal, tmp_path):
    more = FRUGAL | {"epochs": 2, "shot_weight": 100.0, "learning_rate": 0.02}
    model = train(PROGRAM, WATER, training_config(more), tmp_path, start=Start(model=frugal[1]))
    assert model.metadata[EPOCH] == "2"


def test_what_is_left_open():
    assert settled(TrainingConfig()).shot_weight == 0
    assert settled(TrainingConfig(shots_for_1mev=100)).shot_weight == SHOT_WEIGHT
    assert settled(TrainingConfig(shots_for_1mev=100, shot_weight=2)).shot_weight == 2
    with pytest.raises(QffcError, match="shot_weight"):
        training_config({"shot_weight": -1})
    with pytest.raises(QffcError, match="shots_for_1mev"):
        training_config({"shots_for_1mev": 0})


def test_shots_that_are_enough_cost_nothing():
    lowered = untrained(PROGRAM, seed=0).lowered
    term = shot_term(lowered, settled(TrainingConfig(shots_for_1mev=1e4)))
    np.testing.assert_allclose(term.squared(jnp.array([0.05, 0.1, 0.3])), 0.2**2)
    assert shot_term(lowered, settled(TrainingConfig())) is None


def test_the_score_is_the_loss():
    errors = Errors(energy_mae=1.0, energy_rmse=6.0, force_mae=1.0, force_rmse=20.0, frames=5)
    config = settled(TrainingConfig(shot_weight=0.5))
    assert score_with_shots(errors, ShotFigures(0.04, 1.0), 3.0, config) == pytest.approx(4e-5 + 4e-4 + 0.02)


@in_double_precision
def test_half_of_the_watched_frames_above_the_target_decide_and_not_a_few():
    model = untrained(PROGRAM, seed=0)
    lowered, frames = model.lowered, WATER.subset(range(5))
    term = shot_term(lowered, settled(TrainingConfig(shots_for_1mev=1.0)))

    def watched(free):
        return make_shot_watch(lowered, neutral_constants(PROGRAM), [frames], replace(term, free=free))(model.arrays)

    molecule = MoleculeEnergy(lowered, instances_of(PROGRAM, frames.numbers))
    costs = np.sort(jax.jit(costs_of_frames(term.cost, molecule))(model.arrays, frames.positions))
    assert costs[4] > costs[3] > costs[2]
    assert watched(costs[3]).penalty == 0
    assert watched(costs[1]).penalty == pytest.approx((costs[2] - costs[1]) ** 2)
    assert watched(0.0).for_1mev == pytest.approx((costs[2] / 1e-3) ** 2)


@pytest.mark.slow
@in_double_precision
def test_joined_frames_cost_what_each_costs_alone():
    model, frames = untrained(load("pair", channels=1, depth=1, hidden=(4,)), seed=0), WATER.subset(range(3))
    lowered, config = model.lowered, settled(training_config({"batch_size": 3, "shot_weight": 1.0}))
    constants, term = neutral_constants(model.program), shot_term(model.lowered, config)
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    batches = joined_batches(lowered, [frames], constants, config, 1)
    (joined,) = (jax.tree.map(lambda leaf: leaf[0], batch) for batch in batches.epoch(0))
    alone = Batch(frames.positions, frames.energies, frames.forces)
    molecule = MoleculeEnergy(lowered, instances_of(model.program, frames.numbers))
    one, other = fit_of_molecule(molecule, term).squared_errors, fit_of_frames(lowered, term).squared_errors
    wanted, by_wanted = jax.jit(jax.value_and_grad(lambda a: one(a, alone).shots))(arrays)
    found, by_found = jax.jit(jax.value_and_grad(lambda a: other(a, joined).shots))(arrays)
    np.testing.assert_allclose(found, wanted, rtol=1e-10)
    for name, value in by_wanted.items():
        np.testing.assert_allclose(by_found[name], value, rtol=0, atol=1e-9 * max(1.0, float(jnp.abs(value).max())))
    assert float(wanted) > 0
