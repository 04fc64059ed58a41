"""Circuits side by side: the same estimates, the shots and the price of their jobs."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from fake_nexus import FakeNexus
from hypothesis import given
from hypothesis import strategies as st
from pytket.circuit import Circuit

from qffc.execution.backend import price_of
from qffc.execution.batch import pack_for, parts_of, run_batch
from qffc.execution.energy import estimate_energies, quote_energies
from qffc.execution.estimate import device_kernel
from qffc.execution.exact_shots import draw_exactly
from qffc.execution.forces import prepare_forces
from qffc.execution.offer import Tariff, allocation_for, both_offers
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.passes.lower_pytket.side_by_side import side_by_side
from qffc.targets.catalogue import target

WATER = np.array([8, 1, 1])
POSITIONS = np.array([[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.1, -0.76, -0.48]])
TARGET = target("H2-1LE")
MACHINE = target("H2-1")


@pytest.fixture(scope="module")
def model():
    return untrained(load("pair", depth=1, channels=2, hidden=(4,)), seed=1)


def flips(*numbers):
    """Circuits of two qubits that answer with their number."""
    made = []
    for number in numbers:
        circuit = Circuit(2, 2)
        for qubit in range(2):
            if number >> (1 - qubit) & 1:
                circuit.PhasedX(1, 0, qubit)
        made.append(circuit.Measure(0, 0).Measure(1, 1))
    return made


def test_a_machine_is_given_jobs_and_each_circuit_gets_its_own_bits(monkeypatch, tmp_path):
    pytest.importorskip("pytket_pecos")
    nexus = FakeNexus()
    monkeypatch.setitem(sys.modules, "qnexus", nexus)
    monkeypatch.setattr("qffc.execution.engines._version", lambda package: "0.51.1")
    where = replace(MACHINE, qubits=4)

    def run():
        return run_batch(
            flips(0, 3, 2, 1), where, shots=[3, 7, 4, 7], seed=0, packed=True, store=tmp_path, max_price=100
        )

    made = run()
    assert [result.by_string for result in made.results] == [{"00": 4}, {"11": 7}, {"10": 4}, {"01": 7}]
    assert made.shots == (4, 7, 4, 7)
    assert sum(len(job.items) for job in nexus.submitted) == 2
    before = len(nexus.submitted)
    again = run()
    assert (again.stored, len(nexus.submitted)) == (2, before)
    assert [result.by_string for result in again.results] == [result.by_string for result in made.results]


def test_an_emulator_runs_the_parts_with_the_shots_of_their_job(tmp_path):
    pytest.importorskip("pytket_pecos")
    where = replace(TARGET, qubits=4, limits=replace(TARGET.limits, shots=5))
    circuits = flips(0, 3, 2, 1)
    made = run_batch(circuits, where, shots=[3, 7, 4, 7], seed=0, packed=True, store=tmp_path)
    assert [result.by_string for result in made.results] == [{"00": 4}, {"11": 7}, {"10": 4}, {"01": 7}]
    first, second = side_by_side([circuits[1], circuits[3]]), side_by_side([circuits[2], circuits[0]])
    assert made.price == pytest.approx(price_of([first, first, second], where, [4, 3, 4]))
    assert run_batch(circuits, where, shots=[3, 7, 4, 7], seed=0, packed=True, store=tmp_path).stored == 6
    with pytest.raises(QffcError, match="limit of its price"):
        run_batch(circuits, where, shots=[3, 7, 4, 7], seed=0, packed=True, max_price=made.price - 0.1)


variances = st.lists(st.floats(0.01, 100.0), min_size=1, max_size=60)


@given(variances, st.floats(0.05, 5.0))
def test_both_ways_reach_the_standard_error(values, wanted):
    table = np.array(values).reshape(1, -1, 1)
    used = np.ones(table.shape[:2], dtype=bool)
    tariff = Tariff(np.full(table.shape, 0.01), 5.0, 4, np.full(table.shape, 7))
    unlimited = replace(MACHINE, limits=replace(MACHINE.limits, shots=None))
    alone, packed = both_offers(table, used, tariff, unlimited, allocation_for(None, wanted))
    assert max(alone.variances[0], packed.variances[0]) <= wanted**2 * (1 + 1e-9)
    assert (alone.jobs, packed.jobs) == (len(values), -(-len(values) // 14))
    for offer in (alone, packed):
        assert offer.price == pytest.approx(5 * offer.jobs + 0.01 * offer.shots.sum())
    packing = pack_for([4] * len(values), packed.shots.reshape(-1).tolist(), MACHINE)
    assert sum(packing.shots) == sum(packed.shots.reshape(-1)[list(job)].max() for job in packing.jobs)
    assert packed.layers == 7 * sum(packing.shots)


def test_the_price_is_that_of_the_packed_circuits(model):
    quote = quote_energies(model, WATER, POSITIONS[None], MACHINE, shots=100, pack=True)
    other = quote_energies(model, WATER, POSITIONS[None], MACHINE, shots=100, pack=False)
    assert quote.packed
    assert (quote.other.price, other.other.price) == (other.price, quote.price)
    assert quote.offer.jobs == -(-quote.circuits // 14) < other.offer.jobs == quote.circuits
    run = prepare_forces(model, WATER, POSITIONS[None])
    kernel = device_kernel(run.job.split, MACHINE)
    rows = run.job.flat_slots
    circuits = [kernel.bind_measured(row, setting) for row in rows for setting in quote.plan.settings]
    shots = quote.table.reshape(-1)
    jobs = pack_for([4] * len(circuits), shots.tolist(), MACHINE)
    packed = [side_by_side([circuits[index] for index in job]) for job in jobs.jobs]
    assert quote.price == pytest.approx(price_of(packed, MACHINE, jobs.shots))


def test_packed_energies_are_unbiased_and_their_errors_true(model):
    frames = np.repeat(POSITIONS[None], 150, axis=0)
    estimates = estimate_energies(
        model, WATER, frames, MACHINE, standard_error=0.002, pack=True, seed=2, sampler=draw_exactly
    )
    pulls = np.array([(e.energy - e.exact) / e.standard_error for e in estimates])
    assert abs(pulls.mean()) < 4 / np.sqrt(len(pulls))
    assert abs(pulls.std() - 1) < 4 / np.sqrt(2 * len(pulls))
    assert max(e.standard_error for e in estimates) < 0.0022


def test_all_shots_of_a_packed_run_enter(model):
    pytest.importorskip("pytket_pecos")
    quote = quote_energies(model, WATER, POSITIONS[None], TARGET, shots=50, pack=True)
    (estimate,) = estimate_energies(model, WATER, POSITIONS[None], TARGET, shots=50, pack=True, seed=0)
    assert (estimate.shots, estimate.price) == (int(quote.shots.sum()), quote.price)
    assert abs(estimate.energy - estimate.exact) < 6 * estimate.standard_error


@pytest.mark.parametrize("pack", [True, False])
def test_forces_are_priced_as_they_are_bound(model, pack):
    run = prepare_forces(model, WATER, POSITIONS[None])
    quote = run.quote(MACHINE, shots=20, standard_error=None, pack=pack)
    kernel = device_kernel(run.rule.split, MACHINE)
    points = run.points.reshape(-1, run.points.shape[-1])
    places = [(row, index) for row, index in np.argwhere(quote.table > 0).tolist()]
    circuits = [kernel.bind_measured(points[row], quote.plan.settings[index]) for row, index in places]
    shots = [int(quote.table[place]) for place in map(tuple, places)]
    if pack:
        jobs = pack_for([4] * len(circuits), shots, MACHINE)
        circuits = [side_by_side([circuits[index] for index in job]) for job in jobs.jobs]
        shots = list(jobs.shots)
    assert all(len(parts_of(number, MACHINE)) == 1 for number in shots)
    assert price_of(circuits, MACHINE, shots) == pytest.approx(quote.price, rel=1e-3)
