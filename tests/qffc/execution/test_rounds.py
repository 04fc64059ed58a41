"""Rounds of circuits with shots: what is measured in one turns the circuits of the next."""

from __future__ import annotations

import sys
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ase.build import molecule
from fake_nexus import ConnectionLost, FakeNexus

from qffc.compiling.levels import at_level
from qffc.execution import backend
from qffc.execution.energy import estimate_energies, quote_energies
from qffc.execution.energy_circuits import prepare
from qffc.execution.estimate import device_kernel
from qffc.execution.exact_shots import draw_exactly
from qffc.execution.forces import estimate_forces, exact_moments, prepare_forces
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.passes.equivariance.numbers.generic_point import generic_slots
from qffc.targets.catalogue import target

WATER = molecule("H2O")
NUMBERS, POSITIONS = WATER.numbers, WATER.positions
TARGET = target("H2-1LE")


@pytest.fixture(scope="module")
def model():
    """Two rounds, small enough for the emulator."""
    chosen = load("gathered", channels=1, rounds=2, depth=1, vectors=2, hidden=(3, 2))
    return at_level(untrained(chosen, seed=1), TARGET, 2)


@pytest.fixture(scope="module")
def compiled():
    """Jobs by models and frames: what was compiled for one run serves the next."""
    return {}


@pytest.fixture(autouse=True)
def compile_once(compiled, monkeypatch):
    def prepared(model, numbers, positions):
        return compiled.setdefault((model, positions.tobytes()), prepare(model, numbers, positions))

    monkeypatch.setattr("qffc.execution.energy.prepare", prepared)


@pytest.fixture(scope="module")
def job(model):
    return prepare(model, NUMBERS, np.stack([POSITIONS, 1.1 * POSITIONS]))


def test_without_shot_noise_the_energies_are_those_of_the_model():
    frames = np.stack([POSITIONS, 1.1 * POSITIONS])
    for rounds in (1, 3):
        chosen = load("gathered", channels=2, rounds=rounds, depth=1, vectors=2, hidden=(3, 2))
        fresh = untrained(chosen, seed=rounds)
        found = estimate_energies(fresh, NUMBERS, frames, TARGET, shots=10, seed=0, sampler=exact_moments)
        wanted = fresh.predict(NUMBERS, frames)[0]
        np.testing.assert_allclose([each.energy for each in found], wanted, atol=1e-9)
        np.testing.assert_allclose([each.exact for each in found], wanted, atol=1e-9)
        assert all(each.standard_error == 0 for each in found)


def run_with(job, offsets):
    """Energies of rounds that are simulated one after the other, with something added to what each measures."""
    seen = []
    for number in range(job.rounds):
        slots = job.slots_after(seen)
        seen.append(np.asarray(job.molecule.lowered.moments(slots)) + job.of_round(offsets, number))
    return job.energies_and_slopes(job.together(seen))


def test_slopes_go_through_the_circuits_of_later_rounds(job):
    random, step = np.random.default_rng(0), 1e-4
    start = 0.1 * random.normal(size=job.exact_moments.shape)  # around moments that were measured, not exact ones
    _, slopes = run_with(job, start)
    each = slopes.reshape(len(job.frames), job.rounds, -1)
    assert (np.abs(each).max(axis=2) > 1e-3).all()  # every round matters
    for number in range(job.rounds):
        parts = [np.zeros_like(job.of_round(start, k)) for k in range(job.rounds)]
        parts[number] = random.normal(size=parts[number].shape)
        direction = job.together(parts)
        after, before = (run_with(job, start + sign * step * direction)[0] for sign in (1, -1))
        wanted = (slopes * direction).reshape(len(job.frames), -1).sum(axis=1)
        np.testing.assert_allclose((after - before) / (2 * step), wanted, rtol=1e-5, atol=1e-6)


def test_tables_of_rounds_are_put_together_and_taken_apart(job):
    parts = [np.arange(12).reshape(6, 2) + 100 * number for number in range(job.rounds)]
    whole = job.together(parts)
    for number, part in enumerate(parts):
        np.testing.assert_array_equal(job.of_round(whole, number), part)
    assert whole[:, 0].tolist() == [0, 2, 4, 100, 102, 104, 6, 8, 10, 106, 108, 110]


def test_a_quote_has_the_circuits_of_all_rounds(model):
    options = {"shots": 100, "pack": False}
    quote = quote_energies(model, NUMBERS, POSITIONS[None], TARGET, **options)
    settings = len(quote.plan.settings)
    assert (quote.rounds, quote.shots.shape) == (2, (1, 2 * len(NUMBERS), settings))
    assert quote.circuits == 2 * len(NUMBERS) * settings
    assert quote.shots.sum() == 100 * quote.circuits
    (found,) = estimate_energies(model, NUMBERS, POSITIONS[None], TARGET, **options, seed=0, sampler=draw_exactly)
    assert (found.circuits, found.shots, found.price) == (quote.circuits, quote.shots.sum(), quote.price)
    assert found.standard_error == pytest.approx(float(quote.standard_errors[0]), rel=0.5)


