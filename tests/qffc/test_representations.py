"""What a prompt shows of the things that qffc gives: a line, not all that they hold."""

from __future__ import annotations

import numpy as np
import pytest

import qffc as qf
from qffc.data import load_embedded
from qffc.data.split import Split
from qffc.execution.energy_circuits import prepare
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


@pytest.mark.parametrize("name", SHOWN)
def test_a_line_says_what_it_is(name):
    thing, line = SHOWN[name]
    assert line is None or repr(thing) == line
    assert len(repr(thing)) < 200
    assert "\n" not in repr(thing)
