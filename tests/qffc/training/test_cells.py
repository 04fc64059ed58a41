"""Training on frames in cells: the numbers are those of the calculator, and the loss has the stress in it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ase import Atoms
from crystals import cluster, copper, slab
from drawn_limits import with_limits as with_drawn_limits

import qffc as qf
from qffc.data import Dataset
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.calculator import Calculator
from qffc.models.checks.start_check import need_symmetries
from qffc.models.ensemble import Ensemble
from qffc.models.errors import errors_of, errors_of_sets
from qffc.models.force_field import ForceField, untrained
from qffc.models.predicted import predict_data
from qffc.models.validity.limits import NEAREST, SEEN
from qffc.models.validity_fit import with_limits
from qffc.reports.evaluation import evaluate
from qffc.training.config import TrainingConfig
from qffc.training.data_checks import need_sound_data
from qffc.training.frames import batches_and_fit
from qffc.training.log import read_log
from qffc.training.stopping import score_of
from qffc.training.trainer import train
from qffc.training.validation import make_validation

SMALL = {"species": ("Al", "Cu"), "channels": 2, "depth": 1, "hidden": (4,), "basis_size": 4, "cutoff": 3.2}
PROGRAMS = {
    "sums": ("gathered", SMALL | {"rounds": 2, "vectors": 2}),
    "one round": ("gathered", SMALL | {"rounds": 1, "vectors": 0, "channels": 1}),
    "pairs": ("pair", SMALL | {"channels": 1, "messages": 1, "cutoff": 2.9}),
}


@cache
def model_of(name, limits=False):
    library, options = PROGRAMS[name]
    program = load(library, **options)
    generator = np.random.default_rng(1)
    fresh = untrained(program, seed=2).arrays
    arrays = {key: value + 0.1 * generator.random(value.shape) for key, value in fresh.items()}
    model = ForceField(program, arrays)
    return with_drawn_limits(model) if limits else model


def said_by_the_calculator(model, data):
    """The frames with labels that the calculator gives."""
    energies, forces, stresses = [], [], []
    for frame in range(len(data)):
        box = {} if data.cells is None else {"cell": data.cells[frame], "pbc": data.pbc[frame]}
        atoms = Atoms(data.numbers, data.positions[frame], calculator=Calculator(model), **box)
        energies.append(atoms.get_potential_energy())
        forces.append(atoms.get_forces())
        stresses.append(atoms.get_stress(voigt=False) if data.stresses is not None else None)
    labels = {} if data.stresses is None else {"stresses": np.stack(stresses)}
    return replace(data, energies=np.array(energies), forces=np.stack(forces), **labels)


def one_batch(model, sets, **settings):
    """All frames as one batch, with its fit."""
    size = sum(map(len, sets))
    config = TrainingConfig(batch_size=size, **settings)
    constants = {name: value for name, value in model.arrays.items() if name.startswith("constant.")}
    with jax.enable_x64(True):
        batches, fit = batches_and_fit(model.lowered, sets, constants, config, 1)
        (batch,) = batches.epoch(0)
        return jax.tree.map(lambda values: jnp.asarray(values[0]), batch), fit, batch


@pytest.mark.parametrize(("name", "limits"), [("sums", True), pytest.param("pairs", False, marks=pytest.mark.slow)])
def test_training_sees_what_the_calculator_says(name, limits):
    model = model_of(name, limits)
    sets = [said_by_the_calculator(model, data) for data in (copper(3), slab(), cluster())]
    said, data = predict_data(model, sets[0]), sets[0]
    np.testing.assert_allclose(said.energies, data.energies, rtol=1e-10)
    np.testing.assert_allclose(said.forces, data.forces, atol=1e-10)
    np.testing.assert_allclose(said.stresses, data.stresses, atol=1e-10)
    piece, fit, _ = one_batch(model, sets, stress_weight=1.0)
    with jax.enable_x64(True):
        arrays = {key: jnp.asarray(value) for key, value in model.arrays.items()}
        squared = jax.jit(fit.squared_errors)
        off = squared(arrays, piece)
        assert float(off.energy) < 1e-20
        assert float(off.forces) < 1e-20
        assert float(off.virials) < 1e-20
        # And not because nothing is compared.
        assert float(squared(arrays, piece._replace(virials=0 * piece.virials)).virials) > 1e-6
    errors = make_validation(model.lowered, model.arrays, sets[:1])({})
    assert max(errors.energy_rmse, errors.force_rmse, errors.stress_rmse) < 1e-6
    assert errors.has_stress


def test_the_loss_has_the_mean_square_of_virials_by_atom_and_its_slope():
    model, sets = model_of("one round"), (copper(3), slab())
    piece, fit, batch = one_batch(model, sets, stress_weight=1.0)
    said, data = predict_data(model, sets[0]), sets[0]
    volumes = np.abs(np.linalg.det(data.cells))[:, None, None]
    wanted = np.sum((volumes * (said.stresses - data.stresses) / 4) ** 2)
    with jax.enable_x64(True):
        assert float(fit.counts(batch).entries) == 27.0
        arrays = {key: jnp.asarray(value) for key, value in model.arrays.items()}
        name = next(key for key, value in arrays.items() if not key.startswith("constant.") and value.size > 8)

        @jax.jit
        def virials(by):
            return fit.squared_errors({**arrays, name: arrays[name] + by * direction}, piece).virials

        direction = jnp.asarray(np.random.default_rng(0).normal(size=arrays[name].shape))
        assert float(virials(0.0)) == pytest.approx(wanted, rel=1e-9)
        step = 1e-5
        differences = (float(virials(step)) - float(virials(-step))) / (2 * step)
        assert float(jax.jit(jax.grad(virials))(0.0)) == pytest.approx(differences, rel=1e-6)


def settings(**changes):
    chosen = {"train": 40, "validation": 6, "test": 6, "epochs": 12, "evaluate_every": 3, "ema_decay": 0.9}
    return TrainingConfig(**{**chosen, "learning_rate": 0.02, "stress_weight": 10.0, **changes})


@pytest.mark.slow
def test_a_training_lowers_the_errors_of_stresses(tmp_path):
    data, program = (
        copper(52),
        load("pair", species=("Cu",), channels=2, depth=1, hidden=(16,), basis_size=6, cutoff=3.4),
    )
    model = train(program, [data], settings(), tmp_path)
    rows = read_log(tmp_path / "log.csv")
    stress = "validation_stress_mae_meV_per_Angstrom3"
    assert rows[-1]["training_loss"] < 0.5 * rows[0]["training_loss"]
    assert rows[-1][stress] < 0.7 * rows[0][stress]
    split = data.split(train=40, validation=6, test=6)
    evaluation = evaluate(model, data.subset(split.test), data.subset(split.train))
    assert evaluation.errors.stress_mae < 0.5 * dict(evaluation.baselines)["constant"].stress_mae
    assert "stress_mae_meV_per_Angstrom3" in evaluation.to_json()["model"]
    # Limits are those of the surroundings in cells: the training frames are within them.
    first = split.train[0]
    atoms = Atoms(data.numbers, data.positions[first], cell=data.cells[first], pbc=True, calculator=Calculator(model))
    atoms.get_potential_energy()
    assert atoms.calc.results["extrapolation_grade"] <= 1.0
    assert model.metadata["data_fingerprint"] == data.fingerprint


def test_errors_of_several_sets_are_over_frames_with_stresses():
    sets = (copper(4), copper(2), slab())
    found = [
        (data.energies, data.forces, data, None if data.stresses is None else data.stresses + 1e-3) for data in sets
    ]
    assert errors_of_sets(found).stress_mae == pytest.approx(1.0)
    assert not errors_of(*found[2]).has_stress
    assert "stress_mae" not in errors_of(*found[2]).figures()
    plain = errors_of_sets(found)
    assert score_of(plain, TrainingConfig()) == 0.0
    known = replace(plain, energy_mae=4.0, force_mae=4.0, stress_mae=32.0)
    assert score_of(known, TrainingConfig()) == pytest.approx(4.0)
    assert score_of(known, TrainingConfig(stress_weight=1.0)) == pytest.approx(8.0)


def test_limits_know_the_neighbours_in_other_cells():
    data = copper(12)
    one = with_limits(model_of("one round"), data)
    cells = data.cells
    doubled = Dataset(
        np.tile(data.numbers, 2),
        np.concatenate([data.positions, data.positions + cells[:, :1]], axis=1),
        2 * data.energies,
        np.tile(data.forces, (1, 2, 1)),
        cells=cells * np.array([2.0, 1.0, 1.0])[:, None],
    )
    other = with_limits(model_of("one round"), doubled)
    for name in (SEEN, NEAREST):
        np.testing.assert_allclose(one.arrays[name], other.arrays[name], atol=1e-9)


def test_an_ensemble_is_judged_by_its_mean_stress():
    one = model_of("one round")
    other = ForceField(one.program, {key: 1.02 * value for key, value in one.arrays.items()})
    data = copper(2)
    found = evaluate(Ensemble([one, other]), data)
    mean = (predict_data(one, data).stresses + predict_data(other, data).stresses) / 2
    np.testing.assert_allclose(found.stresses, mean)
    assert found.errors.has_stress


def test_symmetries_are_tested_with_atoms_around_those_of_a_cell():
    data = copper(2)
    alone = Dataset([29], np.zeros((2, 1, 3)), [0.0, 0.0], np.zeros((2, 1, 3)), cells=data.cells)
    assert "rotation" in need_symmetries(model_of("pairs"), [alone])


def test_what_has_no_cells_says_so(tmp_path):
    data, whole = copper(), load("sivqlm-h2o", depth=1)
    with pytest.raises(QffcError, match="periodic atoms of a model without a cutoff"):
        train(whole, [data], settings(), tmp_path)
    with pytest.raises(QffcError, match=r"frames in cells(.|\n)*counts shots"):
        train(model_of("sums").program, [data], settings(shot_weight=1.0), tmp_path)
    with pytest.raises(QffcError, match="a weight of stresses that are not there"):
        need_sound_data([slab()], settings())
    with pytest.raises(QffcError, match=r"frames in cells(.|\n)*shots"):
        qf.evaluate(model_of("sums"), data, shots=True)
    with pytest.raises(QffcError, match="cell that is none"):
        model_of("sums").predict_in_cells(["Cu"], np.zeros((1, 1, 3)), np.ones((3, 3)))
