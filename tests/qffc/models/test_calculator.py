from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule

from qffc.execution.run import run
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.calculator import Calculator
from qffc.models.force_field import ForceField, untrained
from qffc.models.molecule_circuits import ATOM_ENERGY
from qffc.testing import CalculatorSuite, Tolerances

REFERENCE = np.array([[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.0, -0.76, -0.48]])


@cache
def water_model():
    return untrained(load("sivqlm-h2o", depth=1, radial="bessel"), seed=2)


@cache
def near_model():
    """A model that lists neighbours."""
    return untrained(load("pair", channels=1, depth=1, hidden=(4,), cutoff=2.8), seed=0)


@pytest.fixture(scope="module")
def model():
    return water_model()


@pytest.fixture(scope="module")
def near():
    return near_model()


class TestSuiteOfAMolecule(CalculatorSuite):
    atoms = Atoms("OHH", REFERENCE)

    def calculator(self):
        return Calculator(water_model())


class TestSuiteWithNeighbours(CalculatorSuite):
    atoms = Atoms("OHHH", [*REFERENCE, [0.3, 1.9, 1.2]])

    def calculator(self):
        return Calculator(near_model())


class TestSuiteInSinglePrecision(TestSuiteWithNeighbours):
    tolerances = Tolerances(energy=1e-5, force=1e-4, difference=1e-2, step=1e-2)

    def calculator(self):
        return Calculator(near_model(), precision=32)


@pytest.fixture
def water(model):
    atoms = Atoms("OHH", REFERENCE)
    atoms.calc = Calculator(model)
    return atoms


def test_energy_and_forces_are_those_of_the_model(water, model):
    energies, forces = model.predict(water.numbers, water.positions[None])
    assert water.get_potential_energy() == energies[0]
    assert water.get_potential_energy(force_consistent=True) == energies[0]
    assert np.array_equal(water.get_forces(), forces[0])


def test_order_of_the_atoms_is_free(model, water):
    other = Atoms("HOH", REFERENCE[[1, 0, 2]])
    other.calc = Calculator(model)
    assert other.get_potential_energy() == pytest.approx(water.get_potential_energy(), abs=1e-10)
    assert np.allclose(other.get_forces(), water.get_forces()[[1, 0, 2]], atol=1e-10)


def test_periodic_cells_are_refused(water):
    water.cell, water.pbc = np.eye(3) * 9, True
    with pytest.raises(QffcError, match="periodic"):
        water.get_potential_energy()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda atoms: atoms.set_pbc(True), "periodic"),
        (lambda atoms: atoms.set_initial_charges([0, 0, 1]), "charge"),
        (lambda atoms: atoms.set_initial_magnetic_moments([1, 0, 0]), "spin"),
        (lambda atoms: atoms.set_atomic_numbers([8, 1, 6]), "species|element|C"),
    ],
)
def test_what_changes_after_a_calculation_is_seen(water, change, named):
    before = water.get_potential_energy()
    assert water.calc.check_state(water) == []
    water.positions[0, 2] += 1e-14
    assert water.calc.check_state(water) == ["positions"]
    assert water.get_potential_energy() == pytest.approx(before)
    change(water)
    with pytest.raises(QffcError, match=named):
        water.get_potential_energy()


def test_a_step_sees_what_is_noted_at_the_atoms_and_shares_nothing_with_them(water):
    water.get_potential_energy()
    water.positions[1, 0] += 0.01
    water.get_potential_energy()
    assert water.calc.atoms == water
    moved = water.positions.copy()
    water.positions[1, 0] += 0.01
    assert np.array_equal(water.calc.atoms.positions, moved)
    water.info["charge"] = 1
    with pytest.raises(QffcError, match="charge or spin"):
        water.get_potential_energy()


@pytest.mark.parametrize("name", ["NH3", "CO2", "H2"])
def test_molecules_that_do_not_fit_are_refused(model, name):
    atoms = molecule(name)
    atoms.calc = Calculator(model)
    with pytest.raises(QffcError):
        atoms.get_potential_energy()


def test_calculator_needs_atoms(model):
    with pytest.raises(QffcError, match="without atoms"):
        Calculator(model).calculate()


