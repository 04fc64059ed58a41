"""Scope pair with species named at its sites: which circuits there are, and that everything agrees on them."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, permutations, product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ase import Atoms
from pair_programs import NAMED_NEIGHBOURS, exchanges, pair_text

import qffc.models.force_field
from qffc.data import Dataset, load_embedded
from qffc.execution.energy import estimate_energies, quote_energies
from qffc.execution.forces import prepare_forces
from qffc.ir.elements import SYMBOLS
from qffc.ir.evaluate import Instance
from qffc.ir.reference import response
from qffc.ir.text.parser import parse_program
from qffc.library import load
from qffc.models.calculator import Calculator
from qffc.models.checks.check_geometries import choose_geometries
from qffc.models.checks.model_check import check_model
from qffc.models.circuits.instances import instances_of, pairs_of_neighbours, species_of
from qffc.models.circuits.neighbours import neighbours_within
from qffc.models.errors import errors_of_sets
from qffc.models.force_field import untrained
from qffc.models.frames.frame_circuits import CircuitLists
from qffc.models.head import atomic_energies
from qffc.models.initialization.fresh_parameters import constants_from_data, initial_parameters
from qffc.models.molecule_circuits import FEATURE_SCALE, FEATURE_SHIFT
from qffc.models.moving_atoms import MovingAtoms
from qffc.models.validity_fit import without_limits
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.numbers.random_point import random_point
from qffc.passes.equivariance.verdict import Transform
from qffc.passes.lower_jax.program import lower_jax
from qffc.targets.catalogue import target
from qffc.training import trainer
from qffc.training.config import TrainingConfig
from qffc.training.joined_batches import joined_batches

WATER, AMMONIA = load_embedded("water"), load_embedded("ammonia")
SPECIES = ("O", "H", "C")
SMALL = {"species": SPECIES, "channels": 1, "depth": 1, "hidden": (4,), "basis_size": 3, "cutoff": 2.6}
PAIR = load("pair", **SMALL)
MOLECULES = {
    "water": [1, 8, 1],
    "ethanol": [6, 1, 8, 1, 6, 1, 1, 1, 1],
    "hydrogens": [1, 1, 1, 1],
    "nothing": [6, 6, 8],
}

# All sites of one element, so that Z(a) and Z(c) are one index.
ONE_SPECIES = pair_text(
    "rotate a1, K[Z(a)]*r(c, a)",
    "rotate b1, K[Z(c)]*r(c, b)",
    *exchanges("a1, b1", "a2, b2"),
    sites=("H", "H", "H"),
    parameters=("K: species",),
)


def named(centre, first, second, program=PAIR, order="cab"):
    """The pair program with species at its sites."""
    kinds = dict(zip("cab", (centre, first, second), strict=True))
    sites = {site.name: replace(site, species=kinds[site.name]) for site in program.sites}
    return replace(program, sites=tuple(sites[name] for name in order))


def brute_force(program, numbers, near=lambda centre, other: True):
    """Centre, first and second neighbour of all circuits, by trying both ways of every pair."""
    symbols = [SYMBOLS[number - 1] for number in numbers]
    rank = [(program.species.index(symbol), atom) for atom, symbol in enumerate(symbols)]
    wanted = {site.role: site.species for site in program.sites if site.role == "centre"}["centre"]
    places = [site.species for site in program.sites if site.role == "neighbour"]
    found = set()
    for centre, symbol in enumerate(symbols):
        around = [other for other in range(len(symbols)) if other != centre and near(centre, other)]
        for pair in combinations(around, 2) if wanted in (None, symbol) else ():
            ways = [
                way
                for way in permutations(pair)
                if all(place in (None, symbols[atom]) for place, atom in zip(places, way, strict=True))
            ]
            if ways:
                found.add((centre, *min(ways, key=lambda way: [rank[atom] for atom in way])))
    return found


def listed(program, instances):
    """The circuits that count, in the order centre, first, second neighbour."""
    roles = [index for role in ("centre", "neighbour") for index, site in enumerate(program.sites) if site.role == role]
    rows = instances.atoms if instances.present is None else instances.atoms[instances.present > 0]
    assert len(rows) == instances.counted
    assert len(instances) >= 1
    np.testing.assert_array_equal(instances.species, instances.atom_species[instances.atoms])
    found = [tuple(row[roles].tolist()) for row in rows]
    assert len(set(found)) == len(found)
    return set(found)


@pytest.mark.parametrize("kinds", list(product((None, "O", "H"), repeat=3)), ids=str)
@pytest.mark.parametrize("order", ["cab", "bca"])
def test_circuits_are_those_of_brute_force(kinds, order):
    program = named(*kinds, order=order)
    for numbers in map(np.array, MOLECULES.values()):
        assert listed(program, instances_of(program, numbers)) == brute_force(program, numbers)


def test_the_circuits_of_ethanol_that_the_format_page_counts():
    instances = instances_of(named("O", "H", None), np.array(MOLECULES["ethanol"]))
    kinds = [tuple(SPECIES[kind] for kind in row) for row in instances.species]
    assert {kind: kinds.count(kind) for kind in kinds} == {("O", "H", "H"): 15, ("O", "H", "C"): 12}


@pytest.mark.parametrize("kinds", list(product((None, "O", "H"), repeat=3)), ids=str)
def test_lists_of_near_neighbours_hold_the_same(kinds):
    program = named(*kinds)
    numbers = np.array(MOLECULES["ethanol"])
    positions = np.random.default_rng(3).normal(scale=1.6, size=(len(numbers), 3))

    def near(centre, other):
        return np.linalg.norm(positions[centre] - positions[other]) < 2.6

    expected = brute_force(program, numbers, near)
    found = CircuitLists(lower_jax(program)).of(numbers, positions).instances
    assert listed(program, found) == expected
    edges = neighbours_within(positions, 2.6)
    assert listed(program, pairs_of_neighbours(program, species_of(program, numbers), *edges)) == expected


@pytest.mark.parametrize("kinds", list(product((None, "O", "H"), repeat=3)), ids=str)
def test_the_search_for_counterexamples_draws_what_circuits_can_hold(kinds):
    program = named(*kinds)
    random = np.random.default_rng(0)
    swap = Transform("exchange", sites=(("a", "b"), ("b", "a")))
    for transform in (Transform("nothing"), *([swap] if None in kinds[1:] or kinds[1] == kinds[2] else [])):
        for _ in range(20):
            drawn = random_point(program, transform, random).species
            # A molecule of these three atoms, numbered in the order in which they took the sites.
            numbers = np.array([SYMBOLS.index(symbol) + 1 for symbol in drawn])
            assert (0, 1, 2) in listed(program, instances_of(program, numbers))
            assert transform is not swap or drawn[1] == drawn[2]


@pytest.mark.parametrize("text", [NAMED_NEIGHBOURS, ONE_SPECIES], ids=["two species", "one species"])
def test_what_is_proven_holds_when_like_atoms_are_numbered_anew(text):
    program = parse_program(text)
    assert check_equivariance(program).holds
    model = untrained(program, seed=1)
    weights = {**model.arrays, "head.weight0": np.ones_like(model.arrays["head.weight0"])}
    model = replace(model, arrays=weights)
    # Water, and water with two more hydrogens, which one species alone has circuits for.
    for numbers, positions in (
        (WATER.numbers, WATER.positions[0]),
        (np.array([8, 1, 1, 1, 1]), np.concatenate([WATER.positions[0], [[0.3, 1.4, 1.1], [-0.8, 1.9, 0.2]]])),
    ):
        energy, forces = model.predict(numbers, positions[None])
        for order in permutations(range(1, len(numbers))):
            moved = [0, *order]
            other, other_forces = model.predict(numbers, positions[None, moved])
            assert abs(other[0] - energy[0]) < 1e-12
            np.testing.assert_allclose(other_forces, forces[:, moved], atol=1e-11)
    assert np.ptp([model.predict(numbers, (s * positions)[None])[0] for s in (1.0, 1.1)]) > 1e-3


@pytest.mark.parametrize("kinds", [("O", "O", "O"), (None, "H", "O"), ("O", "H", None), ("C", None, "H")], ids=str)
def test_the_properties_are_tested_where_there_are_circuits(kinds):
    model = untrained(named(*kinds), seed=0)
    chosen = choose_geometries(model, None, None, np.random.default_rng(0))
    assert instances_of(model.program, chosen.numbers).counted


@pytest.mark.slow
def test_a_named_site_beside_any_has_all_properties():
    report = check_model(untrained(named("O", "H", None), seed=0), numbers=np.array([8, 1, 1, 6]))
    assert report.holds, report.render()


def features_of(model, numbers, positions):
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    molecule = model.molecule(numbers)
    features = jax.jit(lambda r: molecule.features(arrays, molecule.moments(molecule.slots(arrays, r)), r))
    return np.asarray(features(jnp.asarray(positions)))


@pytest.mark.parametrize("kinds", [(None, "H", "O"), ("O", None, "H"), ("H", "H", "H"), (None, "C", None)], ids=str)
def test_features_are_sums_over_the_circuits_of_brute_force(kinds):
    program = named(*kinds)
    numbers, arrays = np.array(MOLECULES["ethanol"]), initial_parameters(program, 2)
    positions = np.random.default_rng(6).normal(scale=1.2, size=(len(numbers), 3))
    species = species_of(program, numbers)
    expected = np.zeros((len(numbers), len(program.readout.features)))
    for circuit in brute_force(program, numbers):
        atoms = list(circuit)
        expected[atoms[0]] += response(program, Instance(positions[atoms], species[atoms], arrays))
    assert np.any(expected)
    found = features_of(untrained(program, seed=2), numbers, positions[None])[0]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_features_by_species_are_those_that_occur():
    apart, together = (load("pair", by_species=b, **{**SMALL, "cutoff": 9.0}) for b in (True, False))
    groups = {(None, None): 6, (None, "C"): 3, ("H", "O"): 1}
    numbers = np.array([6, 1, 8, 1, 6, 8])
    positions = np.random.default_rng(1).normal(size=(2, len(numbers), 3))
    for kinds, count in groups.items():
        assert len(named(None, *kinds, program=apart).feature_groups) == count
    sums = []
    for program in (named(None, None, "C", program=apart), named(None, None, "C", program=together)):
        features = features_of(untrained(program, seed=3), numbers, positions)
        sums.append(features.reshape(2, len(numbers), len(program.feature_groups), -1))
    assert np.all(np.any(sums[0] != 0, axis=(0, 1, 3)))
    np.testing.assert_allclose(sums[0].sum(axis=2), sums[1][:, :, 0], atol=1e-13)


PROGRAMS = {
    "three-body": named("O", "H", "H"),
    "messages, by species": named(None, "H", None, load("pair", messages=1, by_species=True, **SMALL)),
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_moving_atoms_and_calculator_give_what_all_circuits_give(program, monkeypatch):
    model = untrained(program, seed=5)
    numbers = np.array([8, 1, 1, 6, 1, 8])
    random = np.random.default_rng(4)
    positions = 1.1 * np.stack(np.meshgrid(*[[0.0, 1.0]] * 3), axis=-1).reshape(-1, 3)[:6]
    moving, atoms = MovingAtoms(model, numbers, skin=0.4), Atoms(numbers)
    atoms.calc = Calculator(model, skin=0.4)
    whole = replace(model)
    # From one to the other lists come and go; in the last but one no three atoms are near.
    for scale in (1.0, 1.02, 1.6, 9.0, 1.0):
        here = scale * positions + random.normal(scale=0.05, size=positions.shape)
        with monkeypatch.context() as changed:
            changed.setattr(qffc.models.force_field, "lists_pay", lambda *_: False)
            energy, forces = whole.predict(numbers, here[None])
        listed_energy, listed_forces = moving.predict(here)
        atoms.positions = here
        for e, f in ((listed_energy, listed_forces), (atoms.get_potential_energy(), atoms.get_forces())):
            np.testing.assert_allclose(e, energy[0], rtol=1e-11)
            np.testing.assert_allclose(f, forces[0], atol=1e-11)
        assert (moving.counts.filled == 1.0) == (scale == 9.0)
        assert np.abs(forces).max() < 1e-12 or scale < 9.0


def head_alone(model, numbers):
    """The energy of a molecule whose atoms all have features zero."""
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    species = species_of(model.program, numbers)
    features = (0.0 - arrays[FEATURE_SHIFT][species]) / arrays[FEATURE_SCALE][species]
    reference = without_limits(arrays)["constant.atom_energy"][species].sum()
    raw = jax.jit(lambda a, f: atomic_energies(model.program.readout, a, f, species).sum())(arrays, features[None])
    return float(reference + arrays["constant.energy_scale"] * raw)


def with_constants(model):
    """The model with constants and biases that are not neutral."""
    random = np.random.default_rng(8)
    changed = {
        name: random.uniform(0.5, 1.5, size=np.shape(value))
        for name, value in model.arrays.items()
        if name.startswith(("constant.", "head.bias"))
    }
    return replace(model, arrays={**model.arrays, **changed})


def test_a_molecule_without_circuits_has_the_energy_of_the_head():
    model = with_constants(untrained(named("O", "H", "H"), seed=2))
    numbers = np.array([6, 1, 1, 6])  # no oxygen
    positions = np.random.default_rng(0).normal(size=(3, 4, 3))
    assert instances_of(model.program, numbers).counted == 0
    energies, forces = model.predict(numbers, positions)
    np.testing.assert_allclose(energies, head_alone(model, numbers), rtol=1e-14)
    assert not np.any(forces)
    atoms = Atoms(numbers, positions[0], calculator=Calculator(model))
    np.testing.assert_allclose(atoms.get_potential_energy(), energies[0], rtol=1e-14)
    assert not np.any(atoms.get_forces())
    far = model.predict(numbers, 30.0 * positions)[0]  # through lists
    np.testing.assert_allclose(far, energies, rtol=1e-14)


def test_atoms_that_are_no_centre_have_features_zero():
    model = with_constants(untrained(named("O", "H", "H"), seed=2))
    features = features_of(model, WATER.numbers, WATER.positions[:2])
    assert np.all(features[:, WATER.numbers == 1] == 0)
    assert np.all(features[:, WATER.numbers == 8] != 0)


def test_a_sum_of_energies_without_circuits_is_zero():
    text = NAMED_NEIGHBOURS.split("atomic")[0] + "energy moment(m) + 1\n"
    model = untrained(parse_program(text), seed=0)
    assert model.predict(np.array([1, 1, 1]), np.eye(3)[None])[0] == 0.0
    # Circuits of water: each hydrogen sees the other one and the oxygen.
    assert instances_of(model.program, WATER.numbers).counted == 2
    assert abs(model.predict(WATER.numbers, WATER.positions[:1])[0][0]) > 0.1


def test_nothing_is_run_for_a_molecule_without_circuits():
    model = with_constants(untrained(named("O", "H", "H", program=load("pair", **{**SMALL, "channels": 2})), seed=2))
    numbers, positions = np.array([1, 1, 1]), np.eye(3)[None]
    quote = quote_energies(model, numbers, positions, target("H2-1LE"), shots=100)
    assert (quote.circuits, quote.price, quote.standard_errors.tolist()) == (0, 0.0, [0.0])
    shifted = prepare_forces(model, numbers, positions)
    free = shifted.quote(target("H2-1LE"), shots=100, standard_error=None)
    assert (free.circuits, free.price) == (0, 0.0)
    (pulls,) = shifted.estimate(free, target("H2-1LE"), seed=0)
    assert not np.any(pulls.forces)
    (found,) = estimate_energies(model, numbers, positions, target("H2-1LE"), shots=100, seed=0)
    np.testing.assert_allclose([found.energy, found.exact], head_alone(model, numbers), rtol=1e-14)


SETTINGS = {"train": 12, "validation": 4, "test": 4, "epochs": 2, "batch_size": 4, "evaluate_every": 1}


def without_circuits(frames=30):
    """Three atoms of carbon, in frames and energies of water."""
    return replace(WATER.subset(range(frames)), numbers=np.array([6, 6, 6]), name="carbons")


@pytest.mark.slow  # test_mixed_sets.py trains several molecules
@pytest.mark.parametrize("readout", ["head", "energy"])
def test_several_molecules_are_trained_together_one_without_circuits(tmp_path, readout):
    program = named("O", "H", "H")
    if readout == "energy":
        lines = program.text.splitlines()
        program = parse_program("\n".join([*lines[:-1], "energy moment(m0) + moment(m1)"]) + "\n")
    sets = [WATER.subset(range(30)), without_circuits()]
    config = TrainingConfig(**{**SETTINGS, "train": 6, "validation": 0})
    model = trainer.train(program, sets, config, tmp_path)
    assert all(np.all(np.isfinite(value)) for value in model.arrays.values())
    changed = initial_parameters(program, config.seed)
    assert all(np.any(model.arrays[name] != changed[name]) for name in ("f_upper", "J"))
    lowered = lower_jax(program)
    batches = joined_batches(lowered, sets, model.arrays, config, 1)
    # Of a batch of both molecules the circuits of water count.
    assert batches.filled() > 0
    found = errors_of_sets([(*model.predict(data.numbers, data.positions), data) for data in sets])
    assert np.isfinite(found.energy_mae)
    if readout == "head":
        energies, _ = model.predict(np.array([6, 6, 6]), WATER.positions[:2])
        np.testing.assert_allclose(energies, head_alone(model, np.array([6, 6, 6])), rtol=1e-14)


@pytest.mark.slow
def test_a_molecule_without_circuits_is_trained_alone(tmp_path):
    model = trainer.train(named("O", "H", "H"), without_circuits(), TrainingConfig(**SETTINGS), tmp_path)
    # What the circuit has, nothing asks for.
    start = initial_parameters(model.program, TrainingConfig(**SETTINGS).seed)
    np.testing.assert_allclose(model.arrays["J"], start["J"], rtol=1e-14)
    assert np.all(np.isfinite(model.predict(np.array([6, 6, 6]), WATER.positions[:2])[0]))


def test_features_without_circuits_stay_neutral():
    program = named("O", "H", "H")
    arrays = initial_parameters(program, 0)
    constants = constants_from_data(lower_jax(program), arrays, [WATER.subset(range(20)), without_circuits(20)])
    kinds = [program.species.index(symbol) for symbol in ("H", "C", "O")]
    assert np.all(constants[FEATURE_SCALE][kinds[:2]] == 1.0)
    assert not np.any(constants[FEATURE_SHIFT][kinds[:2]])
    assert np.all(constants[FEATURE_SHIFT][kinds[2]] != 0.0)


def test_frames_that_differ_in_their_circuits_are_joined():
    program = named("O", "H", "H")
    model = with_constants(untrained(program, seed=1))
    lists = CircuitLists(model.lowered)
    far = WATER.positions[0] + np.array([[0.0, 0, 0], [9.0, 0, 0], [0, 0, 0]])
    assert [lists.of(WATER.numbers, frame).instances.counted for frame in (WATER.positions[0], far)] == [1, 0]
    data = Dataset(WATER.numbers, np.stack([far] * 3 + [WATER.positions[0]]), np.zeros(4), np.zeros((4, 3, 3)))
    energies, forces = model.predict(data.numbers, data.positions)
    alone, alone_forces = model.predict(data.numbers, data.positions[3:])
    np.testing.assert_allclose(energies[3], alone[0], rtol=1e-13)
    np.testing.assert_allclose(forces[3], alone_forces[0], atol=1e-12)
    np.testing.assert_allclose(energies[:3], head_alone(model, data.numbers), rtol=1e-14)
    assert not np.any(forces[:3])
