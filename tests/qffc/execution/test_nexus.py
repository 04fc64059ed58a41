from __future__ import annotations

import inspect
import sys
from dataclasses import replace
from functools import reduce
from importlib.util import find_spec

import numpy as np
import pytest
from fake_nexus import (
    SIGNATURES,
    AuthenticationError,
    DataGone,
    FakeNexus,
    ResourceFetchFailed,
    ZeroMatches,
    names,
    signature,
)
from pytket.circuit import Circuit

from qffc.execution.backend import price_of, run_circuits
from qffc.execution.jobs import JobStore, make_task
from qffc.execution.nexus import run_on_machine
from qffc.execution.nexus_price import service_price
from qffc.execution.shots import ShotResult
from qffc.ir.diagnostics import QffcError
from qffc.targets.catalogue import target

pytest.importorskip("pytket_pecos")
MACHINE = replace(target("H2-1"), limits=replace(target("H2-1").limits, circuits=2))


@pytest.fixture
def nexus(monkeypatch):
    fake = FakeNexus()
    monkeypatch.setitem(sys.modules, "qnexus", fake)
    monkeypatch.setattr("qffc.execution.engines._version", lambda package: "0.51.1")
    return fake


def circuits(count=3):
    """Circuits that answer with their number, the first bit being the largest."""
    made = []
    for number in range(count):
        circuit = Circuit(2, 2)
        for qubit in range(2):
            if number >> (1 - qubit) & 1:
                circuit.PhasedX(1, 0, qubit)
        made.append(circuit.Measure(0, 0).Measure(1, 1))
    return made


def run(folder, where=MACHINE, count=3, shots=5, limit=100.0):
    return run_circuits(circuits(count), where, shots=shots, seed=0, store=folder, max_price=limit)


def answers(run):
    return [result.by_string for result in run.results]


GOOD = [{"00": 5}, {"01": 5}, {"10": 5}]


def test_circuits_go_to_the_machine_as_they_are(nexus, tmp_path):
    assert answers(run(tmp_path)) == GOOD
    first, second = nexus.submitted
    assert (len(first.items), len(second.items)) == (2, 1)
    assert first.config.device_name == "H2-1"
    assert first.config.no_opt
    assert not first.config.allow_implicit_swaps
    assert not first.config.allow_2q_gate_rebase
    assert not list((tmp_path / "jobs").glob("*.json"))


@pytest.mark.parametrize(("name", "region"), [("Helios-1", None), ("Helios-2", "sg"), ("Helios-1E-lite", None)])
def test_helios_takes_programs_with_their_sizes(nexus, tmp_path, name, region):
    pytest.importorskip("qir_qis")
    assert answers(run(tmp_path, target(name))) == GOOD
    (job,) = nexus.submitted
    assert job.config.system_name == name
    assert hasattr(job.config, "emulator_config") == (name == "Helios-1E-lite")
    assert (job.n_qubits, job.target_region) == ([2, 2, 2], region)
    assert sum(job.max_cost) == pytest.approx(100)


def test_without_noise_a_hosted_emulator_is_told_so_and_its_results_are_kept_apart(nexus, tmp_path):
    pytest.importorskip("qir_qis")
    for name in ("H2-1E", "Helios-1E-lite"):
        for where in (target(name), target(name).with_noise(None)):
            run(tmp_path, where, count=1)
    noisy, silent, helios, quiet = (job.config for job in nexus.submitted)
    assert (noisy.noisy_simulation, silent.noisy_simulation) == (True, False)
    assert not vars(helios.emulator_config)
    assert quiet.emulator_config.error_model == "NoErrorModel"


def test_the_price_of_the_service_is_that_of_its_checker(nexus):
    found = service_price(circuits(), MACHINE, shots=5)  # two circuits a job
    assert (found.each, found.confidence) == ((6.0, 6.0, 6.0), 95.0)
    assert [(job.config.device_name, job.max_cost) for job in nexus.submitted] == [("H2-1SC", None)] * 2
    with pytest.raises(QffcError, match="without a machine"):
        service_price(circuits(), target("HeliosLE"), shots=5)
    with pytest.raises(QffcError, match="without a syntax checker"):
        service_price(circuits(), replace(MACHINE, checker=None), shots=5)


def test_what_is_stored_is_not_paid_again(nexus, tmp_path):
    run(tmp_path)
    again = run(tmp_path, limit=0.0)
    assert answers(again) == GOOD
    assert again.stored == 3
    assert len(nexus.submitted) == 2


