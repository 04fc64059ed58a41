"""Where training data end, energies fade to free atoms, which repel each other."""

import warnings
from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ase import Atoms
from ase.optimize import BFGS

import qffc as qf
from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError, QffcWarning
from qffc.models.checks.beyond_data_tests import beyond_data_tests
from qffc.models.checks.property_tests import ModelSubject
from qffc.models.circuits.instances import species_of
from qffc.models.force_field import ForceField, untrained
from qffc.models.frames.frame_batch import join_frames, joined_positions
from qffc.models.frames.frame_circuits import CircuitLists
from qffc.models.molecule_circuits import ATOM_ENERGY
from qffc.models.moving_atoms import MovingAtoms
from qffc.models.validity.environments import environment_width, environments
from qffc.models.validity.limits import BINDING, FLOOR, NEAREST, SEEN, seen
from qffc.models.validity_fit import with_limits, without_limits

WATER = load_embedded("water").subset(range(0, 1000, 20))
FREE = {"H": -13.57, "O": -2035.57}
SMALL = {"channels": 1, "depth": 1, "hidden": (4,), "basis_size": 3}


def fitted_to_water(model: ForceField) -> ForceField:
    """The energies of water that an untrained model gives are far off; a constant makes them about right."""
    energies, _ = model.predict(WATER.numbers, WATER.positions)
    shift = (WATER.energies - energies).mean() / 3
    return ForceField(model.program, {**model.arrays, ATOM_ENERGY: model.arrays[ATOM_ENERGY] + shift})


SUMS = {"channels": 1, "depth": 1, "hidden": (4, 4), "basis_size": 3, "rounds": 2, "vectors": 2}


@cache
def bare_pair() -> ForceField:
    return fitted_to_water(untrained(qf.load("pair", **SMALL), seed=3))


@cache
def limited_pair() -> ForceField:
    return with_limits(bare_pair(), WATER, FREE)


@cache
def limited_messages() -> ForceField:
    return with_limits(fitted_to_water(untrained(qf.load("pair", **SMALL, messages=1), seed=3)), WATER, FREE)


@cache
def limited_gathered() -> ForceField:
    return with_limits(fitted_to_water(untrained(qf.load("gathered", **SUMS), seed=3)), WATER, FREE)


SLOW_SUMS = pytest.param(limited_gathered, marks=pytest.mark.slow, id="sums")
SLOW_MESSAGES = pytest.param(limited_messages, marks=pytest.mark.slow, id="messages")


