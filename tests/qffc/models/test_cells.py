"""Atoms in cells: energies, forces and stress against what cells mean, and against neighbours listed by ASE."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from ase.calculators.calculator import PropertyNotImplementedError
from ase.filters import FrechetCellFilter
from ase.md.nose_hoover_chain import IsotropicMTKNPT
from ase.neighborlist import neighbor_list
from ase.optimize import BFGS
from ase.units import fs
from drawn_limits import with_limits

from qffc.data.images import images_within
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.calculator import Calculator
from qffc.models.ensemble import Ensemble
from qffc.models.force_field import ForceField, untrained
from qffc.models.moving_atoms import MovingAtoms
from qffc.models.whole_rounds import WholeRounds

SMALL = {"channels": 2, "depth": 1, "hidden": (5, 4), "basis_size": 3, "cutoff": 2.6}
ROUNDS = {"rounds": 2, "vectors": 3}
PROGRAMS = {
    "rounds": ("gathered", SMALL | ROUNDS),
    "one round": ("gathered", SMALL | {"rounds": 1, "vectors": 0}),
    "pairs": ("pair", SMALL | {"messages": 1}),
    "mirrored": ("gathered", SMALL | ROUNDS),
}


@cache
def model_of(name, limits=False):
    """A model in which nothing is small."""
    library, options = PROGRAMS[name]
    program = load(library, **options)
    generator = np.random.default_rng(1)
    fresh = untrained(program, seed=2).arrays
    if name == "mirrored":
        program = replace(program, average=("inversion",))
        fresh = untrained(program, seed=2).arrays
    model = ForceField(program, {key: value + 0.1 * generator.random(value.shape) for key, value in fresh.items()})
    return with_limits(model) if limits else model


def crystal(size, atoms, periodic=(True, True, True), seed=0):
    """Drawn atoms in a skewed cell, some of them outside."""
    generator = np.random.default_rng(seed)
    cell = size * (np.eye(3) + 0.15 * generator.normal(size=(3, 3)))
    places = generator.uniform(-1.0, 2.0, size=(atoms, 3)) @ cell
    return Atoms([8, 1, 1, 8][:atoms], places, cell=cell, pbc=periodic)


def moving_of(atoms, model):
    return MovingAtoms(model, atoms.numbers, periodic=atoms.pbc)


def energy_of(atoms, moving):
    return moving.predict(atoms.positions, atoms.cell.array)[0]


def strained(atoms, row, column, by):
    strain = np.eye(3)
    strain[row, column] += 0.5 * by
    strain[column, row] += 0.5 * by
    other = atoms.copy()
    other.set_cell(atoms.cell.array @ strain, scale_atoms=False)
    other.positions = atoms.positions @ strain
    return other


def slope(energy, step=2e-4):
    """The derivative at 0 of a function, to the fourth order."""
    before, low, high, after = (energy(k * step) for k in (-2, -1, 1, 2))
    return (before - 8 * low + 8 * high - after) / (12 * step)


CASES = [
    ("rounds", False, crystal(3.4, 3)),
    ("rounds", True, crystal(2.2, 2, seed=1)),
    ("rounds", False, crystal(2.9, 4, (True, False, True), seed=2)),
    ("one round", False, crystal(2.3, 1)),
    ("pairs", False, crystal(2.4, 2, (False, True, True), seed=3)),
    pytest.param("mirrored", False, crystal(3.1, 3, seed=7), marks=pytest.mark.slow),
    pytest.param("pairs", True, crystal(2.8, 2, seed=4), marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("name", "limits", "atoms"), CASES)
def test_forces_and_stress_are_derivatives_and_images_are_alike(name, limits, atoms):
    model = model_of(name, limits)
    atoms, moving = atoms.copy(), moving_of(atoms, model)
    atoms.calc = Calculator(model)
    energy, forces, stress = atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress()
    scale = max(1.0, np.abs(forces).max(), np.abs(stress).max() * atoms.cell.volume)
    assert atoms.get_potential_energies().sum() == pytest.approx(energy, rel=1e-12)
    direction = np.random.default_rng(5).normal(size=forces.shape)

    def moved(by):
        other = atoms.copy()
        other.positions += by * direction
        return energy_of(other, moving)

    assert slope(moved) == pytest.approx(-np.sum(forces * direction), abs=1e-6 * scale)
    for place, (row, column) in enumerate([(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]):
        found = slope(lambda by, r=row, c=column: energy_of(strained(atoms, r, c, by), moving))
        assert stress[place] * atoms.cell.volume == pytest.approx(found, abs=1e-6 * scale)
    # More cells, an atom in another cell, all atoms in the cell, and all of it turned.
    repeated = atoms.repeat([2 if each else 1 for each in atoms.pbc])
    repeated.calc = Calculator(model)
    times = len(repeated) // len(atoms)
    assert repeated.get_potential_energy() == pytest.approx(times * energy, rel=1e-10)
    np.testing.assert_allclose(repeated.get_forces()[: len(atoms)], forces, atol=1e-9 * scale)
    np.testing.assert_allclose(repeated.get_stress(), stress, atol=1e-9 * scale)
    elsewhere, wrapped, turned = atoms.copy(), atoms.copy(), atoms.copy()
    elsewhere.positions[0] += 3 * atoms.cell.array[np.argmax(atoms.pbc)]
    wrapped.wrap()
    turned.rotate(40, (1, 2, -3), rotate_cell=True)
    for other in (elsewhere, wrapped, turned):
        assert energy_of(other, moving) == pytest.approx(energy, rel=1e-10)


def test_rounds_in_a_cell_are_those_of_jax(monkeypatch):
    model, atoms = model_of("rounds", limits=True), crystal(2.3, 3, seed=6)
    native = MovingAtoms(model, atoms.numbers, periodic=atoms.pbc)
    energy, forces = native.predict(atoms.positions, atoms.cell.array)
    assert isinstance(model.whole, WholeRounds)
    plain = ForceField(model.program, model.arrays)
    monkeypatch.setitem(plain.__dict__, "_whole", None)
    by_jax = MovingAtoms(plain, atoms.numbers, periodic=atoms.pbc)
    expected, pull = by_jax.predict(atoms.positions, atoms.cell.array)
    assert energy == pytest.approx(expected, rel=1e-11)
    for one, other in ((forces, pull), (native.virial, by_jax.virial), (native.energies, by_jax.energies)):
        np.testing.assert_allclose(one, other, atol=1e-10 * max(1.0, np.abs(other).max()))
    np.testing.assert_allclose(native.grades, by_jax.grades, rtol=1e-10)


@pytest.mark.parametrize("atoms", [crystal(2.0, 1), crystal(3.1, 4, (True, False, True)), crystal(4.0, 4)])
def test_neighbours_are_those_that_ase_lists(atoms):
    found = images_within(atoms.positions, atoms.cell.array, atoms.pbc, 3.3)
    steps = found.shifts[found.others] - found.shifts[found.centres]
    edges = np.column_stack([found.centres, found.owners[found.others], steps]).astype(int)
    expected = np.column_stack(neighbor_list("ijS", atoms, 3.3))
    assert sorted(edges.tolist()) == sorted(expected.tolist())
    places = found.places(atoms.positions, atoms.cell.array)
    assert np.linalg.norm(places[found.others] - places[found.centres], axis=1).max() < 3.3


def test_a_molecule_in_a_large_cell_is_the_molecule():
    water, model = molecule("H2O"), model_of("rounds", limits=True)
    alone, boxed = water.copy(), water.copy()
    boxed.set_cell([12.0, 13.0, 14.0])
    boxed.pbc = True
    alone.calc, boxed.calc = Calculator(model), Calculator(model)
    assert boxed.get_potential_energy() == pytest.approx(alone.get_potential_energy(), abs=1e-9)
    np.testing.assert_allclose(boxed.get_forces(), alone.get_forces(), atol=1e-9)
    np.testing.assert_allclose(boxed.get_potential_energies(), alone.get_potential_energies(), atol=1e-9)
    assert boxed.calc.results["extrapolation_grade"] == pytest.approx(alone.calc.results["extrapolation_grade"])


def test_a_list_holds_until_atoms_or_the_cell_have_moved_far_enough():
    model, atoms = model_of("rounds"), crystal(3.4, 3)
    moving = MovingAtoms(model, atoms.numbers, skin=0.6, periodic=atoms.pbc)
    generator, builds = np.random.default_rng(8), []
    for step in range(12):
        energy, _ = moving.predict(atoms.positions, atoms.cell.array)
        assert energy == pytest.approx(energy_of(atoms, moving_of(atoms, model)), rel=1e-11)
        builds.append(moving.counts.builds)
        atoms.positions += generator.normal(scale=0.05, size=atoms.positions.shape)
        atoms.set_cell(atoms.cell.array * (1.0 - 0.02 * (step % 3 == 2)), scale_atoms=True)
        if step == 5:
            atoms.wrap()
    assert 1 < builds[-1] < len(builds)


def test_cells_change_in_relaxations_and_dynamics():
    atoms = crystal(3.4, 3)
    atoms.calc = Calculator(model_of("rounds"))
    before = atoms.get_potential_energy()
    BFGS(FrechetCellFilter(atoms), logfile=None).run(steps=4)
    assert atoms.get_potential_energy() < before
    volume = atoms.cell.volume
    IsotropicMTKNPT(atoms, timestep=0.5 * fs, temperature_K=50, pressure_au=0.0, tdamp=50 * fs, pdamp=500 * fs).run(4)
    assert atoms.cell.volume != volume
    assert np.isfinite(atoms.get_stress()).all()


def test_an_ensemble_has_the_mean_stress_and_the_mean_energies():
    one = model_of("rounds")
    other = ForceField(one.program, {key: 1.05 * value for key, value in one.arrays.items()})
    atoms, each = crystal(3.4, 3), []
    for model in (one, other):
        atoms.calc = Calculator(model)
        each.append((atoms.get_stress(), atoms.get_potential_energies()))
    atoms.calc = Calculator(Ensemble([one, other]))
    np.testing.assert_allclose(atoms.get_stress(), (each[0][0] + each[1][0]) / 2, atol=1e-12)
    np.testing.assert_allclose(atoms.get_potential_energies(), (each[0][1] + each[1][1]) / 2, atol=1e-12)


def test_single_precision_in_a_cell():
    atoms = crystal(3.4, 3)
    expected = MovingAtoms(model_of("rounds"), atoms.numbers, periodic=atoms.pbc)
    found = MovingAtoms(model_of("rounds"), atoms.numbers, periodic=atoms.pbc, precision=32)
    for moving in (expected, found):
        moving.predict(atoms.positions, atoms.cell.array)
    np.testing.assert_allclose(found.virial, expected.virial, atol=1e-3 * np.abs(expected.virial).max())


def test_what_a_model_has_not_is_said_with_the_reason():
    water = molecule("H2O")
    water.calc = Calculator(untrained(load("sivqlm-h2o", depth=1), 0))
    with pytest.raises(PropertyNotImplementedError, match="no sum of energies of atoms"):
        water.get_potential_energies()
    with pytest.raises(PropertyNotImplementedError, match="no sum of energies of atoms"):
        water.get_stress()
    water.calc = Calculator(model_of("rounds"))
    assert set(water.calc.implemented_properties) == {
        "energy",
        "free_energy",
        "forces",
        "energies",
        "stress",
        "hessian",
    }
    with pytest.raises(PropertyNotImplementedError, match="periodic boundaries"):
        water.get_stress()


def test_energies_of_atoms_where_every_atom_counts():
    model = untrained(load("revised", species=("O", "H"), slots=2, channels=1, depth=1), 0)
    water = molecule("H2O")
    water.calc = Calculator(model)
    assert water.get_potential_energies().sum() == pytest.approx(water.get_potential_energy(), rel=1e-12)
    assert water.get_potential_energies()[1] == pytest.approx(water.get_potential_energies()[2], rel=1e-9)


@pytest.mark.parametrize("cell", [np.zeros((3, 3)), np.ones((3, 3)), np.full((3, 3), np.nan)])
def test_a_cell_that_is_none_is_refused(cell):
    atoms = crystal(3.4, 3)
    with pytest.raises(QffcError, match="cell that is none"):
        MovingAtoms(model_of("rounds"), atoms.numbers, periodic=True).predict(atoms.positions, cell)