@pytest.mark.parametrize("where", ["start_execute_job", "jobs.wait_for", "jobs.results"])
def test_a_lost_connection_loses_nothing(nexus, tmp_path, where):
    nexus.lose = where
    with pytest.raises(QffcError, match="the line went dead"):
        run(tmp_path)
    assert answers(run(tmp_path)) == GOOD
    assert sum(len(job.items) for job in nexus.submitted) == 3


@pytest.mark.parametrize("where", ["projects.get_or_create", "circuits.upload", "QuantinuumConfig"])
def test_a_connection_lost_before_the_job_costs_nothing(nexus, tmp_path, where):
    nexus.lose = where
    with pytest.raises(QffcError, match="no answer"):
        run(tmp_path)
    assert not nexus.submitted
    assert answers(run(tmp_path)) == GOOD


def test_a_job_that_never_reached_nexus_counts_in_the_price_again(nexus, tmp_path):
    nexus.lose = "QuantinuumConfig"
    with pytest.raises(QffcError, match="no answer"):
        run(tmp_path)
    with pytest.raises(QffcError, match="nothing was submitted"):
        run(tmp_path, limit=1.0)
    assert not nexus.submitted


def test_results_of_a_failed_job_are_kept(nexus, tmp_path):
    nexus.refuse = 1
    with pytest.raises(QffcError, match=r"out of ions[\s\S]*2 results, 1 of which"):
        run(tmp_path)
    assert answers(run(tmp_path)) == GOOD
    assert sum(len(job.items) for job in nexus.submitted) == 4


def test_shots_of_a_terminated_job_count_and_only_the_others_are_paid(nexus, tmp_path):
    nexus.terminate = 3
    with pytest.raises(QffcError, match=r"terminated[\s\S]*the 4 shots of 2 circuits[\s\S]*; 6 shots") as caught:
        run(tmp_path)
    first, second = nexus.submitted
    assert f"'{first.name}', id {first.id}" in str(caught.value)
    assert str(tmp_path / "parts") in str(caught.value)
    assert not list((tmp_path / "jobs").iterdir())
    rest = price_of(circuits(2), MACHINE, 2)
    with pytest.raises(QffcError, match=rf"{rest:.2f} HQC for 2 circuits"):
        run(tmp_path, limit=rest - 0.01)
    assert answers(run(tmp_path, limit=rest)) == GOOD
    assert [job.n_shots for job in nexus.submitted] == [[5, 5], [5], [2, 2]]
    assert sum(nexus.submitted[2].max_cost) == pytest.approx(rest)
    assert not list((tmp_path / "parts").iterdir())
    assert run(tmp_path, limit=0.0).stored == 3


def test_a_job_that_gives_the_same_shots_twice_is_counted_once(nexus, tmp_path, monkeypatch):
    nexus.terminate = 3
    with monkeypatch.context() as patch:
        patch.setattr(JobStore, "finish_job", lambda *_: None)  # killed before the job was forgotten
        with pytest.raises(QffcError, match="terminated"):
            run(tmp_path, count=1)
    with pytest.raises(QffcError, match=r"the 2 shots of 1 circuits[\s\S]*; 3 shots of these"):
        run(tmp_path, count=1)
    assert answers(run(tmp_path, count=1)) == GOOD[:1]
    assert [job.n_shots for job in nexus.submitted] == [[5], [2]]


def test_more_shots_than_a_task_asks_for_are_drawn_from(nexus, tmp_path):
    task, store = make_task(circuits(1)[0], MACHINE, 5, 0), JobStore(tmp_path)
    for name, counts in (("one", {"00": 3}), ("two", {"00": 1, "11": 3})):
        store.save_part(task, name, ShotResult.of_counts(counts))
    price = price_of(circuits(1), MACHINE, 5)
    found = run_on_machine([task], MACHINE, store, price)[task.key]
    assert found.shots == 5
    assert 1 <= found.by_string["11"] <= 3
    assert store.load(task).by_string == found.by_string
    assert not nexus.submitted
    many = ShotResult.of_counts({"0": 300, "1": 700})
    draws = [many.drawn(100, seed).by_string["1"] for seed in range(300)]
    assert abs(np.mean(draws) - 70) < 4 * np.sqrt(100 * 0.3 * 0.7 * 0.9 / 300)


GONE = [ZeroMatches(), DataGone("Requested data is no longer available."), ResourceFetchFailed("{}", 404)]


