"""What moved between two commits, from rows alone; and that a figure is measured as it says."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import count

import pytest

pytest.importorskip("benchmarks.by_commit", reason="needs the source tree on the path: python -m pytest")

import qffc as qf
from benchmarks.by_commit import figures
from benchmarks.by_commit.__main__ import HISTORY, main
from benchmarks.by_commit.by_turns import by_turns
from benchmarks.by_commit.figures import FIGURES
from benchmarks.by_commit.history import (
    Row,
    Spread,
    append_row,
    compared,
    find_row,
    moves,
    read_rows,
    spread_of,
    table,
)

OLD = Row(
    "aaaaaaaaaa",
    "2026-01-01",
    {"jax": "0.10.1", "kernel": "avx2"},
    {
        "slower": Spread(9, 10, 11),
        "faster": Spread(9, 10, 11),
        "wider": Spread(9, 10, 11),
        "count": Spread(3.5, 3.5, 3.5),
        "dropped": Spread(1, 1, 1),
    },
)
NEW = Row(
    "bbbbbbbbbb",
    "2026-02-01",
    {"jax": "0.10.1", "kernel": "avx512"},
    {
        "slower": Spread(4, 5, 6),
        "faster": Spread(11.1, 12, 13),
        "wider": Spread(10.9, 14, 20),
        "count": Spread(3.4, 3.4, 3.4),
        "added": Spread(1, 1, 1),
    },
)


def test_only_what_leaves_its_quartiles_moved() -> None:
    assert [(move.name, move.factor) for move in moves(OLD, NEW)] == [
        ("slower", pytest.approx(0.5)),
        ("count", pytest.approx(3.4 / 3.5)),
        ("faster", pytest.approx(1.2)),
    ]
    assert moves(OLD, OLD) == []


def test_comparison_says_what_moved_and_what_cannot_be_compared() -> None:
    assert compared(OLD, NEW).splitlines() == [
        "from aaaaaaaaaa (2026-01-01) to bbbbbbbbbb (2026-02-01)",
        "not under the same conditions: kernel avx2, then avx512",
        "slower  worse by 2  10 (9 to 11)  ->  5 (4 to 6)",
        "count   worse by 1.03  3.5  ->  3.4",
        "faster  better by 1.2  10 (9 to 11)  ->  12 (11.1 to 13)",
        "added  new",
        "dropped  gone",
        "1 figures within their quartiles",
    ]


def test_rows_come_back_from_the_file(tmp_path) -> None:
    path = tmp_path / "history.jsonl"
    assert read_rows(path) == []
    append_row(path, OLD)
    append_row(path, NEW)
    assert read_rows(path) == [OLD, NEW]
    again = replace(OLD, figures={"slower": Spread(1, 2, 3)})
    append_row(path, again)
    assert read_rows(path) == [NEW, again]


def test_a_row_with_other_entries_is_refused(tmp_path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text('{"commit": "aaaa"}\n')
    with pytest.raises(SystemExit, match="a row has the entries"):
        read_rows(path)


@pytest.mark.parametrize("name", ["bbbb", "bbbbbbbbbbbbbbbb"])
def test_commits_are_found_by_either_length_of_their_names(name: str) -> None:
    assert find_row([OLD, NEW], name) is NEW


def test_an_unknown_commit_is_refused() -> None:
    with pytest.raises(SystemExit, match="0 rows are of commit 'cccc'; measured: aaaaaaaaaa, bbbbbbbbbb"):
        find_row([OLD, NEW], "cccc")


@pytest.mark.parametrize("numbers", [(2, 1, 3), (1, 2, 1.5), (0, 1, 2), (float("nan"), 1, 2)])
def test_what_are_no_quartiles_is_refused(numbers: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="no quartiles"):
        Spread(*numbers)


def test_table_has_the_last_rows_and_the_peers() -> None:
    lines = table([OLD, NEW], {"slower": "a peer"}).splitlines()
    assert lines[0].split() == ["figure", "beside", "aaaaaaaaaa", "2026-01-01", "bbbbbbbbbb", "2026-02-01"]
    assert " ".join(lines[1].split()) == "slower a peer 10 (9 to 11) 5 (4 to 6)"
    assert " ".join(lines[-1].split()) == "dropped - 1 -"
    assert "aaaaaaaaaa" not in table([OLD, NEW], {}, columns=1)


def test_command_answers_no_when_something_got_worse(tmp_path, capsys, monkeypatch) -> None:
    path = tmp_path / "history.jsonl"
    append_row(path, OLD)
    append_row(path, NEW)
    for words, code in (([], 1), (["bbbb", "aaaa"], 1), (["aaaa", "aaaa"], 0)):
        monkeypatch.setattr("sys.argv", ["by_commit", "--history", str(path), "--compare", *words])
        assert main() == code
    assert "slower  worse by 2" in capsys.readouterr().out


def test_ratio_is_the_peer_over_qffc() -> None:
    ratios = by_turns(lambda: time.sleep(0.002), lambda: time.sleep(0.02), seconds=0)
    assert len(ratios) == 5
    assert 2 < spread_of(ratios).median < 20


def test_what_is_done_anew_is_called_once_a_round() -> None:
    ours, peer = count(), count()
    by_turns(lambda: next(ours), lambda: next(peer), seconds=0, fewest=3, warm=False)
    assert (next(ours), next(peer)) == (3, 3)


def test_figures_have_names_of_their_own() -> None:
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)


@pytest.mark.slow  # both ways are compiled elsewhere
def test_figures_of_gates_are_measured() -> None:
    (depth,) = (figure for figure in FIGURES if figure.name.startswith("two-qubit depth"))
    (ratio,) = depth.measure(0)
    assert ratio > 1


def test_history_of_the_tree_is_read() -> None:
    rows = read_rows(HISTORY)
    assert len({row.commit for row in rows}) == len(rows)


def test_the_peer_of_the_parser_reads_the_same_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_wide", lambda: qf.load("ring", qubits=4, depth=1))
    assert all(ratio > 0 for ratio in figures._reading(0.0))
