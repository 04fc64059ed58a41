"""What a prompt shows of the things that qffc gives: a line, not all that they hold."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

import qffc as qf
from qffc.auditing.audit import Audit
from qffc.auditing.calculator_subject import Row
from qffc.data import load_embedded
from qffc.data.split import Split
from qffc.execution.energy_circuits import prepare
from qffc.models.checks.energy_function_tests import PropertyTest
from qffc.models.checks.model_check import ModelCheck
from qffc.models.errors import Errors
from qffc.models.force_field import untrained
from qffc.reports.evaluation import Evaluation

WATER = load_embedded("water")
COMPILED = qf.compile("lib:sivqlm-h2o:depth=1", "H2-1LE")
MODEL = untrained(COMPILED.program, seed=0)
DIGEST = COMPILED.program.digest[:12]
FRAMES = WATER.subset(range(5))

SHOWN = {
    "program": (
        COMPILED.program,
        f"<Program 'sivqlm-h2o', scope molecule, species O H, 4 qubits, 14 operations, digest {DIGEST}>",
    ),
    "model": (MODEL, f"<ForceField 'sivqlm-h2o', species O H, 12 trained numbers, digest {DIGEST}>"),
    "dataset": (WATER, "Dataset('water', OH2, 1000 frames)"),
    "compiled": (COMPILED, f"<Compiled 'sivqlm-h2o', for H2-1LE, level 2, proven, digest {DIGEST}>"),
    "certificate": (
        COMPILED.certificate,
        f"<Certificate of 'sivqlm-h2o', digest {DIGEST}, rotation, inversion, translation, exchange H1 H2 proven>",
    ),
    "evaluation": (
        Evaluation(FRAMES, FRAMES.energies, FRAMES.forces, Errors(1.0, 1.5, 20.0, 30.0, 5)),
        "<Evaluation on 5 frames of water, energy MAE 1.00 meV, force MAE 20.00 meV/Å>",
    ),
    "check": (ModelCheck("pair", "0" * 64, "random ones", 1, 0, ()), "<ModelCheck of 'pair', at 1 geometry, holds>"),
    "calculator": (qf.Calculator(MODEL), f"<Calculator {MODEL!r}, 64 bits>"),
    "ensemble": (qf.Ensemble([MODEL, untrained(COMPILED.program, 1)]), "<Ensemble 2 models, species O H>"),
    "lowered": (MODEL.lowered, None),
    "molecule": (MODEL.molecule(["O", "H", "H"]), "<MoleculeEnergy of 'sivqlm-h2o', 3 atoms, 1 circuit>"),
    "slots": (COMPILED.split, None),
    "native kernel": (COMPILED.kernel, "<PytketKernel of 'sivqlm-h2o', for H2-1LE>"),
    "settings": (COMPILED.measurements, "<MeasurementPlan 3 settings, 4 observables>"),
    "job": (prepare(MODEL, np.array([8, 1, 1]), WATER.positions[:2]), None),
    "split": (WATER.split(train=500, validation=100), "<Split 500 train, 100 validation, 400 test, seed 0>"),
    "short split": (Split((0,), (), (2,)), "Split(train=(0,), validation=(), test=(2,), seed=None)"),
}

SHOWN_AS_PAGES = ("program", "model", "dataset", "compiled", "certificate", "evaluation", "ensemble")


@pytest.mark.parametrize("name", SHOWN)
def test_a_line_says_what_it_is(name):
    thing, line = SHOWN[name]
    assert line is None or repr(thing) == line
    assert len(repr(thing)) < 200
    assert "\n" not in repr(thing)


class Tags(HTMLParser):
    """Counts what is opened and not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, _: object) -> None:
        self.open.append(tag)

    def handle_startendtag(self, tag: str, _: object) -> None:
        return

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_notebooks_get_html_that_is_whole():
    for name in SHOWN_AS_PAGES:
        drawn = Tags(SHOWN[name][0]._repr_html_())
        assert drawn.open == [], name
        assert "0x" not in drawn.text, name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("program", "14 operations on 4 qubits"),
        ("model", "trained numbers12"),
        ("dataset", "1,000 frames"),
        ("compiled", "H2-1LE, level 2"),
        ("certificate", "turning the molecule in space"),
        ("evaluation", "5 frames, MAE 1 meV, 20 meV/Å"),
        ("ensemble", "2 models"),
    ],
)
def test_html_says_what_it_is(name, words):
    assert words in Tags(SHOWN[name][0]._repr_html_()).text


def test_an_audit_is_shown_as_its_page():
    rows = (Row("forces", PropertyTest("forces are slopes", "eV/Å", 1e-9, 1e-6), ()),)
    text = Tags(Audit("EMT", "N2", "64 bits", 0, rows)._repr_html_()).text
    assert "every property that applies holds" in text
    assert "forces are slopes" in text


def test_what_draws_loads_no_jax():
    code = "import sys, qffc as qf; print(len(qf.load('pair')._repr_html_()) > 1000, 'jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