def test_circuits_of_two_rounds_share_no_job(model):
    wide = replace(target("H2-1"), qubits=4 * 100)
    quote = quote_energies(model, NUMBERS, POSITIONS[None], wide, shots=100, pack=True)
    assert quote.offer.jobs == 2
    assert all(len(np.unique(shots)) == 1 for shots in quote.shots[0].reshape(2, -1))


def test_a_later_round_costs_at_most_what_is_quoted(model, job):
    kernel = device_kernel(job.split, TARGET)
    random = np.random.default_rng(0)
    zero = np.zeros(job.split.slot_count)
    turned = [zero, *random.normal(size=(10, job.split.slot_count)), *job.flat_slots]
    settings = quote_energies(model, NUMBERS, POSITIONS[None], TARGET, shots=100).plan.settings
    prices = [
        [TARGET.price(kernel.counts(circuit), 1) for circuit in kernel.bind_settings(slots[None], settings)]
        for slots in (generic_slots(job.split), *turned)
    ]
    assert (np.array(prices[0]) >= np.array(prices[1:]) - 1e-12).all()


def test_rounds_have_shots_of_their_own(model):
    seeds = []

    def sampler(*given, seed, **named):
        seeds.append(seed)
        return draw_exactly(*given, seed=seed, **named)

    estimate_energies(model, NUMBERS, POSITIONS[None], TARGET, shots=50, pilot=10, seed=3, sampler=sampler)
    assert len(set(seeds)) == 4
    assert seeds[0] == 3


def test_a_pilot_goes_through_the_rounds(model):
    frames = np.repeat(POSITIONS[None], 20, axis=0)
    found = estimate_energies(
        model, NUMBERS, frames, TARGET, standard_error=0.01, pilot=1000, seed=0, sampler=draw_exactly
    )
    errors = np.array([each.standard_error for each in found])
    assert abs(errors / 0.01 - 1).max() < 0.3
    pulls = np.array([each.energy - each.exact for each in found]) / errors
    assert np.abs(pulls).max() < 5


@pytest.fixture
def emulated(monkeypatch):
    """The circuits that are run; ``stop`` is after how many a run dies."""
    seen, emulate = [], backend.exact_circuits.emulate

    def count(*given):
        if len(seen) == count.stop:
            raise KeyboardInterrupt
        seen.append(given[0])
        return emulate(*given)

    count.stop, count.seen = -1, seen
    monkeypatch.setattr(backend.exact_circuits, "emulate", count)
    return count


@pytest.mark.parametrize("pack", [False, True])
def test_a_killed_run_goes_on_in_the_round_that_it_was_in(model, emulated, tmp_path, pack):
    def run(store=None):
        return estimate_energies(model, NUMBERS, POSITIONS[None], TARGET, shots=30, pack=pack, store=store, seed=4)

    whole = run()
    count = len(emulated.seen)
    for stop in (count // 4, 3 * count // 4):  # in the first round, in the second one
        emulated.seen.clear()
        emulated.stop = stop
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / str(stop))
        emulated.seen.clear()
        emulated.stop = -1
        assert run(tmp_path / str(stop)) == whole
        assert len(emulated.seen) == count - stop
    (found,) = whole
    assert abs(found.energy - found.exact) < 6 * found.standard_error


def test_a_limit_holds_for_all_rounds_together(model, emulated, tmp_path):
    quote = quote_energies(model, NUMBERS, POSITIONS[None], TARGET, shots=20, pack=False)
    options = {"shots": 20, "pack": False, "seed": 0, "store": tmp_path}
    with pytest.raises(QffcError, match="limit"):
        estimate_energies(model, NUMBERS, POSITIONS[None], TARGET, max_price=quote.price - 0.1, **options)
    assert not emulated.seen
    (found,) = estimate_energies(model, NUMBERS, POSITIONS[None], TARGET, max_price=quote.price, **options)
    assert found.price == quote.price