@pytest.mark.parametrize("kind", ["model", "near"])
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_position_that_is_no_number_is_refused_and_leaves_no_trace(kind, number, request):
    calculator = Calculator(request.getfixturevalue(kind))
    atoms = Atoms("OHH", REFERENCE, calculator=calculator)
    atoms.positions[2, 1] = number
    for _ in range(2):
        with pytest.raises(QffcError, match=f"position that is not finite\n.*{number} for y of atom 2\n"):
            atoms.get_potential_energy()
    atoms.positions[:] = REFERENCE
    fresh = Atoms("OHH", REFERENCE, calculator=Calculator(calculator.model))
    assert atoms.get_potential_energy() == fresh.get_potential_energy()
    assert np.array_equal(atoms.get_forces(), fresh.get_forces())


def test_an_energy_that_is_no_number_is_refused(model, monkeypatch):
    atoms = Atoms("OHH", REFERENCE, calculator=Calculator(model))
    nothing = (np.array([np.nan]), np.zeros((1, 3, 3)))
    monkeypatch.setattr("qffc.models.force_field.ForceField.predict", lambda *_: nothing)
    with pytest.raises(QffcError, match="energy or force that is not finite"):
        atoms.get_potential_energy()


def changed(model):
    return ForceField(model.program, {**model.arrays, ATOM_ENERGY: model.arrays[ATOM_ENERGY] + 1.0})


@pytest.mark.parametrize("kind", ["model", "near"])
@pytest.mark.parametrize("change", [setattr, lambda calculator, name, value: calculator.set(**{name: value})])
def test_another_model_takes_effect_at_once(kind, change, request):
    first = request.getfixturevalue(kind)
    atoms = Atoms("OHH", REFERENCE, calculator=Calculator(first))
    before = atoms.get_potential_energy()
    change(atoms.calc, "model", changed(first))
    assert atoms.get_potential_energy() - before == pytest.approx(3.0, abs=1e-9)


def test_a_model_of_the_other_kind_takes_effect_at_once(model, near):
    atoms = Atoms("OHH", REFERENCE, calculator=Calculator(model))
    atoms.get_potential_energy()
    for other in (near, model):
        atoms.calc.model = other
        assert atoms.calc.neighbours is None
        assert "energy" not in atoms.calc.results
        assert atoms.get_potential_energy() == pytest.approx(other.predict(atoms.numbers, REFERENCE[None])[0][0])
        assert (atoms.calc.neighbours is None) == (other is model)


@pytest.mark.parametrize(("name", "value"), [("skin", 2.0), ("precision", 32)])
def test_another_skin_or_precision_takes_effect_at_once(near, name, value):
    positions = REFERENCE + np.arange(3)[:, None] * np.array([[1.6, 1.2, 0.0]])
    atoms = Atoms("OHH", positions, calculator=Calculator(near))
    before, listed = atoms.get_forces(), atoms.calc.neighbours.neighbours
    setattr(atoms.calc, name, value)
    fresh = Atoms("OHH", positions, calculator=Calculator(near, **{name: value}))
    assert np.array_equal(atoms.get_forces(), fresh.get_forces())
    assert atoms.calc.neighbours == fresh.calc.neighbours
    assert not np.array_equal(atoms.get_forces(), before) or atoms.calc.neighbours.neighbours != listed


@pytest.mark.parametrize(("name", "value", "title"), [("skin", -1.0, "negative skin"), ("precision", 16, "precision")])
def test_a_skin_or_precision_that_is_none_changes_nothing(near, name, value, title):
    calculator = Calculator(near)
    before = getattr(calculator, name)
    with pytest.raises(QffcError, match=title):
        setattr(calculator, name, value)
    assert getattr(calculator, name) == before
    with pytest.raises(QffcError, match=title):
        Calculator(near, **{name: value})


def test_unknown_parameters_are_refused(model):
    with pytest.raises(QffcError, match="unknown parameter of the calculator"):
        Calculator(model).set(cutoff=3.0)


def test_set_says_what_changed(model):
    assert Calculator(model).set(skin=0.3, precision=64) == {"skin": 0.3}