def predicted(model: ForceField, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Energies and forces of a few waters, filled up to one shape that is compiled once."""
    filled = np.concatenate([frames, np.repeat(frames[:1], len(WATER) - len(frames), axis=0)])
    energies, forces = model.predict(WATER.numbers, filled)
    return energies[: len(frames)], forces[: len(frames)]


def stretched(length: float) -> np.ndarray:
    frame = WATER.positions[:1].copy()
    bond = frame[0, 1] - frame[0, 0]
    frame[0, 1] = frame[0, 0] + length * bond / np.linalg.norm(bond)
    return frame


def test_energies_and_forces_of_the_data_stay_as_they_were():
    for found, wanted in zip(
        limited_pair().predict(WATER.numbers, WATER.positions),
        bare_pair().predict(WATER.numbers, WATER.positions),
        strict=True,
    ):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9)
    assert limited_pair().extrapolation_grade(WATER.numbers, WATER.positions).max() < 1


def test_free_atoms_have_the_energies_that_were_given():
    (energy,), forces = predicted(limited_pair(), 100.0 * np.eye(3)[None])
    assert energy == pytest.approx(FREE["O"] + 2 * FREE["H"], abs=1e-9)
    assert not forces.any()
    # One atom leaves: what is left is no water, and unknown, too.
    assert predicted(limited_pair(), stretched(50.0))[0][0] > WATER.energies.max() + 3


def test_without_energies_of_free_atoms_they_lie_above_the_molecule():
    guessed = with_limits(bare_pair(), WATER)
    (energy,), _ = predicted(guessed, 100.0 * np.eye(3)[None])
    assert energy == pytest.approx(
        bare_pair().reference_energy(species_of(bare_pair().program, WATER.numbers)) + 3 * 3.5, abs=1e-9
    )


def test_limits_can_be_taken_away_and_come_back():
    bare = without_limits(limited_pair().arrays)
    assert set(bare) == set(bare_pair().arrays)
    again = ForceField(bare_pair().program, bare)
    np.testing.assert_allclose(
        predicted(again, stretched(1.6))[0], predicted(bare_pair(), stretched(1.6))[0], atol=1e-9
    )
    twice = with_limits(limited_pair(), WATER)  # keeps the energies of free atoms
    for name, value in limited_pair().arrays.items():
        np.testing.assert_allclose(twice.arrays[name], value, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("length", [0.05, 0.5, 0.8, 1.15, 1.3, 1.9, 2.25, 4.95])
def test_forces_are_minus_the_gradient_beyond_the_data(length):
    step, frame = 1e-4, stretched(length)
    along = np.random.default_rng(0).normal(size=frame.shape)
    frames = np.concatenate([frame + k * step * along for k in (-2, -1, 1, 2)])
    e = predicted(limited_pair(), frames)[0]
    slope = (e[0] - 8 * e[1] + 8 * e[2] - e[3]) / (12 * step)
    force = np.sum(predicted(limited_pair(), frame)[1][0] * along)
    assert slope == pytest.approx(-force, rel=1e-5, abs=1e-5)


def test_atoms_nearer_than_any_in_the_data_repel_each_other():
    shortest = limited_pair().arrays[NEAREST][0, 1] * np.array([1.0, 0.9, 0.6, 0.3, 0.1, 0.0])
    energies = [predicted(limited_pair(), stretched(length))[0][0] for length in shortest]
    assert (np.diff(energies) > 0).all()
    assert np.isfinite(energies[-1])
    assert energies[-1] > 1e3


def test_the_repulsion_is_that_of_ziegler_biersack_and_littmark():
    """Of two hydrogen atoms nearer than any in the data, all else far away: numbers from the published formula."""
    pair = np.array([[[0.0, 0, 0], [0.4, 0, 0], [60.0, 0, 0]]])
    model = ForceField(
        bare_pair().program, {**limited_pair().arrays, SEEN: np.full_like(limited_pair().arrays[SEEN], -1e3)}
    )
    assert limited_pair().arrays[NEAREST][1, 1] * 0.6 > 0.4  # whole
    numbers = np.array([1, 1, 8])
    (energy,), _ = model.predict(numbers, pair)
    x = 0.4 / (0.8854 * 0.529177 / 2)
    screening = sum(
        a * np.exp(-b * x) for a, b in ((0.18175, 3.1998), (0.50986, 0.94229), (0.28022, 0.4029), (0.02817, 0.20162))
    )
    distance = np.hypot(0.4, 0.02)
    assert energy - FREE["O"] - 2 * FREE["H"] == pytest.approx(14.399645 / distance * screening, rel=2e-2)


@pytest.mark.parametrize("limited", [limited_pair, SLOW_SUMS, SLOW_MESSAGES])
def test_lists_of_near_neighbours_and_moving_atoms_give_the_same(limited):
    model = limited()
    numbers = np.tile(WATER.numbers, 2)
    frames = [np.concatenate([WATER.positions[0], stretched(1.4)[0] + [0, 0, apart]]) for apart in (2.6, 4.9, 9.0)]
    wanted, wanted_forces = model.predict(numbers, np.array(frames))
    lists = CircuitLists(model.lowered)
    batch = join_frames(lists.plan, [lists.of(numbers, frame) for frame in frames])
    energies, forces, _ = model.predict_joined(batch, joined_positions(frames, len(batch.frame_of_atom)))
    reference = model.reference_energy(species_of(model.program, numbers))
    np.testing.assert_allclose(np.asarray(energies) + reference, wanted, rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(np.asarray(forces)[0].reshape(wanted_forces.shape), wanted_forces, atol=1e-9)
    moving = MovingAtoms(model, numbers)
    for frame, energy, force in zip(frames, wanted, wanted_forces, strict=True):
        found = moving.predict(frame)
        np.testing.assert_allclose(found[0], energy, rtol=1e-12)
        np.testing.assert_allclose(found[1], force, atol=1e-8)
        grade = model.extrapolation_grade(numbers, frame[None]).max()
        assert moving.grade == pytest.approx(grade, rel=1e-6)


@pytest.mark.parametrize("limited", [limited_pair, SLOW_SUMS, SLOW_MESSAGES])
def test_molecules_apart_do_not_feel_each_other(limited):
    model = limited()
    numbers = np.tile(WATER.numbers, 2)
    alone = predicted(model, WATER.positions[:1])[0][0]
    frames = np.array(
        [np.concatenate([WATER.positions[0], WATER.positions[0] + [0, 0, z]]) for z in (4.0, 5.0, 6.0, 9.0)]
    )
    np.testing.assert_allclose(model.predict(numbers, frames)[0], 2 * alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["sivqlm-h2o", "water-demo"])
def test_programs_of_one_molecule_have_limits_too(name):
    bare = fitted_to_water(untrained(qf.load(name, depth=1), seed=1))
    model = with_limits(bare, WATER, FREE)
    np.testing.assert_allclose(
        model.predict(WATER.numbers, WATER.positions)[0], bare.predict(WATER.numbers, WATER.positions)[0], atol=1e-9
    )
    # Joined frames have the same.
    frames = [stretched(length)[0] for length in (0.95, 1.25, 2.0)]
    wanted, wanted_forces = predicted(model, np.array(frames))
    lists = CircuitLists(model.lowered)
    batch = join_frames(lists.plan, [lists.of(WATER.numbers, frame) for frame in frames])
    energies, forces, _ = model.predict_joined(batch, joined_positions(frames, len(batch.frame_of_atom)))
    reference = model.reference_energy(species_of(model.program, WATER.numbers))
    np.testing.assert_allclose(np.asarray(energies) + reference, wanted, rtol=1e-12)
    np.testing.assert_allclose(np.asarray(forces)[0].reshape(-1, 3, 3), wanted_forces, atol=1e-8)
    far = predicted(model, 100.0 * np.eye(3)[None])[0][0]
    assert far == pytest.approx(FREE["O"] + 2 * FREE["H"], abs=1e-9)


def test_few_frames_say_nothing_of_the_spread():
    model = with_limits(bare_pair(), WATER.subset(range(5)), FREE)
    assert model.extrapolation_grade(WATER.numbers, stretched(1.5)).max() < 1e-5
    (energy,), _ = predicted(model, 100.0 * np.eye(3)[None])
    assert energy == pytest.approx(FREE["O"] + 2 * FREE["H"], abs=1e-9)


def test_an_element_that_was_not_in_the_data_is_a_free_atom():
    program = qf.load("pair", **SMALL, species=("O", "H", "N"))
    model = with_limits(untrained(program, seed=0), WATER, FREE)
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    molecule = model.molecule(np.array([7, 1, 1]))
    trust = jax.jit(lambda a, r: molecule.validity(a, r).trust)(arrays, jnp.asarray(WATER.positions[:1]))
    assert float(trust[0, 0]) == 0


def test_a_hole_of_the_network_has_a_floor():
    """Whatever an atom gets from the head, it is held up half an eV below its floor."""
    deep = {name: np.array(value) for name, value in limited_pair().arrays.items()}
    deep[BINDING] = deep[BINDING] - 1000.0
    model = ForceField(bare_pair().program, deep)
    energies, _ = model.predict(WATER.numbers, WATER.positions)
    lowest = FREE["O"] + 2 * FREE["H"] + deep[FLOOR][[0, 1, 1]].sum() - 3 * 0.5
    np.testing.assert_allclose(energies, lowest, atol=1e-3)


def test_distances_fade_outside_the_ranges_of_the_data():
    ranges = np.full((1, 1, 3, 2), -1e3)
    ranges[0, 0, :2] = [[0.0, 1.1], [3.0, 4.0]]
    kinds = np.zeros(6, dtype=int)
    values = seen(ranges, kinds, kinds, np.array([[0.3, 1.1, 1.7, 3.5, 5.0, 5.3]]), np)[0]
    np.testing.assert_array_equal(values[[0, 1, 3, 5]], [1, 1, 1, 0])
    assert 0.3 < values[2] < 0.7
    assert 0 < values[4] < 0.05


def test_environments_do_not_change_under_symmetries():
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(1, 4, 3))
    turn, _ = np.linalg.qr(generator.normal(size=(3, 3)))  # may be a mirror image

    def of(v, places):
        distances = np.linalg.norm(v, axis=-1)
        return environments(v, distances, 1.0 / (1.0 + distances), places, (1, 2), 5.0, np)

    here = of(vectors, np.array([0, 0, 1, 1]))
    assert here.shape == (1, 1, environment_width(2))
    np.testing.assert_allclose(of(vectors @ turn, np.array([0, 0, 1, 1])), here, atol=1e-12)
    np.testing.assert_allclose(of(vectors[:, [1, 0, 3, 2]], np.array([0, 0, 1, 1])), here, atol=1e-12)
    assert np.abs(of(vectors[:, [2, 0, 1, 3]], np.array([0, 0, 1, 1])) - here).max() > 1e-2


def test_a_model_keeps_its_limits_in_its_file(tmp_path):
    qf.save_model(limited_pair(), tmp_path / "model.safetensors")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QffcWarning)  # no certificate
        again = qf.load_model(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(predicted(again, stretched(1.3))[0], predicted(limited_pair(), stretched(1.3))[0])


def test_the_calculator_warns_once_and_tells_of_each_geometry():
    atoms = Atoms(WATER.numbers, WATER.positions[0], calculator=qf.Calculator(limited_pair()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        atoms.get_potential_energy()
    assert atoms.calc.results["extrapolation_grade"] < 1
    atoms.positions = stretched(1.4)[0]
    with pytest.warns(QffcWarning, match="geometry beyond the training data"):
        atoms.get_potential_energy()
    assert atoms.calc.results["extrapolation_grade"] > 1
    atoms.positions = stretched(1.5)[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        atoms.get_potential_energy()


def test_a_model_without_limits_cannot_grade():
    with pytest.raises(QffcError, match="model without limits"):
        bare_pair().extrapolation_grade(WATER.numbers, WATER.positions)
    atoms = Atoms(WATER.numbers, stretched(1.4)[0], calculator=qf.Calculator(bare_pair()))
    atoms.get_potential_energy()
    assert "extrapolation_grade" not in atoms.calc.results


def test_a_model_without_its_limits_is_what_it_was_before():
    """Where the data are, limits change nothing; elsewhere only a model without them says what it was trained to."""
    limited, bare = limited_pair(), bare_pair()
    frames = np.concatenate([WATER.positions[:2], stretched(1.4)])
    free = qf.without_limits(limited)
    for wanted, found in zip(predicted(bare, frames), predicted(free, frames), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-9)
    assert abs(predicted(limited, frames)[0] - predicted(bare, frames)[0]).max() > 0.1
    assert free.metadata == limited.metadata
    again = qf.without_limits(free)
    assert all(np.array_equal(value, free.arrays[name]) for name, value in again.arrays.items())


def test_what_check_asks_of_a_model_with_limits():
    subject = ModelSubject(WATER.numbers, WATER.positions[:4], np.random.default_rng(0), limited_pair(), len(WATER))
    tests = beyond_data_tests(subject)
    assert [test.verdict for test in tests] == ["holds"] * 4, tests
    # A model whose free atoms lie below the molecule is found.
    deep = {name: np.array(value) for name, value in limited_pair().arrays.items()}
    deep[ATOM_ENERGY] -= 100.0
    deep[BINDING] += 100.0
    wrong = replace(subject, model=ForceField(limited_pair().program, deep))
    assert {test.name: test.verdict for test in beyond_data_tests(wrong)}["rattled molecules"] == "FAILS"


@pytest.mark.filterwarnings("ignore::qffc.ir.diagnostics.QffcWarning")
def test_a_rattled_water_relaxes_to_its_minimum():
    model = qf.load_model("trained:water")
    built = Atoms(WATER.numbers, WATER.positions[0], calculator=qf.Calculator(model))
    BFGS(built, logfile=None).run(fmax=1e-3, steps=100)
    least, generator = built.get_potential_energy(), np.random.default_rng(2)
    calculator = qf.Calculator(model)
    for _ in range(6):
        atoms = Atoms(WATER.numbers, built.positions + 0.4 * generator.normal(size=(3, 3)), calculator=calculator)
        BFGS(atoms, logfile=None, maxstep=0.1).run(fmax=0.02, steps=300)
        assert atoms.get_potential_energy() > least - 1e-3
