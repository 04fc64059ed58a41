"""Manners of the command: quick help with an example for each verb, completion, and what Ctrl-C leaves."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup

from qffc.cli.about import EXAMPLES, SUMMARIES
from qffc.cli.app import VERBS, load_verb

HEAVY = {"ase", "jax", "lark", "matplotlib", "networkx", "numpy", "pydantic", "pytket", "rich", "scipy", "sympy"}
RUNNABLE = ("check", "data info", "draw", "list", "passes", "targets", "config template")
"""Examples that need no files, and no more than a second."""


def leaves(verb: str) -> dict[str, TyperCommand]:
    """The commands of a verb by their whole names."""
    command = load_verb(verb)
    return (
        {f"{verb} {name}": each for name, each in command.commands.items()}
        if isinstance(command, TyperGroup)
        else {verb: command}
    )


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; from qffc.cli import run; run(sys.argv[1:]); print(*sys.modules)"
    for arguments in ([], ["--help"], ["--version"]):
        done = subprocess.run([sys.executable, "-c", f"{code}", *arguments], capture_output=True, text=True, check=True)
        assert not HEAVY & set(done.stdout.splitlines()[-1].split())


def test_every_verb_has_a_line() -> None:
    assert list(SUMMARIES) == [name for name, _ in VERBS]
    assert all(line == line.strip() and not line.endswith(".") for line in SUMMARIES.values())


def test_every_command_has_an_example() -> None:
    commands = {name: each for verb, _ in VERBS for name, each in leaves(verb).items()}
    assert set(EXAMPLES) == set(commands)
    for name, example in EXAMPLES.items():
        words = shlex.split(example, comments=True)
        arguments = words[: words.index(">")] if ">" in words else words
        given = arguments[1 + len(name.split()) :]
        assert arguments[: 1 + len(name.split())] == ["qffc", *name.split()]
        commands[name].make_context(name, given)  # every option is one, and none that must be is missing


@pytest.mark.parametrize("verb", ["check", "data info"])
def test_help_ends_with_the_example(qffc, verb) -> None:
    assert qffc(*verb.split(), "--help")[1].rstrip().endswith(f"Example: {EXAMPLES[verb]}")


@pytest.mark.parametrize("name", RUNNABLE)
def test_example_runs(qffc, name) -> None:
    words = shlex.split(EXAMPLES[name])
    code, out, err = qffc(*(words[1 : words.index(">")] if ">" in words else words[1:]))
    assert (code, err) == (0, "")
    assert out


def completed(line: str, folder: Path) -> list[str]:
    """What bash offers for a line: its own completion, with the script that qffc shows."""
    command = folder / "qffc"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m qffc "$@"\n')
    command.chmod(0o755)
    words = line.split(" ")
    script = f"""
eval "$(qffc --show-completion bash)"
COMP_WORDS=({" ".join(map(shlex.quote, words))}); COMP_CWORD={len(words) - 1}
$(complete -p qffc | sed 's/.*-F \\([^ ]*\\).*/\\1/') qffc
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_bash_completes_verbs_and_options(tmp_path) -> None:
    assert completed("qffc c", tmp_path) == [name for name, _ in VERBS if name.startswith("c")]
    assert completed("qffc check lib:pair --cou", tmp_path) == ["--counterexample"]
    assert completed("qffc data ", tmp_path) == ["info", "convert", "split", "fetch", "sample"]
    assert completed("qffc check wat", tmp_path) == []  # then bash completes files


@pytest.mark.parametrize(("shell", "found"), [("zsh", '"compile":"runs passes'), ("fish", "compile\truns passes")])
def test_other_shells_are_told_the_verbs(shell, found) -> None:
    command = [sys.executable, "-m", "qffc"]
    by_name = os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    shown = subprocess.run(
        [*command, "--show-completion", shell], env=by_name, capture_output=True, text=True, check=True
    )
    assert f"_QFFC_COMPLETE=complete_{shell}" in shown.stdout
    asked = {"_QFFC_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": "qffc comp"}
    asked["_TYPER_COMPLETE_FISH_ACTION"] = "get-args"
    told = subprocess.run(command, env=os.environ | asked, capture_output=True, text=True, check=True)
    assert found in told.stdout


def press_ctrl_c(*_: object, **__: object) -> None:
    """A real signal to this process, as a terminal sends it."""
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def listening():
    """Workers of a parallel run may ignore the signal; a command does not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    ("given", "said"),
    [((), "with --store FOLDER, the same command goes on"), (("--store", "shots"), "goes on with the shots in shots")],
)
def test_a_stopped_run_of_circuits_says_what_is_kept(qffc, listening, monkeypatch, given, said) -> None:
    monkeypatch.setattr("qffc.cli.geometry.read_geometry", press_ctrl_c)
    code, out, err = qffc("run", "trained:water", "--geometry", "water", *given)
    assert (code, out) == (130, "")
    assert err.startswith("stopped: ")
    assert said in err


def test_a_stopped_check_says_so(qffc, listening, monkeypatch) -> None:
    monkeypatch.setattr("qffc.references.programs.resolve_program", press_ctrl_c)
    assert qffc("check", "lib:pair") == (130, "", "stopped\n")
