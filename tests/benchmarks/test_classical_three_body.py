"""Classical three-body functions in the place of circuits."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.polynomial.legendre import legval
from scipy.spatial.transform import Rotation
from slopes import need_forces_of_slope

from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.files.model_file import load_model
from qffc.models.force_field import ForceField
from qffc.models.initialization.fresh_parameters import initial_parameters, neutral_constants
from qffc.training.config import training_config
from qffc.training.trainer import train

pytest.importorskip("benchmarks.forcefields", reason="needs the source tree on the path: python -m pytest")

from benchmarks.forcefields.classical import DEGREES, KERNEL, lower_three_body, solid_products
from benchmarks.forcefields.twins import LOWERINGS

PROGRAM = load("pair", channels=2, depth=2, hidden=(8,), products=True, by_species=True, species=("N", "H"))
AMMONIA = load_embedded("ammonia")
SETTINGS = {"train": 20, "validation": 10, "epochs": 4, "evaluate_every": 1, "learning_rate": 0.02}


@pytest.fixture(scope="module")
def model():
    return ForceField(PROGRAM, initial_parameters(PROGRAM, 3) | neutral_constants(PROGRAM), lower=lower_three_body)


def test_as_many_functions_as_moments(model):
    slots = np.random.default_rng(0).normal(size=(5, model.lowered.split.slot_count))
    moments = jax.jit(model.lowered.moments)
    values = moments(jnp.asarray(slots))
    assert values.shape == (5, len(PROGRAM.observables)) == (5, 7)
    assert np.all(np.abs(values) < 1.0)  # no number is a sum here
    matrix = moments(jnp.asarray(np.random.default_rng(1).normal(size=(200, slots.shape[1]))))
    assert np.linalg.matrix_rank(np.asarray(matrix)) == 7


def test_more_radial_functions_than_moments_are_all_used():
    lowered = lower_three_body(load("pair", channels=1, depth=4, products=True))
    slots = jnp.asarray(np.random.default_rng(0).normal(size=(1, lowered.split.slot_count)))
    gradient = jax.jit(jax.grad(lambda x: jnp.sum(lowered.moments(x))))(slots)[0, len(lowered.split.scalars) :]
    assert len(lowered.split.observables) < 8
    assert np.all(np.any(gradient.reshape(-1, 3) != 0, axis=1))


def test_solid_harmonics_are_legendre_polynomials():
    generator = np.random.default_rng(2)
    s, t = generator.normal(size=(2, 7, 3))
    lengths = np.linalg.norm(s, axis=1) * np.linalg.norm(t, axis=1)
    dots = np.sum(s * t, axis=1)
    found = solid_products(jnp.asarray(dots), jnp.asarray(lengths**2))
    np.testing.assert_allclose(found[0], lengths**2)
    for l in range(1, DEGREES):
        expected = lengths**l * legval(dots / lengths, np.eye(DEGREES)[l])
        np.testing.assert_allclose(found[l], expected, rtol=1e-10, atol=1e-12)


def test_rotation_inversion_and_exchange_change_no_energy(model):
    frames = AMMONIA.positions[:3]
    turn = Rotation.random(rng=4).as_matrix()
    order = [0, 2, 3, 1]
    energies, forces = model.predict(AMMONIA.numbers, frames)
    turned, turned_forces = model.predict(AMMONIA.numbers, -frames @ turn.T)
    exchanged, exchanged_forces = model.predict(AMMONIA.numbers, frames[:, order])
    np.testing.assert_allclose(turned, energies, atol=1e-10)
    np.testing.assert_allclose(turned_forces, -forces @ turn.T, atol=1e-10)
    np.testing.assert_allclose(exchanged, energies, atol=1e-10)
    np.testing.assert_allclose(exchanged_forces, forces[:, order], atol=1e-10)
    assert np.ptp(energies) > 1e-3


def test_forces_are_minus_the_slope_of_the_energy(model):
    need_forces_of_slope(model, AMMONIA.numbers, AMMONIA.positions[0], ((0, 0), (1, 2), (3, 1)), within=1e-6)


def test_smooth_where_radial_functions_vanish(model):
    """All vectors are zero: value, slope and curvature are those of the polynomials."""
    zero = jnp.zeros((1, model.lowered.split.slot_count))
    (value, slope), curvature = jax.jvp(
        lambda x: (model.lowered.moments(x), jax.jacrev(model.lowered.moments)(x)), (zero,), (jnp.ones_like(zero),)
    )
    assert np.all(np.asarray(value) == 0)
    assert np.all(np.asarray(slope) == 0)
    # Of all numbers only those of degree 1, s . t, are of second order.
    second = np.any(np.asarray(curvature[1])[0, :, 0] != 0, axis=1)
    np.testing.assert_array_equal(second, np.arange(7) % DEGREES == 1)


def test_every_radial_parameter_has_a_gradient(model):
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    molecule = model.molecule(AMMONIA.numbers)
    slope = jax.jit(jax.grad(lambda p: jnp.sum(molecule.energies(arrays | p, jnp.asarray(AMMONIA.positions[:2])))))
    gradient = slope({name: arrays[name] for name in ("f_upper", "f_lower", "J")})
    # Neighbours of N are H alone; those of H are both.
    used = np.ones(gradient["f_upper"].shape, dtype=bool)
    used[:, :, 0, 0] = False
    for name in ("f_upper", "f_lower"):
        np.testing.assert_array_equal(np.asarray(gradient[name]) != 0, used)
    assert np.all(np.asarray(gradient["J"]) == 0)


@pytest.mark.slow
def test_a_trained_model_names_its_kernel_and_is_refused_as_circuits(tmp_path):
    seen = []
    trained = train(PROGRAM, AMMONIA, training_config(SETTINGS), tmp_path, report=seen.append, lower=lower_three_body)
    assert seen[-1].loss < 0.5 * seen[0].loss
    # It goes on with its own run, in which nothing is left to do.
    same = train(PROGRAM, AMMONIA, training_config(SETTINGS), tmp_path, report=seen.append, lower=lower_three_body)
    assert len(seen) == 4
    np.testing.assert_array_equal(same.arrays["f_upper"], trained.arrays["f_upper"])
    with pytest.raises(QffcError, match=KERNEL):
        load_model(tmp_path)
    again = load_model(tmp_path, LOWERINGS)
    for ours, theirs in zip(
        again.predict(AMMONIA.numbers, AMMONIA.positions[:2]),
        trained.predict(AMMONIA.numbers, AMMONIA.positions[:2]),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(QffcError, match="another run"):
        train(PROGRAM, AMMONIA, training_config(SETTINGS), tmp_path)


def test_a_program_without_pairs_is_refused():
    with pytest.raises(QffcError, match=r"lib:pair"):
        lower_three_body(load("sivqlm-h2o", depth=1))