@pytest.mark.parametrize("kind", ["model", "near"])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda atoms: pickle.loads(pickle.dumps(atoms))])
def test_a_used_calculator_can_be_copied(kind, copied, request):
    atoms = Atoms("OHH", REFERENCE, calculator=Calculator(request.getfixturevalue(kind)))
    atoms.get_potential_energy()
    other = copied(atoms)
    assert other.calc is not atoms.calc
    # Within the skin, where the numbers come from a list that was made before, and beyond it.
    for step in (0.1, 0.4):
        for each in (atoms, other):
            each.positions[1] += step
        assert atoms.get_potential_energy() == other.get_potential_energy()
        assert np.array_equal(atoms.get_forces(), other.get_forces())
        assert atoms.calc.neighbours == other.calc.neighbours


POOLS = """
import sys
from multiprocessing import get_context
from ase import Atoms
from qffc.library import load
from qffc.models.calculator import Calculator
from qffc.models.force_field import untrained

def computed(atoms):
    atoms.calc.reset()
    return atoms.get_potential_energy(), atoms.get_forces().tolist()

if __name__ == "__main__":
    model = untrained(load("pair", channels=1, depth=1, hidden=(4,), cutoff=2.8), seed=0)
    if sys.argv[2] == "model":
        model = untrained(load("sivqlm-h2o", depth=1, radial="bessel"), seed=2)
    atoms = Atoms("OHH", [[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.0, -0.76, -0.48]], calculator=Calculator(model))
    here = computed(atoms)
    with get_context(sys.argv[1]).Pool(1) as pool:
        print(pool.apply_async(computed, (atoms,)).get(100) == here)
"""


def in_a_pool(folder, method, kind):
    script = folder / "pools.py"
    script.write_text(POOLS)
    command = [sys.executable, "-W", "ignore", str(script), method, kind]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)


@pytest.mark.slow
def test_a_spawned_process_computes_the_same(tmp_path):
    assert in_a_pool(tmp_path, "spawn", "near").stdout == "True\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks on this system")
@pytest.mark.parametrize("kind", ["model", pytest.param("near", marks=pytest.mark.slow)])
def test_a_forked_process_is_refused_by_name(tmp_path, kind):
    done = in_a_pool(tmp_path, "fork", kind)
    assert "error: model in a forked process" in done.stderr
    assert "get_context('spawn').Pool" in done.stderr


def test_ghost_atoms_are_refused_by_name(model, near):
    for each in (model, near):
        atoms = Atoms("OHHX", np.vstack([REFERENCE, np.ones(3)]), calculator=Calculator(each))
        with pytest.raises(QffcError, match=r"atomic number of no element\n.*0 of atom 3, a ghost atom\n"):
            atoms.get_potential_energy()


def _water(**said) -> Atoms:
    return Atoms("OH2", [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]], **said)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"charges": [0, 0, 1]}, r"initial charges that add up to \+1"),
        ({"magmoms": [1, 0, 0]}, "initial magnetic moments"),
        ({"magmoms": [1, -1, 0]}, "initial magnetic moments"),
        ({"info": {"charge": -1}}, r"info\['charge'\] = -1"),
        ({"info": {"total_charge": 1}}, "total_charge"),
        ({"info": {"spin": 3}}, r"info\['spin'\] = 3"),
        ({"info": {"multiplicity": 2}}, "multiplicity"),
        ({"info": {"charge": "cation"}}, "cation"),
    ],
    ids=str,
)
def test_charges_and_spins_are_refused_never_ignored(said, named):
    model = untrained(load("sivqlm-h2o", depth=1), seed=0)
    atoms = _water(**said)
    atoms.calc = Calculator(model)
    with pytest.raises(QffcError, match=named):
        atoms.get_potential_energy()
    with pytest.raises(QffcError, match=named):
        run(model, atoms, shots=20)


@pytest.mark.parametrize(
    "said",
    [
        {"charges": [-0.8, 0.4, 0.4]},
        {"magmoms": [0, 0, 0]},
        {"info": {"charge": 0, "spin": 1, "multiplicity": 1, "name": "water"}},
        {"info": {"charge": np.int64(0), "spin": 0}},
    ],
    ids=str,
)
def test_what_means_neutral_and_closed_shell_is_taken(said):
    model = untrained(load("sivqlm-h2o", depth=1), seed=0)
    atoms, plain = _water(**said), _water()
    atoms.calc = plain.calc = Calculator(model)
    assert atoms.get_potential_energy() == plain.get_potential_energy()
