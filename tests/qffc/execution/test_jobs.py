from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from pytket.circuit import Circuit, Op

from qffc.execution import backend
from qffc.execution.backend import check_price, price_of, run_circuits
from qffc.execution.engines import engines
from qffc.execution.jobs import JobStore, make_task
from qffc.execution.shots import ShotResult
from qffc.ir.diagnostics import QffcError
from qffc.passes.target_noise import NoiseModel
from qffc.targets.catalogue import target

pytest.importorskip("pytket_pecos")
NOISY = target("H2-1LE").with_noise(NoiseModel(two_qubit=0.05))


def circuits(count):
    made = []
    for index in range(count):
        circuit = Circuit(2, 2).PhasedX(0.1 + 0.05 * index, 0.2, 0).ZZPhase(0.3, 0, 1).PhasedX(0.5, 0.1, 1)
        made.append(circuit.Measure(0, 0).Measure(1, 1))
    return made


def run(count=4, store=None, where=NOISY, shots=20, **options):
    return run_circuits(circuits(count), where, shots=shots, seed=1, store=store, **options)


def answers(run):
    return [result.by_string for result in run.results]


@pytest.fixture
def emulated(monkeypatch):
    """The circuits that reach the emulator."""
    seen = []
    emulate = backend.pecos.emulate
    monkeypatch.setattr(backend.pecos, "emulate", lambda *given: seen.append(given[0]) or emulate(*given))
    return seen


def test_what_is_stored_is_not_run_again(tmp_path, emulated):
    first = run(store=tmp_path)
    assert (first.stored, len(emulated)) == (0, 4)
    again = run(store=tmp_path)
    assert (again.stored, len(emulated)) == (4, 4)
    assert answers(again) == answers(first) == answers(run())


@pytest.mark.parametrize(
    "change",
    [
        {"shots": 21},
        {"where": NOISY.with_noise(NoiseModel(two_qubit=0.04))},
        {"where": replace(NOISY, weights=replace(NOISY.weights, zz=2.0))},
    ],
    ids=["shots", "noise", "weights"],
)
def test_another_run_is_not_mistaken_for_a_stored_one(tmp_path, emulated, change):
    run(store=tmp_path)
    assert answers(run(store=tmp_path, **change)) == answers(run(**change))
    assert len(emulated) == 12


def test_another_circuit_or_seed_is_not_mistaken_for_a_stored_one():
    circuit, other = circuits(2)
    keys = [make_task(c, NOISY, 5, seed).key for c in (circuit, other) for seed in (1, 2)]
    assert len(set(keys)) == 4
    assert make_task(circuits(1)[0], NOISY, 5, 1).key == keys[0]


def moved(circuit, by):
    """The circuit with every angle moved."""
    made = Circuit(circuit.n_qubits, circuit.n_bits)
    for command in circuit:
        op = command.op
        made.add_gate(Op.create(op.type, [angle + by for angle in op.params]) if op.params else op, command.args)
    return made


def near_a_border(distance):
    """A circuit with an angle just below the border of two bins."""
    return Circuit(1, 1).PhasedX(0.3 + 0.5e-8 - distance, 0.1, 0).Measure(0, 0)


def key_before(circuit, seed=1):
    """The key of earlier versions, of the angles to the last digit."""
    content = {
        "circuit": circuit.to_dict(),
        "shots": 5,
        "seed": seed,
        "place": ["pecos", *engines()["pecos"].versions],
        "noise": asdict(NOISY.noise),
        "weights": {"zz": 1.0, "tk2_base": 0.3, "tk2_angle": 0.7},
    }
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@pytest.mark.parametrize("by", [1e-15, -1e-13, 1e-12, -2e-12])
@pytest.mark.parametrize(
    "circuit",
    [circuits(1)[0], near_a_border(0), near_a_border(1e-12), Circuit(1, 1).PhasedX(1.0, -1.0, 0).Measure(0, 0)],
    ids=["inside", "on a border", "near a border", "half-turns"],
)
def test_shots_are_found_by_a_machine_that_rounds_otherwise(tmp_path, circuit, by):
    store, result = JobStore(tmp_path), ShotResult.of_counts({"0" * circuit.n_bits: 5})
    here, there = make_task(circuit, NOISY, 5, 1), make_task(moved(circuit, by), NOISY, 5, 1)
    assert here.keys[-1] == key_before(circuit)
    store.save(here, result)
    assert store.load(there).by_string == result.by_string
    assert JobStore(tmp_path / "other").load(there) is None


@pytest.mark.parametrize("by", [3e-8, -3e-8, 1e-6])
@pytest.mark.parametrize("circuit", [circuits(1)[0], near_a_border(0), near_a_border(1e-12)])
def test_shots_of_another_circuit_are_never_found(circuit, by):
    here, there = make_task(circuit, NOISY, 5, 1), make_task(moved(circuit, by), NOISY, 5, 1)
    assert not set(here.keys) & set(there.keys)


def test_a_gate_that_turns_nothing_is_as_good_as_none():
    bare = Circuit(2, 1).PhasedX(0.3, 0.1, 0).Measure(0, 0)
    idle = Circuit(2, 1).PhasedX(0.3, 0.1, 0).Rz(1e-12, 0).TK2(0, 1e-13, 0, 0, 1).ZZPhase(-1e-13, 0, 1).Measure(0, 0)
    turned = Circuit(2, 1).PhasedX(0.3, 0.1, 0).Rz(1e-7, 0).Measure(0, 0)
    keys = [make_task(each, NOISY, 5, 1).key for each in (bare, idle, turned)]
    assert keys[0] == keys[1] != keys[2]


