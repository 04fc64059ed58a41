"""JAX's switch for 64 bits belongs to the user: every computation gives the same numbers, and leaves it alone."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ase import Atoms

import qffc as qf
from qffc.data import load_embedded
from qffc.models.force_field import untrained
from qffc.models.moving_atoms import MovingAtoms
from qffc.models.site_energy import place_sites, site_energies
from qffc.trainability.fisher import fisher_spectrum, starting_model
from qffc.trainability.gradient_variance import gradient_variance
from qffc.training.talk import Progress

WATER = load_embedded("water")
SMALL = "lib:pair:channels=1,depth=1,hidden=4,basis_size=3"
SMALLEST = "lib:sivqlm-h2o:depth=1"
LIH = Atoms("LiH", [[0, 0, 0], [0, 0.3, 1.6]])

Leaves = list[np.ndarray]


def _model(reference: str = SMALL) -> qf.ForceField:
    return untrained(qf.resolve_program(reference), seed=1)


def _predict() -> Leaves:
    return list(_model().predict(WATER.numbers, WATER.positions[:3]))


def _calculator(precision: int) -> Leaves:
    water = Atoms(WATER.numbers, WATER.positions[0])
    water.calc = qf.Calculator(_model(), precision=precision)
    first = water.get_potential_energy(), water.get_forces()
    water.positions[0, 0] += 0.4
    return [np.array(first[0]), first[1], np.array(water.get_potential_energy()), water.get_forces()]


def _copied() -> Leaves:
    moving = MovingAtoms(_model(), WATER.numbers)
    before = moving.predict(WATER.positions[0])
    after = pickle.loads(pickle.dumps(moving)).predict(WATER.positions[0])
    return [np.array(before[0]), before[1], np.array(after[0]), after[1]]


def _trained(folder: Path) -> Leaves:
    options = {"train": 6, "validation": 4, "test": 5, "evaluate_every": 1, "unproven": True}
    model = qf.train(SMALLEST, "water", folder, epochs=2, **options)
    errors = qf.evaluate(model, "water", part="test")
    started = qf.train(SMALLEST, "water", folder / "on", epochs=1, start_from=model, **options)
    arrays = [each.arrays[name] for each in (model, started) for name in sorted(each.arrays)]
    return [*arrays, np.array([errors.errors.energy_mae, errors.errors.force_mae])]


def _checked() -> Leaves:
    report = qf.check_model(_model(SMALLEST))
    assert report.holds
    return [np.array([test.deviation for test in report.tests if test.deviation is not None])]


def _run() -> Leaves:
    model = _model("lib:sivqlm-lih:depth=1")
    energy, forces = qf.run(model, LIH, shots=30), qf.run_forces(model, LIH, shots=20, parameters=True)
    gradient = [forces.gradient[name] for name in sorted(forces.gradient)]
    return [
        np.array([energy.energy, energy.exact, energy.standard_error]),
        forces.forces,
        forces.exact_forces,
        *gradient,
    ]


def _sites() -> Leaves:
    program = qf.load("sivqlm-h2o", depth=1)
    arrays = dict(untrained(program, seed=0).arrays)
    return list(site_energies(program, arrays, place_sites(program, WATER.positions[:2]), raw=False))


def _trainability() -> Leaves:
    frames = WATER.subset(range(3))
    model = starting_model(qf.resolve_program(SMALLEST), frames, seed=0)
    variance = gradient_variance(qf.load("ring", qubits=4, depth=1), draws=5, seed=0)
    return [fisher_spectrum(model, frames, 1.0, 1.0).eigenvalues, np.array([variance.mean, variance.largest])]


COMPUTATIONS: dict[str, Callable[[], Leaves]] = {
    "predict": _predict,
    "calculator in 64 bits": lambda: _calculator(64),
    "calculator in 32 bits": lambda: _calculator(32),
    "calculator copied": _copied,
    "check_model": _checked,
    "run and run_forces": _run,
    "energies of sites": _sites,
    "trainability": _trainability,
}


@pytest.fixture
def switch(request: pytest.FixtureRequest) -> Iterator[AbstractContextManager[object]]:
    """The context of a user: the switch of the whole process, or over it one of the thread."""
    whole, thread = request.param
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", whole)
    try:
        yield nullcontext() if thread is None else jax.enable_x64(thread)
        assert jax.config.jax_enable_x64 == whole
    finally:
        jax.config.update("jax_enable_x64", before)


SWITCHES = pytest.mark.parametrize("switch", [(False, None), (True, False)], indirect=True, ids=str)


def _same(found: Leaves, wanted: Leaves) -> None:
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one.dtype == other.dtype == np.float64
        np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def plain() -> dict[str, Leaves]:
    return {name: compute() for name, compute in COMPUTATIONS.items()}


@SWITCHES
@pytest.mark.parametrize("name", COMPUTATIONS)
def test_numbers_are_the_same_whatever_the_switch(
    switch: AbstractContextManager[object], name: str, plain: dict[str, Leaves]
) -> None:
    with switch:
        before = jax.config.jax_enable_x64
        found = COMPUTATIONS[name]()
        assert jax.config.jax_enable_x64 == before
    _same(found, plain[name])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Leaves:
    return _trained(tmp_path_factory.mktemp("plain"))


@SWITCHES
def test_training_is_the_same_whatever_the_switch(
    switch: AbstractContextManager[object], trained: Leaves, tmp_path: Path
) -> None:
    with switch:
        before = jax.config.jax_enable_x64
        found = _trained(tmp_path)
        assert jax.config.jax_enable_x64 == before
    _same(found, trained)


@pytest.mark.parametrize("first", [False, True])
def test_a_model_serves_both_positions_in_turn(first: bool) -> None:
    model, frames = _model(), WATER.positions[:2]
    with jax.enable_x64(first):
        found = model.predict(WATER.numbers, frames)
    with jax.enable_x64(not first):
        again = model.predict(WATER.numbers, frames)
    _same(list(found), list(again))
    assert len(model._functions) == 1  # compiled once for both


def test_a_thread_of_the_user_computes_the_same() -> None:
    model, found = _model(), []
    with jax.enable_x64(True):
        wanted = model.predict(WATER.numbers, WATER.positions[:1])
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", False)
    try:
        thread = threading.Thread(target=lambda: found.append(model.predict(WATER.numbers, WATER.positions[:1])))
        thread.start()
        thread.join()
    finally:
        jax.config.update("jax_enable_x64", before)
    _same(list(found[0]), list(wanted))


@pytest.mark.parametrize("users", [False, True])
def test_reports_of_training_find_the_switch_of_the_user(users: bool, tmp_path: Path) -> None:
    seen: list[np.dtype] = []

    def report(progress: Progress) -> None:
        assert progress.epochs == 1
        seen.append(jnp.asarray(np.float64(progress.loss)).dtype)

    with jax.enable_x64(users):
        qf.train(SMALLEST, "water", tmp_path, epochs=1, train=2, validation=0, test=2, report=report)
    assert seen == [np.float64 if users else np.float32]


def test_steps_of_a_calculator_compile_once(monkeypatch: pytest.MonkeyPatch) -> None:
    water = Atoms(WATER.numbers, WATER.positions[0])
    water.calc = qf.Calculator(_model())
    with jax.enable_x64(False):
        water.get_forces()
        kept = water.calc.model._functions
        (function,) = kept.values()
        for step in range(3):
            water.positions[0, 0] += 1e-3 * step
            water.get_forces()
    assert len(kept) == 1
    assert function._cache_size() == 1
