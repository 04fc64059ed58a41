"""Learned classical invariants in the place of the circuits of `gathered`."""

from __future__ import annotations

from math import sqrt, tanh

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from slopes import need_forces_of_slope

from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.ir.ops import Rotate
from qffc.library import load
from qffc.models.files.model_file import load_model
from qffc.models.force_field import ForceField, trainable_names
from qffc.models.head import head_shapes
from qffc.models.initialization.fresh_parameters import initial_parameters, neutral_constants
from qffc.toolchain import check

pytest.importorskip("benchmarks.forcefields", reason="needs the source tree on the path: python -m pytest")

from benchmarks.forcefields import training
from benchmarks.forcefields.gathered_twin import KERNEL, SCALE, TABLE, gathered_twin, lower_gathered_twin
from benchmarks.forcefields.models import open_model
from benchmarks.forcefields.training import run_of, train_run

CIRCUITS = load("gathered", species=("N", "H"), channels=2, rounds=2, depth=2, vectors=3, hidden=(6, 6))
PROGRAM = gathered_twin(CIRCUITS)
AMMONIA = load_embedded("ammonia")
FILE = """
program = "lib:gathered:species=N,H,channels=1,depth=1,rounds=2,hidden=4,basis_size=3"
train = 6
validation = 2
epochs = 2
evaluate_every = 1
"""


@pytest.fixture(scope="module")
def model():
    arrays = initial_parameters(PROGRAM, 3, radial_spread=0.4) | neutral_constants(PROGRAM)
    return ForceField(PROGRAM, arrays, lower=lower_gathered_twin)


@pytest.fixture(scope="module")
def slots(model):
    return np.random.default_rng(0).normal(size=(3, model.lowered.split.slot_count))


def test_all_but_the_exchanges_is_the_program_of_the_circuits():
    assert (PROGRAM.observables, PROGRAM.readout, PROGRAM.sites) == (
        CIRCUITS.observables,
        CIRCUITS.readout,
        CIRCUITS.sites,
    )
    turns = ([op for op in program.ops if isinstance(op, Rotate)] for program in (PROGRAM, CIRCUITS))
    assert next(turns) == next(turns)
    assert head_shapes(PROGRAM) == head_shapes(CIRCUITS)
    # 4 vectors have 10 inner products.
    assert {each.name: PROGRAM.shape(each) for each in PROGRAM.parameters} == {
        "f": CIRCUITS.shape(CIRCUITS.parameter("f")),
        "u": CIRCUITS.shape(CIRCUITS.parameter("u")),
        TABLE: (2, 2, 7, 2, 10),
    }


def test_numbers_are_those_of_a_loop(model, slots):
    found = np.asarray(model.lowered.moments(jnp.asarray(slots)))
    for row, values in zip(slots, found, strict=True):
        entries = iter(row[: 7 * 2 * 10])
        vectors = [v / sqrt(1 + v @ v) for v in row[7 * 2 * 10 :].reshape(4, 3)]
        for value in values:
            linear, gate = (
                SCALE / 2 * sum(next(entries) * (vectors[i] @ vectors[j]) for i in range(4) for j in range(i, 4))
                for _ in range(2)
            )
            assert value == pytest.approx(linear * (1 + tanh(gate)), rel=1e-12, abs=1e-12)


@pytest.mark.slow
def test_derivatives_of_both_orders(model, slots):
    direction = np.random.default_rng(1).normal(size=slots.shape)
    moments, step = model.lowered.kernel.moments, 1e-5
    value, along = model.lowered.kernel.moments_along(jnp.asarray(slots), jnp.asarray(direction))
    np.testing.assert_allclose(value, moments(jnp.asarray(slots)), rtol=1e-9, atol=1e-12)
    up, down = (moments(jnp.asarray(slots + sign * step * direction)) for sign in (1, -1))
    np.testing.assert_allclose(along, (up - down) / (2 * step), rtol=1e-6, atol=1e-6)
    # The gradient of the derivative along a direction, as a loss with forces takes it.
    slope = jax.grad(lambda x: jnp.sum(model.lowered.kernel.moments_along(x, jnp.asarray(direction))[1]))
    twice = jax.jvp(jax.grad(lambda x: jnp.sum(moments(x))), (jnp.asarray(slots),), (jnp.asarray(direction),))[1]
    np.testing.assert_allclose(slope(jnp.asarray(slots)), twice, rtol=1e-9, atol=1e-9)


