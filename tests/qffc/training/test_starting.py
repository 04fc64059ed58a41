"""What a run starts from: energies of atoms, or a trained model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qffc import toolchain
from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.errors import errors_of
from qffc.models.force_field import untrained
from qffc.models.initialization.atom_energies import energies_by_symbol, given_atom_energies
from qffc.models.initialization.spreads import ANGLE_SPREAD, RADIAL_FALLOFF, RADIAL_SPREAD
from qffc.models.molecule_circuits import ATOM_ENERGY, FEATURE_SCALE, FEATURE_SHIFT
from qffc.models.validity_fit import without_limits
from qffc.passes.lower_jax.program import lower_jax
from qffc.training.config import TUNING_RATE, TUNING_WARMUP, TrainingConfig, settled, stored_config, training_config
from qffc.training.split import split_of
from qffc.training.starting import Start, starting_state
from qffc.training.step import optimizer_of
from qffc.training.trainer import train

WATER, AMMONIA = load_embedded("water"), load_embedded("ammonia")
PROGRAM = load("pair", species=("H", "N", "O"), channels=1, depth=1, hidden=(6,))
SETTINGS = {"train": 24, "validation": 0, "test": 20, "epochs": 6, "batch_size": 4, "learning_rate": 0.02}
FREE = {"H": -13.6, "N": -1479.0, "O": -2035.6}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A model of water, with the energies of free atoms as reference."""
    config = training_config(SETTINGS)
    return train(PROGRAM, WATER, config, tmp_path_factory.mktemp("first"), start=Start(FREE))


def test_reference_energies_are_the_nearest_that_explain_the_mean(first):
    np.testing.assert_allclose(first.arrays[ATOM_ENERGY], list(FREE.values()), rtol=1e-12)
    hydrogen, nitrogen, oxygen = without_limits(first.arrays)[ATOM_ENERGY]
    mean = WATER.subset(split_of(WATER, training_config(SETTINGS)).train).energies.mean()
    np.testing.assert_allclose(2 * hydrogen + oxygen, mean, rtol=1e-12)
    assert nitrogen == FREE["N"]
    # The rest, the energy of binding, goes to the atoms in proportion to their number.
    assert (hydrogen - FREE["H"]) / 2 == pytest.approx(oxygen - FREE["O"])
    assert abs(oxygen - FREE["O"]) < 5


@pytest.mark.slow
def test_training_on_from_a_model(first, tmp_path):
    config = training_config(SETTINGS | {"train": 4, "batch_size": 2, "epochs": 2, "split_seed": 5})
    test = WATER.subset(split_of(WATER, config).test)
    tuned = train(PROGRAM, WATER, config, tmp_path / "tuned", start=Start(model=first))
    fresh = train(PROGRAM, WATER, config, tmp_path / "fresh")
    tuned_errors, fresh_errors = (errors_of(*m.predict(test.numbers, test.positions), test) for m in (tuned, fresh))
    assert tuned_errors.force_mae < fresh_errors.force_mae


def test_a_started_run_in_parts_gives_the_same_bits(tmp_path):
    program, config = load("sivqlm-h2o", depth=1), training_config(SETTINGS | {"epochs": 3, "train": 8})
    start = Start(model=untrained(program, seed=3))
    whole = train(program, WATER, config, tmp_path / "whole", start=start)
    train(program, WATER, config, tmp_path / "parts", start=start, stop_after=1)
    parts = train(program, WATER, config, tmp_path / "parts", start=start)
    for name, value in whole.arrays.items():
        np.testing.assert_array_equal(parts.arrays[name], value)
    with pytest.raises(QffcError, match="start_from"):
        train(program, WATER, config, tmp_path / "parts")
    with pytest.raises(QffcError, match="atom_energies"):
        train(program, WATER, config, tmp_path / "parts", start=Start(FREE))


def test_settings_say_how_far_fresh_parameters_spread():
    def start(**settings):
        config = training_config(settings)
        state, _ = starting_state(lower_jax(PROGRAM), [WATER.subset(range(20))], optimizer_of(config, 1), config)
        return state.parameters

    usual = start()
    wide = start(angle_spread=2 * ANGLE_SPREAD, radial_spread=3 * RADIAL_SPREAD)
    factors = {"J": 2, "f_upper": 3, "f_lower": 3}
    for name, value in usual.items():
        np.testing.assert_allclose(wide[name], factors.get(name, 1) * value, rtol=1e-12)
    smooth, rough = (np.asarray(start(radial_falloff=power)["f_upper"]) for power in (2.0, 1.0))
    np.testing.assert_allclose(smooth, usual["f_upper"])
    np.testing.assert_allclose(rough, smooth * np.arange(1, rough.shape[-1] + 1), rtol=1e-12)


