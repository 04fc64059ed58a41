"""Molecules moved by noisy forces: the temperature is right, relaxations end where they should, and say how well."""

from __future__ import annotations

import numpy as np
import pytest
from ase import units

from qffc.execution import backend
from qffc.execution.forces import prepare_forces
from qffc.execution.langevin import Langevin, run_langevin
from qffc.execution.relaxation import _Pooled, _step, relax
from qffc.execution.shot_forces import NoisyForces, shot_forces
from qffc.execution.springs import shape_directions, shape_inverse, spring_hessian
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.targets.catalogue import target

MODEL = untrained(load("sivqlm-lih", depth=1), seed=0)
LIH = np.array([3, 1])
PLACE = np.array([[0.0, 0.0, 0.0], [0.0, 0.3, 1.6]])
IDEAL = target("ideal")

MASSES = np.array([16.0, 1.0, 1.0])
STIFF = 30.0
"""eV/Angstrom^2, of each atom."""


class NoisySprings:
    """Atoms on springs, whose forces have correlated noise of known covariance."""

    def __init__(self, size, seed):
        self.random = np.random.default_rng(seed)
        factor = self.random.normal(size=(9, 9))
        self.covariance = size**2 / 9 * factor @ factor.T
        self.root = np.linalg.cholesky(self.covariance)

    def __call__(self, positions, standard_error=None):
        noise = (self.random.normal(size=(len(positions), 9)) @ self.root.T).reshape(positions.shape)
        covariances = np.repeat(self.covariance[None], len(positions), axis=0)
        return NoisyForces(np.zeros(len(positions)), noise - STIFF * positions, covariances)


def thermal(settings, replicas=600, size=0.3):
    """Mean kinetic temperature and its error, and the mean potential energy over that of 300 K."""
    width = np.sqrt(units.kB * 300 / STIFF)
    start = width * np.random.default_rng(0).normal(size=(replicas, 3, 3))
    found = run_langevin(NoisySprings(size, 1), start, MASSES, settings, steps=100, seed=2)
    return *found.mean_temperature(50), float(np.mean(found.positions[50:] ** 2)) / width**2, found


@pytest.mark.parametrize("friction", [0.02, 0.005])
def test_noise_that_is_taken_off_the_random_force_does_not_heat(friction):
    mean, error, width, found = thermal(Langevin(friction=friction))
    assert error < 5
    # Momenta of this splitting are hot by (h omega)^2 / 4 of a vibration: 1.8 % for the light atoms.
    bias = 300 * float(np.mean(STIFF / MASSES * (0.5 * units.fs) ** 2 / 4))
    assert abs(mean - 300 - bias) < 4 * error
    assert abs(width - 1) < 0.05
    assert found.friction.max() > 0.0199 if friction == 0.02 else found.friction.max() > 2 * friction


def test_noise_that_stays_heats():
    mean, error, width, _ = thermal(Langevin(friction=0.005, compensate=False))
    assert mean > 300 + 6 * error
    assert width > 1.1


def test_too_much_noise_is_refused():
    with pytest.raises(QffcError, match="too noisy"):
        thermal(Langevin(), replicas=2, size=30.0)


@pytest.mark.parametrize("setting", [{"temperature": 0.0}, {"step": -1.0}, {"friction": float("nan")}])
def test_settings_of_dynamics_are_checked(setting):
    with pytest.raises(QffcError, match="dynamics out of range"):
        Langevin(**setting)


def test_the_covariance_of_forces_has_their_standard_errors_and_no_net_force():
    run = prepare_forces(MODEL, LIH, PLACE[None])
    quote = run.quote(IDEAL, shots=100, standard_error=None)
    (found,) = run.estimate(quote, IDEAL, seed=0, covariance=True)
    np.testing.assert_allclose(np.sqrt(np.diagonal(found.covariance)), found.force_errors.reshape(-1), rtol=1e-9)
    net = np.tile(np.eye(3), 2)
    assert np.abs(net @ found.covariance).max() < 1e-12 * np.abs(found.covariance).max() + 1e-15


def test_moved_forces_are_those_of_a_fresh_run():
    run = prepare_forces(MODEL, LIH, PLACE[None])
    source = shot_forces(MODEL, LIH, PLACE[None], IDEAL, seed=3, shots=50)
    elsewhere = 1.1 * PLACE[None]
    moved = source(elsewhere)
    fresh = prepare_forces(MODEL, LIH, elsewhere)
    fresh.kept.plan = run.kept.plan = source.run.kept.plan  # the settings of the first geometry
    quote = fresh.quote(IDEAL, shots=50, standard_error=None)
    (wanted,) = fresh.estimate(quote, IDEAL, seed=3, covariance=True)
    np.testing.assert_allclose(moved.forces[0], wanted.forces, atol=1e-12)
    np.testing.assert_allclose(moved.covariances[0], wanted.covariance, atol=1e-12)
    assert np.abs(source(elsewhere).forces - moved.forces).max() > 1e-6  # shots of its own


def test_dynamics_on_circuits_repeat_and_stop_at_the_limit(monkeypatch, tmp_path):
    place = target("H2-1LE")
    masses = np.array([7.0, 1.0])

    def run(store=None, max_price=None):
        source = shot_forces(MODEL, LIH, PLACE[None], place, seed=1, shots=4, store=store, max_price=max_price)
        return run_langevin(source, PLACE[None], masses, Langevin(), steps=3, seed=1), source

    whole, source = run()
    assert source.spent == pytest.approx(whole.price)
    seen, emulate = [], backend.exact_circuits.emulate

    def count(*given):
        if len(seen) == stop[0]:
            raise KeyboardInterrupt
        seen.append(1)
        return emulate(*given)

    monkeypatch.setattr(backend.exact_circuits, "emulate", count)
    stop = [40]
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    stop[0] = -1
    seen.clear()
    again, _ = run(tmp_path)
    np.testing.assert_array_equal(again.positions, whole.positions)
    kept = len(seen)
    seen.clear()
    np.testing.assert_array_equal(run(tmp_path)[0].positions, whole.positions)
    assert not seen
    assert kept > 0
    with pytest.raises(QffcError, match="limit"):
        run(max_price=0.5 * whole.price)