def test_rotation_inversion_and_exchange_change_no_energy(model):
    frames = AMMONIA.positions[:3]
    turn = Rotation.random(rng=4).as_matrix()
    order = [0, 2, 3, 1]
    energies, forces = model.predict(AMMONIA.numbers, frames)
    for sign in (1, -1):
        turned, turned_forces = model.predict(AMMONIA.numbers, sign * frames @ turn.T)
        np.testing.assert_allclose(turned, energies, atol=1e-10)
        np.testing.assert_allclose(turned_forces, sign * forces @ turn.T, atol=1e-10)
    exchanged, exchanged_forces = model.predict(AMMONIA.numbers, frames[:, order])
    np.testing.assert_allclose(exchanged, energies, atol=1e-10)
    np.testing.assert_allclose(exchanged_forces, forces[:, order], atol=1e-10)
    assert np.ptp(energies) > 1e-3


def test_its_program_is_proven_as_that_of_the_circuits_is():
    small = load("gathered", species=("N", "H"), channels=1, rounds=1, depth=1, hidden=(4,))
    assert check(gathered_twin(small)).holds


def test_forces_are_minus_the_slope_of_the_energy(model):
    need_forces_of_slope(model, AMMONIA.numbers, AMMONIA.positions[0], ((0, 0), (1, 2), (3, 1)), within=1e-6)


def test_every_parameter_that_learns_has_a_gradient(model):
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    molecule = model.molecule(AMMONIA.numbers)
    slope = jax.jit(jax.grad(lambda p: jnp.sum(molecule.energies(arrays | p, jnp.asarray(AMMONIA.positions[:2])))))
    gradient = slope({name: arrays[name] for name in trainable_names(PROGRAM)})
    assert np.all(np.asarray(gradient[TABLE]) != 0)
    for name, value in gradient.items():
        assert np.any(np.asarray(value) != 0), name


@pytest.mark.slow
def test_the_commands_train_it_and_read_its_models(tmp_path, monkeypatch):
    program, config = run_of("classical-gathered:channels=3", {"train": 50})
    assert (program.name, program.channels, program.species) == ("gathered-twin", 3, ("C", "H", "O"))
    assert config == run_of("gathered", {"train": 50})[1]
    (tmp_path / "gathered.toml").write_text(FILE)
    monkeypatch.setattr(training, "RUNS", tmp_path)
    name = "classical-gathered:vectors=2"
    program, config = run_of(name, {})
    trained = train_run(name, program, AMMONIA, config, tmp_path / "run")
    fresh = initial_parameters(program, config.seed)
    assert all(np.any(trained.arrays[table] != fresh[table]) for table in trainable_names(program))
    with pytest.raises(QffcError, match=KERNEL):
        load_model(tmp_path / "run")
    again = open_model(tmp_path / "run")
    assert again.lowered.kernel.name == KERNEL
    frames = AMMONIA.numbers, AMMONIA.positions[:2]
    for ours, theirs in zip(again.predict(*frames), trained.predict(*frames), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", ["pair", "sivqlm-h2o"])
def test_other_programs_are_refused(name):
    with pytest.raises(QffcError, match="lib:gathered"):
        gathered_twin(load(name, depth=1))


def test_circuits_are_no_twin():
    with pytest.raises(QffcError, match="lib:gathered"):
        lower_gathered_twin(CIRCUITS)
