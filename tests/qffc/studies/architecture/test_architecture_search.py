"""The search: generations, what is refused, the journal, and that a killed search goes on to the same history."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest

from qffc.ir.diagnostics import InternalError, QffcError
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.studies import run_from
from qffc.studies.architecture import report
from qffc.studies.architecture.architecture_search import search_architectures
from qffc.studies.architecture.candidate import Task, do_candidate, falls_behind, looked_at
from qffc.studies.architecture.figures import Figures
from qffc.studies.architecture.front import dominates, fronts
from qffc.studies.architecture.genome import genome_of
from qffc.studies.architecture.records import JOURNAL_NAME, Birth, Journal, Outcome
from qffc.studies.grid import base_run
from qffc.studies.tables import ArchitectureTable

pytest.importorskip("optuna", reason="comes with the extra search")

TABLE = ArchitectureTable(generations=1, population=2)
SEARCH = "qffc.studies.architecture.architecture_search"


@pytest.fixture
def small():
    values = {"train": 20, "validation": 4, "test": 10, "epochs": 4, "evaluate_every": 1}
    return run_from({"program": "lib:pair:depth=1,channels=1,hidden=4", "data": "water", **values})


def judged(task, birth):
    """Figures that depend on the program alone, without training."""
    if birth.verdict != "proven":
        return Outcome(birth.verdict)
    draw = int(birth.digest[:8], 16)
    zz = float(birth.text.count("exchange"))
    figures = Figures(1 + draw % 97 + 10.0 / birth.epochs, 1e6 + draw % 89, zz, 1.0, 1.0)
    return Outcome("complete", figures, zz, 1.0)


@pytest.fixture
def untrained(monkeypatch):
    """Searches whose candidates are not trained."""
    monkeypatch.setattr(f"{SEARCH}.do_candidate", judged)
    monkeypatch.setattr(f"{SEARCH}.errors_held_out", lambda *_: (None, "validation"))
    monkeypatch.setattr("qffc.models.files.model_file.load_model", lambda *_: None)


def test_generations(small, tmp_path, untrained):
    seen = []
    found = search_architectures(small, TABLE, "evolve", tmp_path, report=seen.append)
    assert [entry.birth.number for entry in seen] == list(range(len(found.entries)))
    assert tuple(seen) == found.entries
    trained = [entry for entry in found.entries if entry.complete]
    assert len(trained) == 1 + 1 + TABLE.population
    points = {entry.birth.number: entry.objectives for entry in trained}
    assert set(found.front) == {
        number for number, point in points.items() if not any(dominates(other, point) for other in points.values())
    }
    # The start is trained on in every generation: as many epochs as any candidate.
    (control,) = found.controls
    assert control.birth.epochs == max(entry.birth.epochs for entry in found.entries) == 8
    for entry in found.entries:
        certificate = Certificate.from_json((tmp_path / entry.birth.folder / "certificate.json").read_text())
        assert certificate.holds == (entry.birth.verdict == "proven")
        assert certificate.digest == entry.birth.digest
        assert entry.complete == (entry.birth.verdict == "proven")
    # More generations go on; the same search does nothing.
    again = search_architectures(small, TABLE, "evolve", tmp_path, report=lambda _: pytest.fail("done again"))
    assert again == found
    more = search_architectures(small, TABLE.model_copy(update={"generations": 2}), "evolve", tmp_path)
    assert more.entries[: len(found.entries)] == found.entries
    assert max(entry.birth.generation for entry in more.entries) == 2
    report.write_table(found, tmp_path / report.TABLE_NAME)
    with (tmp_path / report.TABLE_NAME).open() as file:
        assert [int(row["candidate"]) for row in csv.DictReader(file)] == sorted(points)
    assert len(report.rows(found)) == len({*found.front, control.birth.number})
    assert json.loads(json.dumps(found.to_json()))["counts"] == found.counts


def test_a_killed_search_has_the_same_history(small, tmp_path, untrained):
    def dies(entry):
        if entry.birth.number == 2:
            raise KeyboardInterrupt

    whole = search_architectures(small, TABLE, "evolve", tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        search_architectures(small, TABLE, "evolve", tmp_path / "killed", report=dies)
    # What a kill in the middle of a line leaves.
    with (tmp_path / "killed" / JOURNAL_NAME).open("a") as file:
        file.write('{"op_code": 4, "worker_')
    assert search_architectures(small, TABLE, "evolve", tmp_path / "killed") == whole


def test_other_searches_in_the_folder_are_refused(small, tmp_path, untrained, monkeypatch):
    search_architectures(small, TABLE, "evolve", tmp_path)
    with pytest.raises(QffcError, match="another run in this folder"):
        search_architectures(small, TABLE.model_copy(update={"search_seed": 1}), "evolve", tmp_path)
    monkeypatch.setattr("qffc.studies.architecture.evolve._SECOND", 0.0)
    with pytest.raises(QffcError, match="begun by another version"):
        search_architectures(small, TABLE, "evolve", tmp_path)


def birth_of(program, verdict=None):
    genome = genome_of(program)
    return Birth(0, 1, "by hand", genome.program.digest, verdict or genome.verdict, genome.program.text)


def test_what_is_not_proven_is_never_trained(small, tmp_path, monkeypatch):
    monkeypatch.setattr("qffc.training.trainer.train", lambda *_, **__: pytest.fail("trained"))
    from qffc.library import load

    program = genome_of(load("pair", depth=1, channels=1)).program
    broken = program.with_ops(program.ops[:-1])
    task = Task(tmp_path, base_run(small), TABLE)
    assert do_candidate(task, birth_of(broken)) == Outcome("refuted")
    # A record that says otherwise is not believed.
    with pytest.raises(InternalError, match="not the program that was proven"):
        do_candidate(task, birth_of(broken, "proven"))


def test_refused_candidates_are_counted(small, tmp_path, untrained):
    only = TABLE.model_copy(update={"gates": ("chirality",), "generations": 1, "population": 6, "search_seed": 2})
    found = search_architectures(small, only, "evolve", tmp_path)
    assert found.counts.get("refuted", 0) > 0
    assert sum(found.counts.values()) == len(found.entries)


def test_halving_compares_with_what_costs_no_more(small):
    peers = [(10.0, 1.0), (10.0, 2.0), (10.0, 3.0), (10.0, 4.0), (40.0, 0.1)]
    assert falls_behind(peers, 10, 3.5)
    assert not falls_behind(peers, 10, 2.5)
    assert not falls_behind(peers[1:], 10, 9.0)  # too few
    config = small.settings.model_copy(update={"epochs": 100, "evaluate_every": 5})
    assert looked_at(config) == 35


def test_a_candidate_that_falls_behind_is_stopped(small, tmp_path, monkeypatch):
    from qffc.library import load

    def train(*_, report, **__):
        from qffc.models.errors import Errors
        from qffc.training.talk import Progress

        for epoch in range(1, 5):
            report(Progress(epoch, 4, 1.0, Errors(4.0, 4.0, 9.0, 9.0, 4)))
        pytest.fail("was not stopped")

    monkeypatch.setattr("qffc.training.trainer.train", train)
    program = load("pair", depth=1, channels=1)
    task = Task(tmp_path, base_run(small), TABLE, peers=((1.0, 5.0),) * 4)
    outcome = do_candidate(task, birth_of(program))
    assert (outcome.state, outcome.watched, outcome.figures) == ("stopped", 6.0, None)
    # Controls go to their end.
    with pytest.raises(pytest.fail.Exception):
        do_candidate(task, replace(birth_of(program), control=True))


def test_half_a_line_is_dropped(tmp_path):
    (tmp_path / JOURNAL_NAME).write_text("")
    assert Journal(tmp_path).entries() == ()


def test_fronts_are_not_dominated_by_later_ones():
    points = [(float(k * 7 % 11), float(k * 5 % 13), float(k * 3 % 5)) for k in range(30)]
    found = fronts(points)
    assert sorted(k for front in found for k in front) == list(range(30))
    for earlier, later in zip(found, found[1:], strict=False):
        assert not any(dominates(points[b], points[a]) for a in earlier for b in later)
        assert all(any(dominates(points[a], points[b]) for a in earlier) for b in later)


@pytest.mark.parametrize(
    ("change", "title"),
    [
        ({"settings": {"validation": 0}}, "search without validation frames"),
        ({"settings": {"max_minutes": 1.0}}, "no use for"),
        ({"unproven": True}, "no use for"),
    ],
)
def test_what_does_not_fit_is_refused(small, tmp_path, change, title):
    if "settings" in change:
        change = {"settings": small.settings.model_copy(update=change["settings"])}
    with pytest.raises(QffcError, match=title):
        search_architectures(small.model_copy(update=change), TABLE, "evolve", tmp_path)


def test_unknown_gates_and_ways(small, tmp_path):
    with pytest.raises(QffcError, match="gate that a search does not add"):
        search_architectures(small, TABLE.model_copy(update={"gates": ("pauli_rotation",)}), "evolve", tmp_path)
    with pytest.raises(QffcError, match="unknown way to search"):
        search_architectures(small, TABLE, "guess", tmp_path)


def test_a_start_that_is_not_proven_is_refused(small, tmp_path):
    from qffc.library import load

    program = genome_of(load("pair", depth=1, channels=1)).program
    file = tmp_path / "broken.qffc"
    file.write_text(program.with_ops(program.ops[:-1]).text)
    with pytest.raises(QffcError, match="search from a program that is not proven"):
        search_architectures(small.model_copy(update={"program": str(file)}), TABLE, "evolve", tmp_path / "out")


@pytest.mark.slow
@pytest.mark.parametrize("way", ["evolve", "relax"])
def test_a_search_trains(way, tmp_path):
    values = {"train": 20, "validation": 4, "test": 10, "epochs": 6, "evaluate_every": 2}
    given = run_from({"program": "lib:sivqlm-h2o:depth=1", "data": "water", **values})
    table = ArchitectureTable(generations=1, population=2, geometries=1, halve=False)
    found = search_architectures(given, table, way, tmp_path)
    assert {entry.outcome.state for entry in found.entries} <= {"complete", "refuted"}
    assert set(found.tests) >= set(found.front)
    assert all(entry.outcome.figures is not None for entry in found.controls)
    again = search_architectures(given, table, way, tmp_path, report=lambda _: pytest.fail("done again"))
    assert again == found
    report.plot_front(found, tmp_path / report.PLOT_NAME)
    assert (tmp_path / report.PLOT_NAME).stat().st_size > 1000
