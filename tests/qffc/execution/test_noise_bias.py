"""What shot noise adds to the mean of energies that are curved in the moments, and that it is taken off."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qffc.execution.differences import estimate_differences
from qffc.execution.energy import estimate_energies
from qffc.execution.energy_circuits import prepare
from qffc.execution.exact_shots import draw_exactly
from qffc.execution.forces import estimate_forces
from qffc.execution.noise_bias import noise_bias, planned_bias
from qffc.execution.quote import plan_of, planned_covariances
from qffc.ir.diagnostics import QffcError
from qffc.ir.text.parser import parse_program
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.passes.lower_jax.double_precision import in_double_precision
from qffc.targets.catalogue import target

WATER = np.array([8, 1, 1])
POSITIONS = np.array([[0.0, 0.0, 0.0], [0.96, 0.1, 0.0], [-0.24, 0.93, 0.05]])
SMALL = {"channels": 1, "depth": 1, "hidden": (4,)}
ROUNDS = {"channels": 1, "rounds": 2, "depth": 1, "vectors": 2, "hidden": (4, 4)}


@in_double_precision
def curvature_along(job, direction):
    """The second derivative of the energy of one geometry along a direction of its moments."""
    shape = (1, job.rounds, *job.molecule.shape(job.frames)[1:], direction.shape[1])
    moments, along = (jnp.asarray(each.reshape(shape)) for each in (job.exact_moments, direction))

    def energy(step):
        return job._functions.shifted(moments, step * along, job.frames)[0]

    return float(jax.grad(jax.grad(energy))(0.0))


@pytest.mark.parametrize("circuit", [pytest.param(0, marks=pytest.mark.slow), -1])  # the first, the last
@pytest.mark.parametrize(
    ("name", "options"), [("pair", SMALL), pytest.param("gathered", ROUNDS, marks=pytest.mark.slow)]
)
def test_it_is_half_the_curvature_along_the_noise(name, options, circuit):
    job = prepare(untrained(load(name, **options), seed=1), WATER, POSITIONS[None])
    direction = np.zeros(job.exact_moments.shape)
    direction[circuit] = 1e-3 * np.random.default_rng(0).normal(size=direction.shape[1])
    covariances = direction[:, :, None] * direction[:, None, :]
    wanted = curvature_along(job, direction) / 2
    assert abs(wanted) > 1e-12
    # One axis of noise alone: nothing random is left.
    assert noise_bias(job, covariances) == pytest.approx([wanted], rel=1e-2)


def test_linear_readouts_have_none():
    job = prepare(untrained(load("sivqlm-h2o", depth=1), seed=1), WATER, POSITIONS[None])
    found = planned_bias(job, plan_of(job), np.full((len(job.exact_moments), len(plan_of(job).settings)), 3))
    assert abs(found[0]) < 1e-12


SQUARE = """qffc 1
program square
scope molecule
species H
site A: H free
site B: H free
parameter J
qubit a: A
qubit b: B
singlet a, b
rotate b, r(A, B)
exchange a, b, J
observable m = dot(a, b)
energy moment(m) * moment(m)
"""


@pytest.mark.parametrize("batches", [None, 3])
def test_the_mean_of_a_square(batches):
    repeats, shots = 300, 40
    model = untrained(parse_program(SQUARE), seed=0)
    lengths = np.array([[[0, 0, 0], [0, 0, z]] for z in np.linspace(0.5, 2.5, 60)])
    moments = prepare(model, np.array([1, 1]), lengths).exact_moments
    hydrogen = np.repeat(lengths[np.argmin(np.abs(moments))][None], repeats, axis=0)

    def off(debias):
        found = estimate_energies(
            model,
            np.array([1, 1]),
            hydrogen,
            target("H2-1LE"),
            shots=shots,
            batches=batches,
            seed=5,
            sampler=draw_exactly,
            debias=debias,
        )
        return np.array([(each.energy - each.exact, each.bias) for each in found]).T

    (plain, nothing), (better, taken) = off(False), off(True)
    assert not nothing.any()
    np.testing.assert_allclose(better + taken, plain, atol=1e-12)
    error = plain.std() / np.sqrt(repeats)
    assert plain.mean() > 6 * error
    assert abs(better.mean()) < 4 * error
    # The mean of a square is that of its root, squared, and the variance.
    job = prepare(model, np.array([1, 1]), hydrogen[:1])
    plan = plan_of(job)
    variance = planned_covariances(job.split, job.flat_slots, plan, np.full((1, len(plan.settings)), shots))[0, 0, 0]
    scale = float(model.arrays["energy_scale"]) if "energy_scale" in model.arrays else 1.0
    assert taken[0] == pytest.approx(scale * variance, rel=0.2)


def hydrogens(lengths):
    return np.array([[[0, 0, 0], [0, 0, z]] for z in lengths])


def test_differences_lose_it_too():
    model, pairs = untrained(parse_program(SQUARE), seed=0), 100
    grid = np.linspace(0.5, 9.5, 2000)
    moments = prepare(model, np.array([1, 1]), hydrogens(grid)).exact_moments[:, 0]
    # Half of them near an eigenstate, half where the square is flat; no two circuits are the same.
    near = [grid[np.argmax(np.abs(moments + 1))], grid[np.argmin(np.abs(moments))]]
    frames = hydrogens(np.repeat(near, pairs) + 1e-6 * np.arange(2 * pairs))
    table = np.zeros((pairs, 2 * pairs))
    table[np.arange(pairs), np.arange(pairs)], table[np.arange(pairs), np.arange(pairs) + pairs] = -1, 1

    def off(debias):
        found = estimate_differences(
            model,
            np.array([1, 1]),
            frames,
            target("H2-1LE"),
            combinations=table,
            shots=10,
            seed=5,
            sampler=draw_exactly,
            debias=debias,
        )
        return found.values - found.exact, found.bias, found.standard_errors

    (plain, nothing, _), (better, taken, errors) = off(False), off(True)
    assert not nothing.any()
    np.testing.assert_allclose(better + taken, plain, atol=1e-12)
    part, error = np.sum(taken * plain) / np.sum(taken**2), np.sqrt(np.sum((taken * errors) ** 2)) / np.sum(taken**2)
    assert error < 0.2
    assert abs(part - 1) < 4 * error


def test_circuits_that_share_their_shots_share_their_noise():
    job = prepare(untrained(load("pair", **SMALL), seed=1), WATER, POSITIONS[None])
    one = np.zeros_like(job.exact_moments)
    one[0] = 1e-3 * np.random.default_rng(0).normal(size=one.shape[1])
    shared = np.arange(len(one))
    shared[1] = 0
    both = one.copy()
    both[1] = one[0]
    found = noise_bias(job, one[:, :, None] * one[:, None, :], shared)
    assert found == pytest.approx([curvature_along(job, both) / 2], rel=1e-2)


def test_forces_lose_it_too():
    # Of a square there would be none: a moment and its derivative come from different circuits.
    cubic = SQUARE.replace("energy moment(m)", "energy moment(m) * moment(m)")
    model, frames, shots = untrained(parse_program(cubic), seed=0), 150, 20
    grid = np.linspace(0.5, 2.5, 400)
    moments = prepare(model, np.array([1, 1]), hydrogens(grid)).exact_moments[:, 0]
    lengths = hydrogens(np.full(frames, grid[np.argmin(np.abs(moments))]))

    def found(debias):
        many = estimate_forces(
            model,
            np.array([1, 1]),
            lengths,
            target("H2-1LE"),
            shots=shots,
            seed=3,
            sampler=draw_exactly,
            debias=debias,
        )
        off = np.array([(each.forces - each.exact_forces)[1, 2] for each in many])
        return off, np.array([each.force_bias[1, 2] for each in many]), [each.energy for each in many]

    (plain, nothing, energies), (better, taken, others) = found(False), found(True)
    assert not nothing.any()
    np.testing.assert_allclose(better + taken, plain, atol=1e-12)
    error = plain.std() / np.sqrt(frames)
    assert abs(plain.mean()) > 5 * error
    assert abs(better.mean()) < 4 * error
    assert not np.allclose(energies, others)


def test_forces_through_rounds_keep_it():
    model = untrained(load("gathered", **ROUNDS), seed=1)
    with pytest.raises(QffcError, match="bias of forces through rounds of circuits"):
        estimate_forces(model, WATER, POSITIONS[None], target("ideal"), shots=10, seed=0, debias=True)


def test_circuits_too_large_for_exact_states_are_refused(monkeypatch):
    job = prepare(untrained(load("sivqlm-h2o", depth=1), seed=1), WATER, POSITIONS[None])
    monkeypatch.setattr("qffc.execution.noise_bias.DENSE_QUBITS", 1)
    with pytest.raises(QffcError, match="bias of circuits without exact states"):
        planned_bias(job, plan_of(job), np.ones((len(job.exact_moments), 1)))
