"""How uncertain one model is: the posterior of its last layer, and heads drawn from it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import optax
import pytest
from ase import Atoms

import qffc as qf
from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError, QffcWarning
from qffc.models.ensemble import consensus_of
from qffc.models.force_field import untrained
from qffc.models.uncertainty.calibration import calibration_of
from qffc.models.uncertainty.heads import FACTORS, HEADS, without_heads
from qffc.models.uncertainty.posterior import RIDGES, best_ridge, factor_of, posterior_of
from qffc.models.uncertainty_fit import _rows_in_cells as rows_in_cells
from qffc.models.uncertainty_fit import with_uncertainty
from qffc.models.validity_fit import with_limits
from qffc.motion.dynamics import run_dynamics
from qffc.motion.settings import DynamicsSettings, Limits
from qffc.reports.evaluation import evaluate
from qffc.training.config import TrainingConfig
from qffc.training.starting import Start, starting_state

WATER = load_embedded("water").subset(range(30))
FEW = WATER.positions[:3]


def small():
    return untrained(qf.load("pair", channels=1, depth=1, hidden=(4,), cutoff=2.8), seed=1)


@cache
def sure():
    return with_uncertainty(small(), [WATER.subset(range(20))], [WATER.subset(range(20, 30))])


def linear(seed: int, count: int = 200, size: int = 5):
    """Rows, and errors with the noise 0.3, of a linear function that is fitted by least squares."""
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(count, size))
    values = rows @ generator.normal(size=size) + 0.3 * generator.normal(size=count)
    weights = np.linalg.lstsq(rows, values, rcond=None)[0]
    return rows, values - rows @ weights


def test_the_posterior_is_that_of_least_squares():
    rows, errors = linear(0)
    noise = np.mean(errors**2)
    here = np.random.default_rng(1).normal(size=(7, 5))
    covariance = noise * np.linalg.inv(rows.T @ rows)
    bare = posterior_of(rows.T @ rows / noise)
    assert np.allclose(bare.variances(here), np.einsum("ni,ij,nj->n", here, covariance, here), rtol=1e-10)
    drawn = bare.draw(200_000, seed=2)
    assert np.allclose(np.cov(drawn.T), covariance, rtol=0, atol=0.02 * covariance.max())
    precision = rows.T @ rows / noise
    ridge = 0.5 * np.trace(precision) / 5 * np.eye(5)
    expected = np.einsum("ni,ij,nj->n", here, np.linalg.inv(precision + ridge), here)
    assert np.allclose(bare.with_ridge(0.5).variances(here), expected, rtol=1e-10)


def test_more_data_leave_less_uncertain():
    here = np.random.default_rng(1).normal(size=(7, 5))
    rows = linear(0, 2000)[0]
    few, many = (posterior_of(rows[:count].T @ rows[:count]).variances(here) for count in (100, 2000))
    assert np.all(many < few)
    assert np.median(few / many) == pytest.approx(20, rel=0.3)


def test_a_ridge_is_taken_where_the_data_say_nothing():
    """Along the last axis there are next to no data and the errors are no larger for it."""
    generator = np.random.default_rng(3)
    rows = generator.normal(size=(500, 3)) * [1.0, 1.0, 1e-6]
    there = generator.normal(size=(300, 3))
    found = best_ridge(posterior_of(rows.T @ rows), [(there, generator.normal(size=300))])
    assert found.precisions.min() > 1e-3 * found.precisions.max()
    same = best_ridge(posterior_of(rows.T @ rows), [(rows, 0.1 * np.sqrt(posterior_of(rows.T @ rows).variances(rows)))])
    assert same.precisions.min() < 1e-9 * same.precisions.max()
    assert len(RIDGES) == len(set(RIDGES))


def test_a_factor_makes_deviations_those_of_errors():
    generator = np.random.default_rng(4)
    deviations = generator.uniform(0.1, 1.0, size=20_000)
    assert factor_of(2.5 * deviations * generator.normal(size=20_000), deviations) == pytest.approx(2.5, rel=0.02)


@pytest.mark.parametrize("program", ["pair", "gathered"])
def test_heads_are_models_with_other_last_layers(program):
    if program == "pair":
        model = sure()
    else:
        sums = qf.load("gathered", channels=1, depth=1, hidden=(4, 4), basis_size=3, rounds=2, vectors=2)
        model = untrained(sums, seed=3)
        heads = np.random.default_rng(5).normal(size=(3, len(model.program.species), 5))
        model = replace(model, arrays={**model.arrays, HEADS: heads, FACTORS: np.array([2.0, 3.0])})
    last = len(model.program.readout.hidden)
    weight, bias = f"head.weight{last}", f"head.bias{last}"
    bare, said = without_heads(model.arrays), []
    for head in model.arrays[HEADS][:3]:
        other = {weight: bare[weight] + head[:, :-1, None], bias: bare[bias] + head[:, -1:]}
        said.append(replace(model, arrays={**bare, **other}).predict(WATER.numbers, FEW))
    three = replace(model, arrays={**model.arrays, HEADS: model.arrays[HEADS][:3]})
    energies, forces = three.deviations(WATER.numbers, FEW)
    apart = consensus_of(np.stack([each[0] for each in said]), np.stack([each[1] for each in said]))
    by_energy, by_force = model.arrays[FACTORS]
    assert np.allclose(energies, by_energy * apart.energy_deviations, rtol=1e-7)
    assert np.allclose(forces, by_force * apart.force_deviations, rtol=1e-7)
    assert energies.min() > 0


def test_heads_that_are_alike_are_sure():
    model = sure()
    alike = np.repeat(model.arrays[HEADS][:1], 4, axis=0)
    energies, forces = replace(model, arrays={**model.arrays, HEADS: alike}).deviations(WATER.numbers, FEW)
    assert max(np.abs(energies).max(), np.abs(forces).max()) < 1e-9


def test_it_is_calibrated_on_what_was_held_out():
    held = WATER.subset(range(20, 30))
    energies, _ = sure().predict(held.numbers, held.positions)
    deviations, _ = sure().deviations(held.numbers, held.positions)
    assert np.mean(((energies - held.energies) / deviations) ** 2) == pytest.approx(1.0)


def test_energies_alone_do():
    bare = [replace(WATER.subset(range(*ends)), has_forces=False) for ends in ((0, 20), (20, 30))]
    model = with_uncertainty(small(), bare[:1], bare[1:])
    assert model.arrays[FACTORS][0] == model.arrays[FACTORS][1]
    assert np.all(np.isfinite(model.deviations(WATER.numbers, FEW)[1]))


def test_files_and_predictions_keep_it(tmp_path):
    qf.save_model(sure(), tmp_path / "sure.safetensors")
    with pytest.warns(QffcWarning, match="model without a certificate"):  # it was not trained
        read = qf.load_model(tmp_path / "sure.safetensors")
    assert read.program.digest == small().program.digest
    for one, other in zip(read.deviations(WATER.numbers, FEW), sure().deviations(WATER.numbers, FEW), strict=True):
        assert np.array_equal(one, other)
    assert np.array_equal(read.predict(WATER.numbers, FEW)[1], small().predict(WATER.numbers, FEW)[1])
    bare = qf.without_uncertainty(read)
    assert set(bare.arrays) == set(small().arrays)


def test_limits_leave_it():
    """Far from the data energies fade, and what circuits and network say stays as uncertain."""
    far = 1.6 * FEW[:1]
    limited = with_limits(sure(), WATER, {"H": -13.57, "O": -2035.57})
    assert np.allclose(limited.deviations(WATER.numbers, far)[0], sure().deviations(WATER.numbers, far)[0], rtol=1e-9)


@pytest.mark.parametrize("periodic", [False, True])
def test_a_calculator_tells_it(periodic):
    cell = {"cell": 15 * np.eye(3), "pbc": True} if periodic else {}
    atoms = Atoms("OHH", FEW[1], calculator=qf.Calculator(sure()), **cell)
    atoms.get_forces()
    energies, forces = sure().deviations(WATER.numbers, FEW[1:2])
    assert atoms.calc.results["energy_deviation"] == pytest.approx(energies[0], rel=1e-7)
    assert np.allclose(atoms.calc.results["force_deviations"], forces[0], rtol=1e-7)
    atoms.calc.model = qf.without_uncertainty(sure())
    atoms.get_forces()
    assert "force_deviations" not in atoms.calc.results


@pytest.mark.slow
def test_periodic_images_add_up():
    """Two waters in a cell that is shorter than the cutoff are the four of the doubled cell."""
    cell = np.diag([2.6, 12.0, 12.0])
    one = Atoms("OHH", FEW[0], cell=cell, pbc=True, calculator=qf.Calculator(sure()))
    two = one.repeat((2, 1, 1))
    two.calc = qf.Calculator(sure())
    one.get_forces(), two.get_forces()
    assert 2 * one.calc.results["energy_deviation"] == pytest.approx(two.calc.results["energy_deviation"], rel=1e-6)
    twice = np.tile(one.calc.results["force_deviations"], 2)
    assert np.allclose(two.calc.results["force_deviations"], twice, rtol=1e-6)


def test_dynamics_stop_at_it(tmp_path):
    start = WATER.numbers, FEW[0]
    below = 0.5 * float(sure().deviations(start[0], start[1][None])[1].max())
    found = run_dynamics(sure(), *start, DynamicsSettings(), steps=4, folder=tmp_path, limits=Limits(deviation=below))
    assert found.stopped_at == 0
    going = run_dynamics(sure(), *start, DynamicsSettings(), steps=2, folder=tmp_path)  # the same without
    assert going.stopped_at is None
    with pytest.raises(QffcError, match="limit that the model knows nothing of"):
        run_dynamics(small(), *start, DynamicsSettings(), steps=4, folder=tmp_path, limits=Limits(deviation=below))


def test_training_on_drops_it():
    start = Start(model=sure())
    _, constants = starting_state(sure().lowered, [WATER], optax.sgd(0.1), TrainingConfig(), start)
    assert not {HEADS, FACTORS} & set(constants)


def test_an_evaluation_tells_how_good_it_is():
    told = evaluate(sure(), WATER).calibration
    predicted, deviations = (call(WATER.numbers, WATER.positions) for call in (sure().predict, sure().deviations))
    assert told == calibration_of(predicted, deviations, WATER)
    errors = np.abs(predicted[0] - WATER.energies)
    assert told.energy_within_two == np.mean(errors < 2 * deviations[0])
    assert evaluate(small(), WATER).calibration is None


def test_what_cannot_be():
    with pytest.raises(QffcError, match="model without uncertainty"):
        small().deviations(WATER.numbers, FEW)
    with pytest.raises(QffcError, match="no sum over atoms"):
        with_uncertainty(untrained(qf.load("sivqlm-h2o", depth=1), 0), [WATER], [WATER])
    with pytest.raises(QffcError, match="uncertainty from data that the model was not trained on"):
        qf.with_uncertainty("trained:water", "ammonia")
    with pytest.raises(QffcError, match=f"array '{HEADS}'"):
        replace(sure(), arrays={**sure().arrays, HEADS: np.zeros((1, 2, 5))})
    config = TrainingConfig(train=20, validation=0).model_dump_json()
    fingerprint = {"data_name": "water", "data_fingerprint": WATER.fingerprint, "config": config}
    with pytest.raises(QffcError, match="uncertainty without validation frames"):
        qf.with_uncertainty(replace(small(), metadata=fingerprint), WATER)


def in_cells(lengths):
    """The frames of water, each in a cell."""
    return replace(WATER, cells=np.diag(lengths), pbc=np.ones(3, dtype=bool))


@pytest.mark.slow  # rows in cells are held against differences below
def test_in_wide_cells_it_is_that_of_molecules():
    boxed = in_cells([15.0, 16.0, 17.0])
    found = with_uncertainty(small(), [boxed.subset(range(20))], [boxed.subset(range(20, 30))])
    assert np.allclose(found.arrays[FACTORS], sure().arrays[FACTORS], rtol=1e-6)
    (_, forces), (_, expected) = (each.deviations(WATER.numbers, FEW) for each in (found, sure()))
    assert np.allclose(forces, expected, rtol=1e-6)


def test_in_narrow_cells_its_rows_are_slopes():
    """Inputs of the last layer, and minus their slopes when an atom moves with its images, by differences."""
    data, step = in_cells([2.6, 12.0, 12.0]).subset([0, 1]), 1e-4
    energies, forces = rows_in_cells(small(), data, True)
    for atom, axis in ((0, 0), (2, 1)):
        away = step * np.eye(9)[3 * atom + axis].reshape(3, 3)
        sides = [rows_in_cells(small(), replace(data, positions=data.positions + s * away), False)[0] for s in (1, -1)]
        slopes = -(sides[0] - sides[1]) / (2 * step)
        assert np.abs(slopes).max() > 1e-3
        found = forces.reshape(2, 9, -1)[:, 3 * atom + axis]
        assert np.allclose(found, slopes, rtol=0, atol=1e-6 * np.abs(slopes).max())
    assert energies.shape == (2, forces.shape[1])
