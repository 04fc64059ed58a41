"""What is shown of long calls: in a terminal, elsewhere, and not on stdout."""

from __future__ import annotations

import io
import json
import sys
import time

import pytest

from qffc import progress_line
from qffc.cli import run
from qffc.ir.telling import tell, told
from qffc.progress_line import hushed, shown, shown_as
from qffc.training.progress import TrainingProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def quick(monkeypatch):
    """What takes long here is over soon."""
    monkeypatch.setattr(progress_line, "PATIENCE", 0.0)
    monkeypatch.setattr(progress_line, "SILENCE", 0.0)
    monkeypatch.setattr(progress_line, "_TICK", 0.005)


@pytest.fixture
def open_terminal(monkeypatch):
    """Makes stderr a terminal; called in the test itself, for pytest sets stderr between fixtures and test."""

    def make() -> Terminal:
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setattr(sys, "stderr", Terminal())
        return sys.stderr

    return make


def wait_for(found, seconds=5.0):
    """Whether something becomes true."""
    end = time.monotonic() + seconds
    while not found() and time.monotonic() < end:
        time.sleep(0.005)
    return found()


def test_a_terminal_shows_what_is_counted(quick, open_terminal, capsys):
    terminal = open_terminal()
    with shown("check"):
        for number in told("symmetries:", range(3)):
            assert wait_for(lambda n=number: f"check: symmetries: {n} of 3" in terminal.getvalue())
    assert terminal.getvalue().endswith("\x1b[2K")  # the line is gone
    assert capsys.readouterr().out == ""


def test_elsewhere_there_are_lines(quick, monkeypatch):
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    with shown("run"):
        tell("circuits run:", 2, 7)
        assert wait_for(lambda: "run: circuits run: 2 of 7, 0 s\n" in file.getvalue())
        tell("planning")
        assert wait_for(lambda: "run: planning, 0 s\n" in file.getvalue())
    assert "\x1b" not in file.getvalue()


@pytest.mark.parametrize("screen", [Terminal, io.StringIO])
def test_what_is_quick_shows_nothing(monkeypatch, screen):
    monkeypatch.setattr(sys, "stderr", screen())
    with shown("check"):
        tell("symmetries:", 0, 3)
        time.sleep(0.25)
    assert sys.stderr.getvalue() == ""


def test_one_call_inside_another_is_part_of_it(quick, open_terminal):
    terminal = open_terminal()

    @shown_as("inner")
    def inner() -> bool:
        tell("parts:", 1, 2)
        return wait_for(lambda: "outer: parts: 1 of 2" in terminal.getvalue())

    with shown("outer"):
        assert inner()
    assert "inner" not in terminal.getvalue()


def test_nothing_is_shown_beside_a_training_or_a_result(quick, open_terminal):
    terminal = open_terminal()
    with shown("train"):
        assert wait_for(lambda: "train" in terminal.getvalue())
        with hushed():
            before = terminal.getvalue()
            time.sleep(0.1)
            assert terminal.getvalue() == before
        with TrainingProgress(3):
            (line,) = progress_line._now
            assert line._quiet == 1
        assert line._quiet == 0
    tell("nobody listens")


def test_a_failure_ends_it(quick, open_terminal):
    terminal = open_terminal()
    with pytest.raises(ZeroDivisionError), shown("check"):
        raise ZeroDivisionError
    assert not progress_line._now
    with shown("again"):
        assert wait_for(lambda: "again" in terminal.getvalue())


def test_json_is_not_touched(quick, open_terminal, capsys):
    open_terminal()
    assert run(["check", "lib:ring:qubits=6,depth=2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["holds"]
