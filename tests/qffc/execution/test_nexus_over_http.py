"""Submission through the real qnexus, up to the border of HTTP: what is asked for, and what comes back."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace

import pytest
from pytket.circuit import Circuit

from qffc.execution.backend import price_of, run_circuits
from qffc.execution.nexus_price import service_price
from qffc.ir.diagnostics import QffcError
from qffc.targets.catalogue import target

pytest.importorskip("qnexus", reason="speaks through qnexus")
pytest.importorskip("pytket_pecos")
pytest.importorskip("qir_qis")
pytest.importorskip("pyqir")
MACHINES = ["H2-1", "H2-2E", "Helios-1", "Helios-2", "Helios-1E-lite"]


@pytest.fixture
def nexus(monkeypatch):
    from nexus_over_http import NexusOverHttp

    service = NexusOverHttp()
    monkeypatch.setattr("qnexus.client._nexus_client", service.client())
    return service


def circuits(count=3):
    """Circuits of unequal width that answer with their number, the first bit being the largest."""
    made = []
    for number in range(count):
        circuit = Circuit(2 + number, 2)
        for qubit in range(2):
            if number >> (1 - qubit) & 1:
                circuit.PhasedX(1, 0, qubit)
        made.append(circuit.Rz(0.3, 0).Measure(0, 0).Measure(1, 1))
    return made


def run(folder, name, count=3, limit=100.0):
    return run_circuits(circuits(count), target(name), shots=5, seed=0, store=folder, max_price=limit)


def answers(run):
    return [result.by_string for result in run.results]


GOOD = [{"00": 5}, {"01": 5}, {"10": 5}]


@pytest.mark.parametrize("name", MACHINES)
def test_one_job_of_all_circuits_on_every_machine(nexus, tmp_path, name):
    limit = 1.2 * price_of(circuits(), target(name), 5)
    assert answers(run(tmp_path, name, limit=limit)) == GOOD
    (asked,) = nexus.definitions
    items = asked["items"]
    assert [item["n_shots"] for item in items] == [5, 5, 5]
    assert sum(item["max_cost"] for item in items) == pytest.approx(limit)
    helios = name.startswith("Helios")
    assert [item.get("n_qubits") for item in items] == ([2, 3, 4] if helios else [None] * 3)
    assert asked["backend_config"]["type"] == ("HeliosConfig" if helios else "QuantinuumConfig")
    assert asked["backend_config"]["system_name" if helios else "device_name"] == name
    assert asked["target_region"] == ("sg" if name == "Helios-2" else None)
    assert {kind for kind, _ in nexus.programs.values()} == {"qir" if helios else "circuit"}
    assert run(tmp_path, name, limit=0.0).stored == 3
    assert len(nexus.jobs) == 1


def test_circuits_for_h2_are_left_alone(nexus, tmp_path):
    run(tmp_path, "H2-1")
    (asked,) = nexus.definitions
    wanted = {"allow_implicit_swaps": False, "no_opt": True, "allow_2q_gate_rebase": False, "target_2qb_gate": "TK2"}
    assert wanted.items() <= asked["backend_config"].items()


@pytest.mark.parametrize("name", ["H2-1E", "Helios-1E-lite"])
def test_a_hosted_emulator_has_noise_if_its_target_has(nexus, tmp_path, name):
    quiet = target(name).with_noise(None)
    for where in (target(name), quiet):
        run_circuits(circuits(1), where, shots=5, seed=0, store=tmp_path, max_price=100)
    noisy, silent = (asked["backend_config"] for asked in nexus.definitions)
    if name == "H2-1E":
        assert (noisy["noisy_simulation"], silent["noisy_simulation"]) == (True, False)
        assert noisy["simulator"] == "state-vector"
    else:
        models = [each["emulator_config"]["error_model"]["type"] for each in (noisy, silent)]
        assert models == ["QSystemErrorModel", "NoErrorModel"]
        assert noisy["emulator_config"]["simulator"]["type"] == "StatevectorSimulator"


@pytest.mark.parametrize("name", ["H2-1", "Helios-1"])
@pytest.mark.parametrize(
    "where",
    [
        ("POST", "jobs"),
        ("GET", "jobs/.*/status"),
        ("GET", "jobs/.*[0-9a-f]$"),
        ("GET", "results"),
        ("POST", "qir|circuits"),
    ],
    ids=lambda where: f"{where[0]} {where[1]}",
)
def test_a_lost_connection_loses_nothing(nexus, tmp_path, name, where):
    nexus.lose = where
    with pytest.raises(QffcError, match="the line went dead"):
        run(tmp_path, name)
    assert answers(run(tmp_path, name)) == GOOD
    assert len(nexus.jobs) == 1


@pytest.mark.parametrize("name", ["H2-1", "Helios-1"])
def test_shots_of_a_job_that_reached_its_limit_count(nexus, tmp_path, name):
    nexus.most = 3
    with pytest.raises(QffcError, match=r"terminated[\s\S]*the 6 shots of 3 circuits[\s\S]*; 9 shots"):
        run(tmp_path, name)
    rest = price_of(circuits(), target(name), 2)
    assert answers(run(tmp_path, name, limit=rest)) == GOOD
    assert [[item["n_shots"] for item in asked["items"]] for asked in nexus.definitions] == [[5, 5, 5], [2, 2, 2]]


def test_a_job_without_any_shot_is_run_again(nexus, tmp_path):
    nexus.most = 0
    with pytest.raises(QffcError, match=r"terminated[\s\S]*the 15 shots of 3 circuits"):
        run(tmp_path, "Helios-1")
    assert answers(run(tmp_path, "Helios-1")) == GOOD


def test_more_circuits_than_a_job_takes_are_several_jobs(nexus, tmp_path):
    where = target("Helios-1")
    small = replace(where, limits=replace(where.limits, circuits=2))
    assert answers(run_circuits(circuits(), small, shots=5, seed=0, store=tmp_path, max_price=100)) == GOOD
    assert [len(asked["items"]) for asked in nexus.definitions] == [2, 1]


def test_results_of_another_program_are_refused(nexus, tmp_path, monkeypatch):
    monkeypatch.setattr("qffc.execution.nexus_service.helios_program", lambda circuit: other)
    from qffc.execution.helios_program import helios_program

    other = helios_program(Circuit(1, 1).Measure(0, 0))
    with pytest.raises(QffcError, match=r"another program[\s\S]*'USER:RESULT:c\[0\]'[\s\S]*'c\[0\]', 'c\[1\]'"):
        run(tmp_path, "Helios-1", count=1)


def test_hugr_goes_where_hugr_belongs(nexus, tmp_path, monkeypatch):
    from hugr.build.function import Module
    from hugr.package import Package

    program = Package([Module().hugr]).to_bytes()
    monkeypatch.setattr("qffc.execution.nexus_service.helios_program", lambda circuit: program)
    nexus.most = 0
    with pytest.raises(QffcError, match="terminated"):
        run(tmp_path, "Helios-1", count=1)
    ((kind, sent),) = nexus.programs.values()
    assert (kind, b64decode(sent["contents"])[:4]) == ("hugr", b"HUGR")


@pytest.mark.parametrize(("name", "checker"), [("H2-1", "H2-1SC"), ("H2-2E", "H2-2SC"), ("Helios-2", "Helios-2SC")])
def test_the_price_of_the_service_is_asked_for_and_costs_nothing(nexus, name, checker):
    helios = name.startswith("Helios")
    found = service_price(circuits(), target(name), shots=5)
    assert (found.each, found.price) == ((6.0, 7.0, 8.0), 21.0)
    assert found.confidence == (93.0 if helios else None)
    assert found.formula == price_of(circuits(), target(name), 5)
    (asked,) = nexus.definitions
    assert asked["backend_config"]["system_name" if helios else "device_name"] == checker
    assert asked["target_region"] == ("sg" if helios else None)
    assert all("max_cost" not in item for item in asked["items"])
    assert not nexus.results
