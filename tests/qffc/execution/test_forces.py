"""Forces and gradients from shifted circuits: exact without shot noise, with honest standard errors with it."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qffc.execution.exact_shots import draw_exactly
from qffc.execution.forces import estimate_forces, exact_moments
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.targets.catalogue import target

WATER = np.array([8, 1, 1])
POSITIONS = np.array([[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.1, -0.76, -0.48]])
TARGET = target("H2-1LE")


@pytest.fixture(scope="module")
def linear():
    return untrained(load("sivqlm-h2o", depth=1), seed=1)


@pytest.fixture(scope="module")
def network():
    return untrained(load("pair", depth=1, channels=2, hidden=(4,)), seed=1)


@pytest.mark.parametrize("name", ["linear", pytest.param("network", marks=pytest.mark.slow)])
def test_many_shots_give_the_derivatives_of_jax(name, request):
    model = request.getfixturevalue(name)
    frames = np.stack([POSITIONS, 1.1 * POSITIONS])
    estimates = estimate_forces(model, WATER, frames, TARGET, shots=10, parameters=True, seed=0, sampler=exact_moments)
    energies, forces = model.predict(WATER, frames)
    molecule = model.molecule(WATER)
    arrays = {key: jnp.asarray(array) for key, array in model.arrays.items()}
    gradient_of = jax.jit(jax.grad(lambda a, r: molecule.energies(a, r)[0]))
    for frame, found in enumerate(estimates):
        assert found.energy == pytest.approx(energies[frame], abs=1e-9)
        np.testing.assert_allclose(found.forces, forces[frame], atol=1e-9)
        np.testing.assert_array_equal(found.forces, found.exact_forces)
        assert np.all(found.force_errors == 0)
        gradient = gradient_of(arrays, jnp.asarray(frames[frame][None]))
        assert found.gradient.keys() == {key for key in model.arrays if not key.startswith("constant.")}
        for key, table in found.gradient.items():
            np.testing.assert_allclose(table, gradient[key], atol=1e-9, err_msg=key)
        assert max(np.abs(table).max() for table in found.gradient.values()) > 0.01


@pytest.mark.parametrize(("name", "shots"), [("linear", 300), pytest.param("network", 20000, marks=pytest.mark.slow)])
def test_standard_errors_cover(name, shots, request):
    model = request.getfixturevalue(name)
    frames = np.repeat(POSITIONS[None], 40, axis=0)
    estimates = estimate_forces(
        model, WATER, frames, TARGET, shots=shots, parameters=name == "linear", seed=3, sampler=draw_exactly
    )
    truth = model.predict(WATER, POSITIONS[None])[1][0]
    pulls = np.array([(found.forces - truth) / found.force_errors for found in estimates]).reshape(len(frames), -1)
    # Components of one geometry are correlated, geometries are not: each component is judged by itself.
    assert np.abs(pulls.mean(axis=0)).max() < 4.5 / np.sqrt(len(frames))
    assert np.abs(np.sqrt((pulls**2).mean(axis=0)) - 1).max() < 4.5 / np.sqrt(2 * len(frames))
    if name == "linear":
        (exact,) = estimate_forces(
            model, WATER, POSITIONS[None], TARGET, shots=10, parameters=True, seed=0, sampler=exact_moments
        )
        for key, table in exact.gradient.items():
            each = np.array([found.gradient[key] - table for found in estimates]).reshape(len(frames), -1)
            errors = np.array([found.gradient_errors[key] for found in estimates]).reshape(len(frames), -1)
            noisy = errors.min(axis=0) > 0
            spread = np.sqrt(((each[:, noisy] / errors[:, noisy]) ** 2).mean(axis=0))
            assert np.abs(spread - 1).max(initial=0.0) < 5 / np.sqrt(2 * len(frames)), key
            assert np.abs(each[:, ~noisy]).max(initial=0.0) < 1e-12


def test_shots_for_a_standard_error(linear):
    (found,) = estimate_forces(
        linear, WATER, POSITIONS[None], TARGET, standard_error=0.02, seed=0, sampler=draw_exactly
    )
    assert np.sqrt(np.mean(found.force_errors**2)) == pytest.approx(0.02, rel=0.1)
    (equal,) = estimate_forces(linear, WATER, POSITIONS[None], TARGET, shots=100, seed=0, sampler=draw_exactly)
    assert equal.shots == 100 * equal.circuits


def test_emulator(linear):
    pytest.importorskip("pytket_pecos")
    (found,) = estimate_forces(linear, WATER, POSITIONS[None], TARGET, shots=20, seed=0)
    pulls = (found.forces - found.exact_forces) / found.force_errors
    assert np.abs(pulls).max() < 6
    assert found.force_errors.min() > 0


def test_price_above_the_limit_is_refused(linear):
    with pytest.raises(QffcError, match="price"):
        estimate_forces(linear, WATER, POSITIONS[None], TARGET, shots=20, seed=0, max_price=1.0)
