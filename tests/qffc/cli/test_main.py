"""The frame around the verbs: exit codes, errors, help."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import qffc.cli.listing as listing
from qffc.cli import app
from qffc.ir.diagnostics import InternalError


def test_version(qffc):
    code, out, _ = qffc("--version")
    assert code == 0
    assert out.startswith("qffc ")


def test_help_names_every_verb_in_order(qffc):
    code, out, _ = qffc()
    assert code == 0
    places = [out.index(f"\n  {name} ") for name, _ in app.VERBS]
    assert places == sorted(places)


@pytest.mark.parametrize("verb", [name for name, _ in app.VERBS])
def test_help_of_each_verb(qffc, verb):
    code, out, err = qffc(verb, "--help")
    assert code == 0
    assert out.startswith(f"Usage: qffc {verb} ")
    assert err == ""


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["chek"], "'check'"),
        (["check"], "program"),
        (["targets", "--nothing"], "--nothing"),
        (["compile", "lib:pair", "--shots", "0"], "--shots"),
        (["run", "trained:water"], "add --geometry, in Angstrom: water, ammonia, or a file"),
        (["compile"], "add program, lib:NAME, FILE.qffc"),
    ],
)
def test_wrong_use(qffc, arguments, word):
    code, out, err = qffc(*arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("error: wrong use of the command")
    assert word in err


def test_the_package_is_the_command():
    done = subprocess.run([sys.executable, "-m", "qffc", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("qffc ")


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["eval", "trained:water", "--data", "water", "--data", "ammonia"], "--data"),
        (["data", "info", "water", "--units", "ase", "--units=rmd17"], "--units"),
        (["energy", "lib:pair", "--geometry", "a.xyz", "--geometry", "b.xyz"], "--geometry"),
    ],
)
def test_data_given_twice_are_refused(qffc, arguments, option):
    code, out, err = qffc(*arguments)
    assert code == 2
    assert out == ""
    assert "option given twice" in err
    assert f"{option} more than once" in err


def test_of_other_options_the_last_one_wins(qffc):
    code, _, err = qffc("compile", "lib:sivqlm-lih:depth=1", "--passes", "nothing", "--passes", "canonicalize")
    assert code == 0, err


def test_file_that_cannot_be_written(qffc, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = qffc("check", "lib:sivqlm-lih:depth=1", "--certificate", tmp_path / "file" / "c.json")
    assert code == 2
    assert "file that cannot be used" in err


def test_the_demonstration_says_first_that_it_needs_an_emulator(qffc, tmp_path, monkeypatch):
    monkeypatch.setattr("qffc.execution.engines._version", lambda package: "")
    monkeypatch.setattr("qffc.cli.demo.TARGET", "H2-1LE-noisy")
    code, _, err = qffc("demo", "--out", tmp_path / "demo")
    assert code == 2
    assert "the extra 'emulator'" in err
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("quick", [False, True])
def test_demo(qffc, tmp_path, monkeypatch, quick):
    seen = []
    monkeypatch.setattr("qffc.cli.demo.run_demo", lambda out, quick: seen.append((out, quick)))
    assert qffc("demo", "--out", tmp_path, *(["--quick"] if quick else []))[0] == 0
    assert seen == [(tmp_path, quick)]


def test_wrong_use_in_json(qffc):
    code, out, _ = qffc("check", "lib:nothing", "--json")
    assert code == 2
    assert json.loads(out)["error"]["title"] == "unknown library program"


@pytest.mark.parametrize("problem", [InternalError("a pass lost its way"), ZeroDivisionError("oh")])
def test_our_mistakes_ask_for_a_report(qffc, monkeypatch, problem):
    def fail(*_: object) -> None:
        raise problem

    monkeypatch.setattr(listing, "emit", fail)
    code, out, err = qffc("list", "--json")
    assert code == 70
    assert "please report this" in err
    assert json.loads(out)["error"]["title"] == "internal error"


@pytest.mark.parametrize(
    ("problem", "found"),
    [
        (MemoryError(), "MemoryError"),
        (MemoryError("Unable to allocate 8.00 GiB"), "Unable to allocate 8.00 GiB"),
        (RuntimeError("RESOURCE_EXHAUSTED: qffc: not enough memory\nfor more"), "RESOURCE_EXHAUSTED: qffc: not enough"),
    ],
    ids=["none", "numpy", "xla"],
)
def test_a_full_memory_is_no_mistake_of_ours(qffc, monkeypatch, problem, found):
    def fail(*_: object) -> None:
        raise problem

    monkeypatch.setattr(listing, "emit", fail)
    code, out, err = qffc("list", "--json")
    assert code == 2
    assert "report" not in err
    error = json.loads(out)["error"]
    assert error["title"] == "not enough memory"
    assert error["found"].startswith(found)


@pytest.mark.parametrize("verb", ["list", "passes", "targets"])
def test_lists(qffc, verb):
    code, out, _ = qffc(verb)
    assert code == 0
    assert len(out.splitlines()) > 3
    code, out, _ = qffc(verb, "--json")
    assert code == 0
    key = {"list": "programs"}.get(verb, verb)
    assert len(json.loads(out)[key]) > 3


def test_check_loads_no_heavy_package():
    code = (
        "import sys; from qffc.cli import run; assert run(['check', 'lib:sivqlm-h2o']) == 0; "
        "print(sorted({'jax', 'pytket', 'ase', 'matplotlib', 'rich.progress'} & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1] == "[]"  # a slow machine says how long it takes, before


def test_main_leaves_with_the_code():
    code = "import sys; sys.argv = ['qffc', 'check', 'nothing']; from qffc.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert any(line.startswith("error: not a program") for line in done.stderr.splitlines())