def test_the_start_is_the_model_but_for_what_it_had_not_met(first):
    config, lowered = training_config({}), lower_jax(PROGRAM)
    state, constants = starting_state(
        lowered, [AMMONIA.subset(range(40))], optimizer_of(config, 1), config, Start(model=first)
    )
    for name, value in state.parameters.items():
        np.testing.assert_array_equal(value, first.arrays[name])
    bare = replace(first, arrays=without_limits(first.arrays))  # which training starts from
    energies = bare.predict(AMMONIA.numbers, AMMONIA.positions[:40])[0]
    shift = constants[ATOM_ENERGY] - bare.arrays[ATOM_ENERGY]
    np.testing.assert_allclose(3 * shift[0] + shift[1], np.mean(AMMONIA.energies[:40] - energies), rtol=1e-9)
    for name in (FEATURE_SHIFT, FEATURE_SCALE):
        np.testing.assert_array_equal(constants[name][[0, 2]], first.arrays[name][[0, 2]])
        assert np.any(constants[name][1] != first.arrays[name][1])


def test_starting_from_the_same_data_changes_little(first):
    config, lowered = training_config({}), lower_jax(PROGRAM)
    _, constants = starting_state(lowered, [WATER], optimizer_of(config, 1), config, Start(model=first))
    np.testing.assert_allclose(constants[ATOM_ENERGY], without_limits(first.arrays)[ATOM_ENERGY], atol=0.5)
    np.testing.assert_array_equal(constants[FEATURE_SCALE], first.arrays[FEATURE_SCALE])


def test_a_model_of_another_program_is_refused(first, tmp_path):
    other = load("pair", species=("H", "N", "O"), channels=2, depth=1, hidden=(6,))
    with pytest.raises(QffcError, match=r"model of another program[\s\S]*digest"):
        train(other, AMMONIA, training_config(SETTINGS), tmp_path, start=Start(model=first))


def test_two_sources_of_reference_energies_are_refused(first):
    with pytest.raises(QffcError, match="two sources"):
        Start(FREE, first)


@pytest.mark.parametrize(
    "energies", [{"1": -13.6, "8": -2035.6}, {1: -13.6, 8: -2035.6}, {np.int64(1): -13.6, "O": -2035.6}]
)
def test_atom_energies_by_symbol_or_number(energies):
    assert energies_by_symbol(energies) == {"H": -13.6, "O": -2035.6}


@pytest.mark.parametrize(
    ("energies", "found"),
    [
        ({"o": -2035.6}, "'o', which is no element"),
        ({119: -1.0}, "'119', which is no element"),
        ({"O": -2035.6, 8: -2035.6}, "'8', and O before"),
        ({"H": "low"}, "'low' for 'H'"),
        ({"H": None}, "None for 'H'"),
        ({"H": float("nan")}, "nan for 'H'"),
        ({"H": True}, "True for 'H'"),
    ],
)
def test_atom_energies_that_cannot_be_read(tmp_path, energies, found):
    with pytest.raises(QffcError, match="atom energies that cannot be read") as caught:
        toolchain.train("lib:sivqlm-h2o:depth=1", "water", tmp_path / "run", train=2, atom_energies=energies)
    assert caught.value.diagnostic.found == found
    assert "{1: -13.6" in caught.value.diagnostic.help
    assert not (tmp_path / "run").exists()


def test_atom_energies_that_do_not_fit_are_refused():
    with pytest.raises(QffcError, match=r"none of 'O'"):
        given_atom_energies(PROGRAM, [WATER], {"H": -13.6})
    with pytest.raises(QffcError, match=r"'Hx', which is no element"):
        given_atom_energies(PROGRAM, [WATER], {**FREE, "Hx": 1.0})


def test_sums_over_neighbours_start_with_small_and_less_smooth_functions():
    usual, summed = settled(TrainingConfig(), PROGRAM), settled(TrainingConfig(), load("gathered"))
    assert (usual.radial_spread, usual.radial_falloff) == (RADIAL_SPREAD, RADIAL_FALLOFF)
    assert (summed.radial_spread, summed.radial_falloff, summed.learning_rate) == (0.4, 1.0, 0.0015)
    chosen = settled(TrainingConfig(radial_spread=2.0, learning_rate=0.1), load("gathered"))
    assert (chosen.radial_spread, chosen.learning_rate, chosen.radial_falloff) == (2.0, 0.1, 1.0)
    tuned = settled(TrainingConfig(), load("gathered"), tuning=True)
    assert (tuned.learning_rate, tuned.warmup) == (TUNING_RATE, TUNING_WARMUP)
    program = load("gathered", channels=64, depth=1, vectors=2, hidden=(4,))
    state, _ = starting_state(
        lower_jax(program), [WATER.subset(range(2))], optimizer_of(TrainingConfig(), 1), TrainingConfig()
    )
    deviations = np.asarray(state.parameters["f"]).reshape(-1, 8).std(axis=0)
    np.testing.assert_allclose(deviations, 0.4 / np.arange(1, 9), rtol=0.05)


def test_what_was_no_setting_when_a_model_was_trained_was_as_its_default():
    assert stored_config({"config": '{"epochs": 3, "radial_spread": 0.7}'}).radial_falloff == RADIAL_FALLOFF