class NoisyModel:
    """The forces of springs around a triangle with noise of the error that is asked for."""

    def __init__(self, seed):
        self.random, self.asked = np.random.default_rng(seed), []

    def predict(self, numbers, positions):
        """Energies and forces of three springs at rest lengths 1, 1 and 1.6."""
        del numbers
        forces = np.zeros_like(positions)
        energies = np.zeros(len(positions))
        for a, b, rest, stiff in ((0, 1, 1.0, 45.0), (0, 2, 1.0, 45.0), (1, 2, 1.6, 3.0)):
            vector = positions[:, b] - positions[:, a]
            length = np.linalg.norm(vector, axis=1, keepdims=True)
            energies += 0.5 * stiff * (length[:, 0] - rest) ** 2
            pull = stiff * (length - rest) * vector / length
            forces[:, a] += pull
            forces[:, b] -= pull
        return energies, forces

    def __call__(self, positions, standard_error):
        self.asked.append(standard_error)
        shape = shape_directions(positions[0])
        covariance = standard_error**2 * 3 * shape @ shape.T  # nine components, three directions
        noise = np.sqrt(3) * standard_error * shape @ self.random.normal(size=shape.shape[1])
        energies, forces = self.predict(None, positions)
        return NoisyForces(energies, forces + noise.reshape(1, -1, 3), covariance[None], 1, standard_error**-2)


START = np.array([[0.0, 0.0, 0.1], [0.0, 0.9, -0.5], [0.1, -0.8, -0.6]])
WATER = np.array([8, 1, 1])


def test_relaxations_end_at_the_minimum_within_their_error_bars():
    pulls, asked = [], []
    for seed in range(40):
        source = NoisyModel(seed)
        found = relax(source, source, WATER, START, standard_error=0.1)
        assert found.converged
        assert len(found.steps) < 25
        asked.append(source.asked)
        for (a, b), rest in zip(((0, 1), (0, 2), (1, 2)), (1.0, 1.0, 1.6), strict=True):
            assert found.exact_distance(a, b) == pytest.approx(rest, abs=1e-6)
            length, error = found.distance(a, b)
            pulls.append((length - rest) / error)
    pulls = np.array(pulls).reshape(40, 3)
    assert np.abs(pulls.mean(axis=0)).max() < 4 / np.sqrt(40)
    assert np.abs(pulls.std(axis=0) - 1).max() < 4 / np.sqrt(80)
    assert all(each[0] == 0.5 and each[-1] == 0.1 for each in asked)  # coarse forces first, those asked for at the end
    assert max(np.diff(each).max() for each in asked) <= 0


def test_a_relaxation_without_enough_steps_says_so():
    source = NoisyModel(0)
    found = relax(source, source, WATER, START, standard_error=0.01, steps=2)
    assert not found.converged
    assert len(found.steps) == 2


@pytest.mark.parametrize("given", [{"standard_error": 0.0}, {"standard_error": 0.1, "steps": 0}])
def test_relaxations_without_an_end_are_refused(given):
    source = NoisyModel(0)
    with pytest.raises(QffcError, match="without an end"):
        relax(source, source, WATER, START, **given)


def test_far_from_a_minimum_there_are_no_error_bars():
    class Hill(NoisyModel):
        def predict(self, numbers, positions):
            energies, forces = super().predict(numbers, positions)
            return -energies, -forces

    source = Hill(0)
    with pytest.raises(QffcError, match="near no minimum"):
        relax(source, source, WATER, START, standard_error=0.1, steps=1)


def test_springs_have_the_shapes_of_molecules():
    hessian = spring_hessian(WATER, START)
    assert shape_directions(START).shape == (9, 3)
    assert shape_directions(PLACE).shape == (6, 1)  # a turn about the axis of two atoms is none
    np.testing.assert_allclose(hessian @ np.tile(np.eye(3), 3).T, 0, atol=1e-12)
    inverse = shape_inverse(hessian, START)
    shape = shape_directions(START)
    np.testing.assert_allclose(inverse @ hessian @ shape, shape, atol=1e-9)
    with pytest.raises(np.linalg.LinAlgError):
        shape_inverse(-hessian, START)


def test_flat_molecules_have_no_direction_without_stiffness():
    """Out of its plane a flat molecule has no springs."""
    flat = np.array([[0.0, 0, 0], [1, 0, 0], [-0.5, 0.9, 0], [-0.5, -0.9, 0]])
    forces = NoisyForces(np.zeros(1), np.ones((1, 4, 3)) * [[0], [0], [0], [1.0]], 1e-4 * np.eye(12)[None])
    move, _ = _step(spring_hessian(np.array([7, 1, 1, 1]), flat), _Pooled.of(flat, forces, 0.01))
    assert np.isfinite(move).all()
    assert 0.01 < np.abs(move).max() <= 0.1


def test_atoms_at_one_place_have_no_springs():
    with pytest.raises(QffcError, match="two atoms at one place"):
        spring_hessian(WATER, np.zeros((3, 3)))