def test_a_round_above_its_share_of_the_limit_is_refused(model, emulated, monkeypatch, tmp_path):
    whole = quote_energies(model, NUMBERS, POSITIONS[None], TARGET, shots=20, pack=False)
    # As if gates of later rounds could be left out that cannot.
    monkeypatch.setattr("qffc.execution.quote.generic_slots", lambda split: np.zeros(split.slot_count))
    low = quote_energies(model, NUMBERS, POSITIONS[None], TARGET, shots=20, pack=False)
    assert low.price < whole.price
    with pytest.raises(QffcError, match="limit"):
        estimate_energies(
            model, NUMBERS, POSITIONS[None], TARGET, shots=20, pack=False, seed=0, store=tmp_path, max_price=low.price
        )
    first = low.shots[0, : low.shots.shape[1] // 2]
    assert len(emulated.seen) == np.count_nonzero(first)


def test_a_machine_is_given_a_round_after_the_one_before(model, monkeypatch, tmp_path):
    pytest.importorskip("pytket_pecos")
    nexus = FakeNexus()
    monkeypatch.setitem(sys.modules, "qnexus", nexus)
    monkeypatch.setattr("qffc.execution.engines._version", lambda package: "0.51.1")
    machine = target("H2-1")
    quote = quote_energies(model, NUMBERS, POSITIONS[None], machine, shots=20, pack=False)

    def run():
        return estimate_energies(
            model,
            NUMBERS,
            POSITIONS[None],
            machine,
            shots=20,
            pack=False,
            max_price=1.2 * quote.price,
            store=tmp_path,
            seed=0,
        )

    nexus.lose = "jobs.wait_for"
    with pytest.raises((ConnectionLost, QffcError)):
        run()
    assert len(nexus.submitted) == 1  # nothing of the second round without what the first one gave
    (found,) = run()
    assert len(nexus.submitted) == 2
    assert run() == (found,)
    assert len(nexus.submitted) == 2
    caps = [sum(job.max_cost) for job in nexus.submitted]
    assert min(caps) > 0
    assert sum(caps) <= 1.2 * quote.price * (1 + 1e-9)
    assert abs(found.energy - found.exact) < 6 * found.standard_error


@pytest.mark.slow
def test_without_shot_noise_forces_and_gradients_are_those_of_jax(model):
    frames = np.stack([POSITIONS, 1.1 * POSITIONS])
    found = estimate_forces(model, NUMBERS, frames, TARGET, shots=10, parameters=True, seed=0, sampler=exact_moments)
    energies, forces = model.predict(NUMBERS, frames)
    molecule, arrays = model.molecule(NUMBERS), {key: jnp.asarray(array) for key, array in model.arrays.items()}
    gradient_of = jax.jit(jax.grad(lambda a, r: molecule.energies(a, r)[0]))
    for frame, each in enumerate(found):
        assert each.energy == pytest.approx(energies[frame], abs=1e-9)
        np.testing.assert_allclose(each.forces, forces[frame], atol=1e-8)
        np.testing.assert_allclose(each.exact_forces, forces[frame], atol=1e-8)
        assert np.all(each.force_errors == 0)
        gradient = gradient_of(arrays, jnp.asarray(frames[frame][None]))
        for key, table in each.gradient.items():
            np.testing.assert_allclose(table, gradient[key], atol=1e-8, err_msg=key)


@pytest.fixture(scope="module")
def shifted(model):
    return prepare_forces(model, NUMBERS, POSITIONS[None])


@pytest.mark.slow
def test_standard_errors_of_forces_cover(model, shifted):
    frames = np.repeat(POSITIONS[None], 30, axis=0)
    run = replace(shifted, job=prepare(model, NUMBERS, frames))
    quote = run.quote(TARGET, shots=10_000, standard_error=None)
    found = run.estimate(quote, TARGET, seed=3, sampler=draw_exactly)
    truth = model.predict(NUMBERS, POSITIONS[None])[1][0]
    pulls = np.array([(each.forces - truth) / each.force_errors for each in found]).reshape(len(frames), -1)
    assert np.abs(pulls.mean(axis=0)).max() < 4.5 / np.sqrt(len(frames))
    assert np.abs(np.sqrt((pulls**2).mean(axis=0)) - 1).max() < 4.5 / np.sqrt(2 * len(frames))


@pytest.mark.slow
def test_errors_of_forces_go_through_the_circuits_of_later_rounds(shifted):
    """What one circuit of the first round measures is moved: the forces move with all that turns after it."""
    quote = shifted.quote(TARGET, shots=10, standard_error=None)
    direction, step = np.random.default_rng(0).normal(size=len(quote.plan.terms)), 1e-4

    def moved(by, noise=0.0):
        def sampler(split, slots, target, *, plan, shots, seed):
            found = exact_moments(split, slots, target, plan=plan, shots=shots, seed=seed)
            if seed:  # a later round
                return found
            means = found.means.copy()
            means[0] += by * direction
            found.one_shot[0, 0] = noise * shots[0, 0] * np.outer(direction, direction)
            return replace(found, means=means)

        return shifted.estimate(quote, TARGET, seed=0, sampler=sampler)[0]

    up, down, found = moved(step), moved(-step), moved(0.0, noise=1.0)
    slopes = (up.forces - down.forces) / (2 * step)
    energy = (up.energy - down.energy) / (2 * step)
    assert np.abs(slopes).max() > 0.01
    np.testing.assert_allclose(found.force_errors, np.abs(slopes), rtol=1e-4, atol=1e-6)
    assert found.energy_error == pytest.approx(abs(energy), rel=1e-4)


def test_shots_for_a_standard_error_of_forces(shifted):
    quote = shifted.quote(TARGET, shots=None, standard_error=0.05)
    (found,) = shifted.estimate(quote, TARGET, seed=0, sampler=draw_exactly)
    assert (found.circuits, found.shots) == (quote.circuits, quote.shots.sum())
    assert quote.rounds == 2
    assert np.sqrt(np.mean(found.force_errors**2)) == pytest.approx(0.05, rel=0.2)
