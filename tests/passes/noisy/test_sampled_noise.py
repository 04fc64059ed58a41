"""Samples of faults: their chances, and moments beside density matrices and finite differences."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.models.noisy_model import with_noise
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_jax.double_precision import double_precision
from qffc.passes.lower_jax.kernel import make_kernel
from qffc.passes.noisy.fault_sites import Site, drawn_faults
from qffc.passes.noisy.make import NoisyLowering, noisy_functions, noisy_kernel, sampled_kernel
from qffc.passes.noisy.structure import Lab
from qffc.passes.target_noise import NoiseModel
from qffc.targets.catalogue import target

H2 = target("H2-1LE")
LOUD = NoiseModel(0.01, 0.02, 0.01, preparation=0.04, measurement_0=0.03, measurement_1=0.05)


@pytest.fixture(autouse=True)
def _double():
    with double_precision():
        yield


def test_faults_have_their_chances():
    chances = (0.1, 0.02, 0.3)
    sites = [
        Site(chances[0], 15, (0, 1)),
        Site(chances[1], 1, (2,), frame=Lab()),
        Site(chances[2], 3, (3,)),
    ]
    samples = 20000
    drawn = drawn_faults(sites, 4, samples, (0, 1))
    assert drawn.clean == pytest.approx(np.prod(1 - np.array(chances)), abs=1e-12)
    struck = drawn.letters.any(axis=2) | (drawn.axes > 0)
    assert struck.any(axis=1).all()
    part = 1 - drawn.clean
    seen = part * np.mean([struck[:, :2].any(axis=1), struck[:, 2], struck[:, 3]], axis=1)
    np.testing.assert_allclose(seen, chances, atol=4 * part / np.sqrt(samples))
    codes = (drawn.letters @ np.array([1, 2, 3])).astype(int)
    pairs = np.bincount(4 * codes[:, 0] + codes[:, 1], minlength=16)[1:]
    assert pairs.min() > 0.8 * pairs.mean()
    assert np.bincount(codes[:, 3], minlength=4)[1:].min() > 0.8 * struck[:, 3].sum() / 3
    assert not drawn.letters[:, 2].any()


@pytest.mark.parametrize("name", ["water-demo", "sivqlm-lih"])
def test_samples_are_within_their_errors_of_density_matrices(name):
    split = split_program(load(name, depth=2))
    place = H2.with_noise(LOUD)
    slots = jnp.asarray(np.random.default_rng(1).normal(size=(20, split.slot_count)))
    kernel = noisy_kernel(split, place)
    expected = np.asarray(noisy_functions(kernel).moments(slots))
    exact = np.asarray(make_kernel(split).moments(slots))
    sampled = sampled_kernel(split, place, kernel.plan, samples=400)
    found, errors = jax.jit(lambda x: (sampled.moments(x), sampled.standard_errors(x)))(slots)
    assert np.sqrt(np.mean(((found - expected) / errors) ** 2)) < 2  # faults are the same for all circuits
    assert np.sqrt(np.mean((found - expected) ** 2)) < 0.1 * np.sqrt(np.mean((exact - expected) ** 2))


def _axes(kernel):
    """Sites of faults about axes, and whether one of the samples has a fault there."""
    for faults in kernel.settings:
        for site in faults.sites:
            if site.frame is not None:
                yield site, faults.drawn.axes[:, site.vectors[0]].any()


def _small():
    split = split_program(load("water-demo", depth=1))
    kernel = sampled_kernel(split, H2.with_noise(LOUD), samples=30)
    assert any(drawn and not isinstance(site.frame, Lab) for site, drawn in _axes(kernel))  # axes move with the slots
    random = np.random.default_rng(3)
    slots, along = (jnp.asarray(random.normal(size=(2, split.slot_count))) for _ in range(2))
    return kernel, slots, along, jnp.asarray(random.normal(size=(2, len(split.observables))))


def test_gradients_are_those_of_the_samples():
    kernel, slots, along, weights = _small()
    value = jax.jit(jax.value_and_grad(lambda x: jnp.sum(weights * kernel.moments(x))))
    step = 1e-5
    difference = (value(slots + step * along)[0] - value(slots - step * along)[0]) / (2 * step)
    np.testing.assert_allclose(jnp.sum(value(slots)[1] * along), difference, rtol=1e-7)


@pytest.mark.slow
def test_derivatives_in_every_mode():
    kernel, slots, along, weights = _small()
    functions, step = noisy_functions(kernel), 1e-5

    @jax.jit
    def slopes(x):
        moments, tangent = functions.moments_along(x, along)
        gradient = jax.grad(lambda y: jnp.sum(weights * functions.moments(y)))(x)
        turned = jax.grad(lambda y: jnp.sum(weights * functions.moments_along(y, along)[1]))(x)
        return moments, tangent, gradient, turned

    moments, tangent, gradient, turned = slopes(slots)
    np.testing.assert_allclose(moments, functions.moments(slots), atol=1e-12)
    above, below = slopes(slots + step * along), slopes(slots - step * along)
    np.testing.assert_allclose(tangent, (above[0] - below[0]) / (2 * step), atol=1e-7)
    np.testing.assert_allclose(jnp.sum(gradient * along), jnp.sum(weights * tangent), atol=1e-10)
    np.testing.assert_allclose(turned, (above[2] - below[2]) / (2 * step), atol=1e-6)


def test_more_than_six_qubits_are_sampled(monkeypatch):
    program, lowering = load("sivqlm-lih", depth=1), NoisyLowering(H2.with_noise(LOUD), samples=3, seed=5)
    slots = jnp.asarray(np.random.default_rng(0).normal(size=(1, split_program(program).slot_count)))
    few = lowering(program).moments(slots)
    monkeypatch.setattr("qffc.passes.noisy.make.MOST_QUBITS", 1)
    many = lowering(program).moments(slots)
    kernel = sampled_kernel(split_program(program), lowering.target, samples=3, seed=5)
    np.testing.assert_allclose(many, kernel.moments(slots), atol=1e-12)
    assert 1e-6 < np.abs(many - few).max() < 0.5
    assert with_noise(untrained(load("ring", qubits=8, depth=1), seed=0), "H2-1").lowered.split.qubit_count == 8


def test_names_tell_samples():
    lowering = NoisyLowering(target("H2-1"), samples=3, seed=5)
    again = NoisyLowering.of_name(lowering.name)
    assert (again.samples, again.seed, again.name) == (3, 5, lowering.name)
    plain = NoisyLowering(target("H2-1"))
    assert NoisyLowering.of_name(plain.name).samples == plain.samples != 3
    assert plain.name != lowering.name


@pytest.mark.parametrize(
    ("qubits", "samples", "title"),
    [(14, 4, "too many qubits for samples of noise"), (8, 0, "no sample of noise")],
)
def test_what_cannot_be_sampled_is_refused(qubits, samples, title):
    split = split_program(load("ring", qubits=qubits, depth=1))
    with pytest.raises(QffcError, match=title):
        sampled_kernel(split, target("H2-1"), samples=samples)
