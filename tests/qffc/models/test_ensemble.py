"""Means of several models, how far they are apart, and the calculator of them."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from ase import Atoms

import qffc as qf
from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.ensemble import Ensemble, consensus_of
from qffc.models.force_field import untrained
from qffc.models.validity.limits import WIDTHS
from qffc.testing import CalculatorSuite

WATER = load_embedded("water").subset(range(20))
POSITIONS = WATER.positions[:4]


@cache
def members():
    """Models of one program and two seeds, and one of another program."""
    program = load("pair", channels=1, depth=1, hidden=(4,), cutoff=2.8)
    other = load("sivqlm-h2o", depth=1, radial="bessel")
    return untrained(program, 0), untrained(program, 1), untrained(other, 2)


def both():
    return Ensemble(members()[:2])


class TestSuiteOfAnEnsemble(CalculatorSuite):
    atoms = Atoms("OHH", POSITIONS[0])

    def calculator(self):
        return qf.Calculator(both())


def test_a_mean_is_the_mean_and_deviations_are_those_from_it():
    energies, forces = zip(*(model.predict(WATER.numbers, POSITIONS) for model in members()), strict=True)
    said = Ensemble(members()).consensus(WATER.numbers, POSITIONS)
    assert np.allclose(said.energies, sum(energies) / 3, rtol=1e-14)
    assert np.allclose(said.forces, sum(forces) / 3, rtol=0, atol=1e-14)
    squares = sum((energy - sum(energies) / 3) ** 2 for energy in energies)
    assert np.allclose(said.energy_deviations, np.sqrt(squares / 2), rtol=1e-9)
    lengths = sum(np.linalg.norm(force - sum(forces) / 3, axis=2) ** 2 for force in forces)
    assert np.allclose(said.force_deviations, np.sqrt(lengths / 2), rtol=1e-9)
    assert np.array_equal(Ensemble(members()).predict(WATER.numbers, POSITIONS)[1], said.forces)


def test_deviations_do_not_drown_in_large_energies():
    energies = -40_000.0 + np.array([[0.0], [1e-5]])
    assert consensus_of(energies, np.zeros((2, 1, 3, 3))).energy_deviations[0] == pytest.approx(1e-5 / 2**0.5, rel=1e-5)


def test_no_rotation_changes_the_deviations():
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    one, other = (both().consensus(WATER.numbers, here) for here in (POSITIONS, POSITIONS @ turn))
    assert np.allclose(one.force_deviations, other.force_deviations, atol=1e-9)
    assert one.force_deviations.min() > 1e-6


def test_the_calculator_says_what_the_ensemble_says():
    atoms = Atoms("OHH", POSITIONS[0], calculator=qf.Calculator(Ensemble(members())))
    said = Ensemble(members()).consensus(WATER.numbers, POSITIONS[:1])
    assert atoms.get_potential_energy() == pytest.approx(said.energies[0], abs=1e-9)
    assert np.allclose(atoms.get_forces(), said.forces[0], atol=1e-9)
    assert atoms.calc.results["energy_deviation"] == pytest.approx(said.energy_deviations[0], abs=1e-9)
    assert np.allclose(atoms.calc.results["force_deviations"], said.force_deviations[0], atol=1e-9)
    assert atoms.calc.neighbours.neighbours == 6  # of the first model; the last one lists none
    again = pickle.loads(pickle.dumps(atoms))
    for each in (atoms, again):
        each.positions[1] += 0.4
    assert np.array_equal(atoms.get_forces(), again.get_forces())


def test_a_calculator_may_go_from_an_ensemble_to_one_model():
    atoms = Atoms("OHH", POSITIONS[0], calculator=qf.Calculator(both()))
    atoms.get_potential_energy()
    atoms.calc.model = members()[0]
    assert atoms.get_potential_energy() == pytest.approx(members()[0].predict(WATER.numbers, POSITIONS[:1])[0][0])
    assert "energy_deviation" not in atoms.calc.results


def test_the_grade_is_the_largest_that_a_model_gives():
    first = qf.load_model("trained:water")
    other = replace(first, arrays={**first.arrays, WIDTHS: first.arrays[WIDTHS] * np.array([0.5, 2.0])[:, None]})
    ensemble = Ensemble([first, other, members()[0]])
    far = POSITIONS[:1] * 1.4
    grades = [model.extrapolation_grade(WATER.numbers, far) for model in (first, other)]
    assert np.any(grades[0] > grades[1])
    assert np.any(grades[0] < grades[1])
    assert np.array_equal(ensemble.extrapolation_grade(WATER.numbers, far), np.maximum(*grades))
    atoms = Atoms("OHH", far[0], calculator=qf.Calculator(ensemble))
    with pytest.warns(qf.ir.diagnostics.QffcWarning, match="beyond"):
        atoms.get_potential_energy()
    assert atoms.calc.results["extrapolation_grade"] == pytest.approx(float(np.max(grades)))
    with pytest.raises(QffcError, match="model without limits"):
        both().extrapolation_grade(WATER.numbers, far)


@pytest.mark.parametrize(
    ("models", "title"),
    [
        (lambda: "trained:water", "not a list of models"),
        (lambda: members()[0], "not a list of models"),
        (lambda: members()[:1], "too few models"),
        (lambda: [], "too few models"),
        (lambda: [members()[0], 3], "not a model"),
        (lambda: [members()[0], "trained:ammonia"], "models of other elements\n.*O H in model 1, H N in model 2"),
        (lambda: [*members()[:2], members()[0]], "the same model twice\n.*model 3, which is model 1 again"),
        (lambda: [members()[1], replace(members()[1])], "the same model twice"),
    ],
)
def test_what_is_no_ensemble_is_refused(models, title):
    with pytest.raises(QffcError, match=title):
        Ensemble(models())