def test_results_that_an_earlier_version_stored_are_read(tmp_path):
    circuit = circuits(1)[0]
    key = key_before(circuit)
    (tmp_path / "results").mkdir()
    content = {"schema": 1, "key": key, "seed": 1, "counts": {"01": 5}}
    (tmp_path / "results" / f"{key}.json").write_text(json.dumps(content))
    assert JobStore(tmp_path).load(make_task(circuit, NOISY, 5, 1)).by_string == {"01": 5}
    assert JobStore(tmp_path).load(make_task(circuit, NOISY, 5, 2)) is None


def test_a_circuit_with_many_angles_on_borders_has_few_keys(tmp_path):
    circuit = Circuit(1, 1)
    for _ in range(40):
        circuit.PhasedX(0.3 + 0.5e-8, 0.1, 0)
    task = make_task(circuit.Measure(0, 0), NOISY, 5, 1)
    assert len(set(task.keys)) == len(task.keys) <= 65


def test_a_killed_run_goes_on_and_ends_as_if_nothing_had_happened(tmp_path):
    """A process is killed with SIGKILL in the middle; the same run in another process has the same shots."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path; import test_jobs as t;"
        "t.run(40, Path(sys.argv[1]), shots=200)"
    )
    command = [sys.executable, "-c", code, str(tmp_path), str(Path(__file__).parent)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    stored = tmp_path / "results"
    while process.poll() is None and len(list(stored.glob("[!.]*.json"))) < 3:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = len(list(stored.glob("[!.]*.json")))
    assert 3 <= done < 40
    resumed = run(40, tmp_path, shots=200)
    assert resumed.stored == done
    assert answers(resumed) == answers(run(40, shots=200))


@pytest.mark.parametrize("damage", ["", "{}", "[1]", '{"schema": 1'])
def test_a_damaged_file_is_named(tmp_path, damage):
    run(1, tmp_path)
    (file,) = (tmp_path / "results").iterdir()
    file.write_text(damage)
    with pytest.raises(QffcError, match=file.name):
        run(1, tmp_path)


@pytest.mark.parametrize("change", [('"00"', '"000"'), ('"00"', '"02"'), ("20", "19"), ('"schema": 1', '"schema": 2')])
def test_counts_that_do_not_fit_are_refused(tmp_path, change):
    task = make_task(circuits(1)[0], NOISY, 20, 1)
    store = JobStore(tmp_path)
    store.save(task, ShotResult.of_counts({"00": 20}))
    assert store.load(task).by_string == {"00": 20}
    (file,) = (tmp_path / "results").iterdir()
    file.write_text(file.read_text().replace(*change))
    with pytest.raises(QffcError, match="do not fit its name"):
        store.load(task)


def test_a_dear_run_is_refused_and_a_stored_one_costs_nothing(tmp_path, emulated):
    price = price_of(circuits(4), NOISY, 20)
    with pytest.raises(QffcError, match=f"{price:.2f} HQC"):
        run(store=tmp_path, max_price=price - 0.01)
    assert not emulated
    run(store=tmp_path, max_price=price)
    assert len(run(store=tmp_path, max_price=0.0).results) == 4


def test_shots_may_differ_between_circuits():
    made = run_circuits(circuits(3), NOISY, shots=(3, 7, 5), seed=0)
    assert [result.shots for result in made.results] == [3, 7, 5]
    with pytest.raises(QffcError, match="3 circuits"):
        run_circuits(circuits(3), NOISY, shots=(3, 7), seed=0)


@pytest.mark.parametrize("shots", [0, -5, 2.5, True, float("nan"), (3, 0), (3, 2.7), (3, -1), (3,)])
def test_shots_are_whole_numbers_from_one_on(shots):
    with pytest.raises(QffcError, match="for each of 2 circuits"):
        run_circuits(circuits(2), NOISY, shots=shots, seed=0)
    with pytest.raises(QffcError, match="shots out of range"):
        price_of(circuits(2), NOISY, shots)


def test_limits_of_a_target_hold():
    small = replace(NOISY, limits=replace(NOISY.limits, emulated_qubits=1))
    with pytest.raises(QffcError, match="at most 1: a state vector"):
        run(1, where=small)
    with pytest.raises(QffcError, match="at most 10 on"):
        run(1, where=replace(NOISY, limits=replace(NOISY.limits, shots=10)))


def test_a_gate_that_the_target_does_not_have_is_refused():
    circuit = Circuit(2, 1).TK2(0.1, 0.2, 0.3, 0, 1).Measure(0, 0)
    with pytest.raises(QffcError, match=r"TK2 in a circuit for 'H2-1LE'\s*expected: gates among 'ZZPhase'"):
        run_circuits([circuit], replace(NOISY, gates=("ZZPhase",), two_qubit="ZZPhase"), shots=1, seed=0)
    assert run_circuits([circuit], NOISY, shots=1, seed=0).shots == (1,)


def test_strings_of_counts_are_the_outcomes():
    result = ShotResult.of(np.array([[1, 0], [0, 1], [1, 0]]))
    again = ShotResult.of_counts(result.by_string)
    np.testing.assert_array_equal(again.outcomes, result.outcomes)
    np.testing.assert_array_equal(again.counts, result.counts)


def test_a_limit_that_is_no_number_is_no_limit_that_a_price_is_below():
    check_price(3.0, 3.0)
    for price, limit in ((3.0, float("nan")), (float("nan"), 3.0)):
        with pytest.raises(QffcError, match="above the limit"):
            check_price(price, limit)