@pytest.mark.parametrize("problem", GONE, ids=lambda problem: type(problem).__name__)
@pytest.mark.parametrize("where", ["jobs.get", "jobs.wait_for", "jobs.results", "download_result"])
def test_a_job_that_is_gone_is_named_and_can_be_forgotten(nexus, tmp_path, where, problem):
    nexus.lose = "jobs.wait_for"
    with pytest.raises(QffcError, match="no answer"):
        run(tmp_path, count=2)
    nexus.broken[where] = problem
    (job,) = nexus.submitted
    (file,) = (tmp_path / "jobs").glob("*.json")
    for _ in range(2):
        with pytest.raises(QffcError, match=r"gone from Nexus[\s\S]*paid, again") as caught:
            run(tmp_path, count=2)
        assert f"'{job.name}', id {job.id}" in str(caught.value)
        assert f"remove '{file}'" in str(caught.value)
    kept = len(list((tmp_path / "results").glob("*.json"))) if where == "download_result" else 0
    assert kept == (where == "download_result")
    file.unlink()
    nexus.broken.clear()
    assert answers(run(tmp_path, count=2)) == GOOD[:2]
    assert len(nexus.submitted[1].items) == 2 - kept


@pytest.mark.parametrize(
    ("problem", "title", "advice"),
    [
        (AuthenticationError("Not authenticated"), "not logged in", "qnx login"),
        (ResourceFetchFailed("expired", 401), "not logged in", "qnx login"),
        (ResourceFetchFailed("over quota", 403), "refused by Nexus", "quota"),
        (ResourceFetchFailed("down", 503), "no answer", "wait"),
        (ResourceFetchFailed("slowly", 429), "no answer", "wait"),
        (TimeoutError("slow"), "no answer", "connection"),
        (ResourceFetchFailed("no such gate", 422), "call of qnexus that failed", "message of Nexus"),
        (ValueError("number of programs"), "call of qnexus that failed", "message of Nexus"),
    ],
)
def test_errors_say_what_to_do(nexus, tmp_path, problem, title, advice):
    nexus.broken["start_execute_job"] = problem
    with pytest.raises(QffcError, match=rf"{title}[\s\S]*{advice}[\s\S]*none is paid twice") as caught:
        run(tmp_path)
    assert ("qnx login" in str(caught.value)) == (title == "not logged in")
    nexus.broken.clear()
    assert answers(run(tmp_path)) == GOOD


def test_runs_that_share_a_folder_leave_each_other_their_jobs(nexus, tmp_path):
    nexus.lose = "jobs.wait_for"
    with pytest.raises(QffcError, match="no answer"):
        run(tmp_path)
    assert answers(run(tmp_path, count=1)) == GOOD[:1]
    assert answers(run(tmp_path)) == GOOD
    assert sum(len(job.items) for job in nexus.submitted) == 3


def test_the_price_is_limited_before_anything_is_submitted(nexus, tmp_path):
    price = price_of(circuits(), MACHINE, 5)
    with pytest.raises(QffcError, match=rf"{price:.2f} HQC for 3 circuits[\s\S]*nothing was submitted"):
        run(tmp_path, limit=price - 0.01)
    assert not nexus.submitted
    run(tmp_path, limit=price)
    told = [cost for job in nexus.submitted for cost in job.max_cost]
    assert sum(told) == pytest.approx(price)


def test_a_machine_needs_a_folder_and_a_limit(nexus, tmp_path):
    with pytest.raises(QffcError, match="without a folder"):
        run(None)
    with pytest.raises(QffcError, match="without a limit"):
        run(tmp_path, limit=None)
    with pytest.raises(QffcError, match="no price formula"):
        run(tmp_path, replace(MACHINE, pricing=None))
    with pytest.raises(QffcError, match="more shots than the target takes"):
        run(tmp_path, shots=10001)
    assert not nexus.submitted


def test_order_of_bits_is_that_of_the_circuit(nexus, tmp_path):
    circuit = Circuit(2, 2).PhasedX(1, 0, 1).Measure(0, 1).Measure(1, 0)
    made = run_circuits([circuit], MACHINE, shots=3, seed=0, store=tmp_path, max_price=50)
    np.testing.assert_array_equal(made.results[0].outcomes, [[1, 0]])


@pytest.mark.skipif(find_spec("qnexus") is None, reason="compares with qnexus")
@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_are_those_of_qnexus(name):
    import qnexus

    assert names(inspect.signature(reduce(getattr, name.split("."), qnexus))) == names(signature(name))
