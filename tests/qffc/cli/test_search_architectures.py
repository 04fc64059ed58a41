"""The verb search with --architecture: options, what is said, and what is refused."""

from __future__ import annotations

import json

import pytest

from qffc.studies.architecture.architecture_search import Architectures
from qffc.studies.architecture.figures import Figures
from qffc.studies.architecture.records import Birth, Entry, Outcome

pytest.importorskip("optuna", reason="comes with the extra search")

FOUND = Architectures(
    tuple(
        Entry(
            Birth(number, number, words, f"{number}", state if state == "refuted" else "proven", "", control=control),
            Outcome(state, figures, 10.0 if figures else None),
        )
        for number, words, state, control, figures in (
            (0, "lib:pair", "complete", True, Figures(3.0, 2e6, 26.0, 1.0, 9.0)),
            (1, "dropped a gate", "complete", False, Figures(4.0, 3e6, 13.5, 2.0, 8.0)),
            (2, "added a chirality", "refuted", False, None),
        )
    ),
    (0, 1),
    {},
)


@pytest.fixture
def searched(monkeypatch):
    """What a search was asked for, in the place of one."""
    asked = {}

    def search(given, table, way, folder, place, report):
        folder.mkdir(parents=True)
        asked.update(given=given, table=table, way=way, folder=folder, place=place)
        for entry in FOUND.entries:
            report(entry)
        return FOUND

    monkeypatch.setattr("qffc.studies.architecture.architecture_search.search_architectures", search)
    return asked


def test_options_reach_the_search(qffc, tmp_path, searched):
    out = tmp_path / "found"
    options = ["--architecture", "evolve", "--generations", "2", "--gates", "exchange,four_spin", "--epochs", "7"]
    code, text, err = qffc("search", "lib:pair:depth=1..2", *options, "--data", "water", "--out", out)
    assert code == 0
    assert searched["way"] == "evolve"
    assert searched["given"].program == "lib:pair:depth=1..2"
    assert searched["given"].settings.epochs == 7
    assert searched["table"].generations == 2
    assert searched["table"].gates == ("exchange", "four_spin")
    assert "3 candidates: 2 complete, 1 refuted" in text
    assert "candidate-0001" in text
    assert "added a chirality: refuted" in err
    assert (out / "front.csv").read_text().count("\n") == 3
    assert (out / "front.png").stat().st_size > 1000
    code, text, _ = qffc("search", "lib:pair", *options, "--data", "water", "--out", tmp_path / "json", "--json")
    assert json.loads(text)["counts"] == {"complete": 2, "refuted": 1}


def test_the_table_of_a_file(qffc, tmp_path, searched):
    file = tmp_path / "water.toml"
    file.write_text('program = "lib:pair"\ndata = "water"\n[architecture]\npopulation = 3\nsparsity = 0.5\n')
    code, _, _ = qffc("search", file, "--architecture", "relax", "--population", "4")
    assert code == 0
    assert (searched["table"].population, searched["table"].sparsity) == (4, 0.5)
    assert searched["folder"] == tmp_path / "runs" / "water-relax"


@pytest.mark.parametrize(
    ("options", "title"),
    [
        (["--architecture", "evolve", "--trials", "3"], "option that this search has no use for"),
        (["--generations", "3"], "option that this search has no use for"),
        (["--architecture", "guess"], "unknown way to search"),
        ([], "nothing to search over"),
    ],
)
def test_what_does_not_go_together(qffc, tmp_path, options, title):
    code, _, err = qffc("search", "lib:pair", *options, "--data", "water", "--out", tmp_path / "out")
    assert code == 2
    assert title in err
