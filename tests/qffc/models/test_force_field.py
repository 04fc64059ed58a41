from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError, QffcWarning
from qffc.ir.telling import listening
from qffc.library import load
from qffc.models.circuits.instances import instances_of
from qffc.models.energy import MoleculeEnergy
from qffc.models.files.model_file import load_model, save_model
from qffc.models.force_field import ForceField, trainable_names, untrained
from qffc.models.initialization.fresh_parameters import constants_from_data, initial_parameters
from qffc.models.molecule_circuits import FEATURE_SCALE, FEATURE_SHIFT
from qffc.models.shared_functions import forget_functions
from qffc.passes.lower_jax.program import lower_jax

WATER = load_embedded("water")
PAIR = load("pair", channels=2, depth=2, hidden=(8,))


@pytest.fixture(scope="module")
def model():
    return untrained(PAIR, seed=3)


def test_forces_are_minus_the_gradient(model):
    frames = WATER.positions[:2]
    _, forces = model.predict(WATER.numbers, frames)
    along = np.random.default_rng(0).normal(size=frames.shape)
    step = 1e-4
    up, _ = model.predict(WATER.numbers, frames + step * along)
    down, _ = model.predict(WATER.numbers, frames - step * along)
    np.testing.assert_allclose(-(up - down) / (2 * step), np.sum(forces * along, axis=(1, 2)), atol=1e-6)


def test_symmetries_of_the_energy_function(model):
    frames = WATER.positions[:3]
    energies, forces = model.predict(WATER.numbers, frames)
    turn = Rotation.random(random_state=1).as_matrix()
    for matrix in (turn, -turn):
        moved, turned = model.predict(WATER.numbers, frames @ matrix.T + np.array([1.0, -2.0, 0.5]))
        np.testing.assert_allclose(moved, energies, atol=1e-12)
        np.testing.assert_allclose(turned, forces @ matrix.T, atol=1e-11)
    swapped, exchanged = model.predict(WATER.numbers, frames[:, [0, 2, 1]])
    np.testing.assert_allclose(swapped, energies, atol=1e-12)
    np.testing.assert_allclose(exchanged, forces[:, [0, 2, 1]], atol=1e-11)


def test_the_energy_depends_on_the_geometry(model):
    energies, forces = model.predict(WATER.numbers, WATER.positions[:5])
    assert np.ptp(energies) > 1e-3
    assert np.abs(forces).max() > 1e-2


def test_a_long_list_of_frames_is_the_same_as_its_parts(model, monkeypatch):
    whole = model.predict(WATER.numbers, WATER.positions[:7])
    monkeypatch.setattr("qffc.models.force_field.CHUNK_CIRCUITS", 18)
    parts = replace(model).predict(WATER.numbers, WATER.positions[:7])
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-13)


def test_averaged_programs_hold_their_symmetries():
    ammonia = load_embedded("ammonia")
    model = untrained(load("sivqlm-nh3", depth=1), seed=1)
    frames = ammonia.positions[:2]
    energies, forces = model.predict(ammonia.numbers, frames)
    order = [0, 2, 3, 1]
    moved, exchanged = model.predict(ammonia.numbers, -frames[:, order])
    np.testing.assert_allclose(moved, energies, atol=1e-12)
    np.testing.assert_allclose(exchanged, -forces[:, order], atol=1e-11)


def test_constants_come_from_the_training_frames():
    molecule = untrained(PAIR, seed=3).molecule(WATER.numbers)
    parameters = initial_parameters(PAIR, seed=3)
    frames = WATER.subset(range(100))
    constants = constants_from_data(molecule.lowered, parameters, [frames])
    arrays = {name: jnp.asarray(value) for name, value in (parameters | constants).items()}
    features = jax.jit(lambda r: molecule.features(arrays, molecule.moments(molecule.slots(arrays, r)), r))(
        jnp.asarray(frames.positions)
    )
    species = molecule.instances.atom_species
    normalized = (np.asarray(features) - constants[FEATURE_SHIFT][species]) / constants[FEATURE_SCALE][species]
    hydrogen = np.asarray(normalized[:, species == 1]).reshape(-1, features.shape[-1])
    np.testing.assert_allclose(hydrogen.mean(axis=0), 0, atol=1e-9)
    deviations = hydrogen.std(axis=0) * constants[FEATURE_SCALE][1]
    usual = np.sqrt(np.mean(deviations**2))
    np.testing.assert_allclose(hydrogen.std(axis=0), np.minimum(deviations / usual, 1), atol=1e-9)
    assert 0 < np.min(deviations) < 0.9 * usual  # so that some stay small


def test_fresh_radial_functions_are_smooth():
    program = load("pair", channels=200, basis_size=5)
    for settings, falloff in (({}, 2), ({"radial_falloff": 0.5}, 0.5)):
        weights = initial_parameters(program, seed=0, radial_spread=2.0, **settings)["f_upper"]
        deviations = weights.reshape(-1, 5).std(axis=0)
        np.testing.assert_allclose(deviations, 2.0 / np.arange(1, 6) ** falloff, rtol=0.05)


def test_starting_weights_are_the_same_bits_in_every_version():
    """Trainings amplify the last bit: a start that differs there ends as another model."""
    head = initial_parameters(load("pair"), seed=0)
    assert head["head.weight0"][0, 0, 0] == 0.04374427330092254
    assert head["head.weight1"][1, 2, 3] == 0.03665346523194148


def test_seeds_give_the_same_numbers():
    first, second, other = (initial_parameters(PAIR, seed=s) for s in (1, 1, 2))
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])
    assert any(np.any(first[name] != other[name]) for name in first)


def test_frozen_parameters_are_not_trained():
    assert "epsilon" not in trainable_names(load("water-demo"))
    assert set(trainable_names(load("water-demo"))) == {"alpha", "w"}


def test_model_file_round_trip(model, tmp_path):
    save_model(replace(model, metadata={"data_name": "water"}), tmp_path / "m.safetensors")
    with pytest.warns(QffcWarning, match="model without a certificate"):
        again = load_model(tmp_path / "m.safetensors")
    assert again.program == model.program
    assert again.metadata == {"data_name": "water"}
    for name, value in model.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], value)
    assert [path.name for path in tmp_path.iterdir()] == ["m.safetensors"]


def test_bad_model_files_are_refused(model, tmp_path):
    with pytest.raises(QffcError, match="no such model"):
        load_model(tmp_path / "absent.safetensors")
    (tmp_path / "text.safetensors").write_text("hello")
    with pytest.raises(QffcError, match="damaged model"):
        load_model(tmp_path / "text.safetensors")
    path = tmp_path / "m.safetensors"
    save_model(model, path)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"rotate a_upper", b"rotate a_lower", 1))
    with pytest.raises(QffcError, match="does not match itself"):
        load_model(path)


def test_arrays_that_do_not_fit_are_refused(model):
    some = dict(model.arrays)
    name = next(iter(some))
    with pytest.raises(QffcError, match="missing"):
        replace(model, arrays={key: value for key, value in some.items() if key != name})
    with pytest.raises(QffcError, match="shape"):
        replace(model, arrays=some | {name: np.zeros(2)})
    with pytest.raises(QffcError, match="NaN"):
        replace(model, arrays=some | {name: np.full_like(some[name], np.nan)})


def test_positions_of_another_shape_are_refused(model):
    with pytest.raises(QffcError, match="3, 3"):
        model.predict(WATER.numbers, WATER.positions[0])


def test_no_frames_are_refused() -> None:
    model = untrained(load("sivqlm-h2o", depth=1), 0)
    with pytest.raises(QffcError, match="at least one frame"):
        model.predict(np.array([8, 1, 1]), np.zeros((0, 3, 3)))


def test_features_by_species_are_the_features_in_parts():
    together, apart = (load("pair", channels=2, depth=1, species=("H", "O", "C"), by_species=b) for b in (False, True))
    model = untrained(together, seed=3)
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    numbers, positions = np.array([8, 1, 1]), jnp.asarray(WATER.positions[:2])

    def features(program):
        molecule = MoleculeEnergy(lower_jax(program), instances_of(program, numbers))
        return np.asarray(
            jax.jit(lambda a, r: molecule.features(a, molecule.moments(molecule.slots(a, r)), r))(arrays, positions)
        )

    whole, parts = features(together), features(apart).reshape(2, 3, 6, -1)
    np.testing.assert_allclose(parts.sum(axis=2), whole, atol=1e-13)
    groups = apart.feature_groups
    assert groups == ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    # Oxygen sees two hydrogens, a hydrogen sees one hydrogen and one oxygen.
    seen = [{groups[g] for g in range(6) if np.abs(parts[:, atom, g]).max() > 1e-6} for atom in range(3)]
    assert seen == [{(0, 0)}, {(0, 1)}, {(0, 1)}]
    assert apart.feature_count == 6 * together.feature_count


def test_a_model_with_features_by_species_has_the_symmetries():
    model = untrained(load("pair", channels=2, depth=1, by_species=True), seed=4)
    energies, forces = model.predict(WATER.numbers, WATER.positions[:2])
    exchanged, turned = model.predict(WATER.numbers, -WATER.positions[:2][:, [0, 2, 1]])
    np.testing.assert_allclose(exchanged, energies, atol=1e-12)
    np.testing.assert_allclose(turned, -forces[:, [0, 2, 1]], atol=1e-12)


def test_positions_that_are_no_numbers_are_refused(model):
    frames = np.ones((3, 3, 3))
    frames[1, 2, 0] = np.nan
    with pytest.raises(QffcError, match=r"position that is not finite\n.*nan for x of atom 2 in frame 1\n"):
        model.predict(np.array([8, 1, 1]), frames)


def test_arrays_cannot_be_changed_below_compiled_functions(model):
    arrays = dict(model.arrays)
    mine = ForceField(model.program, arrays)
    with pytest.raises(ValueError, match="read-only"):
        mine.arrays["constant.atom_energy"][:] = 1.0
    arrays["constant.atom_energy"] = arrays["constant.atom_energy"] + 1.0
    assert np.array_equal(mine.arrays["constant.atom_energy"], model.arrays["constant.atom_energy"])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_used_model_can_be_copied(model, copied):
    numbers, frames = np.array([8, 1, 1]), np.random.default_rng(1).normal(size=(2, 3, 3))
    energies, forces = model.predict(numbers, frames)
    other = copied(model)
    again, forces_again = other.predict(numbers, frames)
    assert np.array_equal(energies, again)
    assert np.array_equal(forces, forces_again)
    assert other.program == model.program
    with pytest.raises(ValueError, match="read-only"):
        other.arrays["constant.atom_energy"][:] = 1.0


@pytest.mark.parametrize("atoms", [2, 4])
def test_a_molecule_takes_its_own_atoms_and_moments_alone(atoms):
    model = untrained(load("pair", channels=1, depth=1), seed=0)
    water = model.molecule(np.array([8, 1, 1]))
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    wrong, right = jnp.zeros((1, atoms, 3)), jnp.asarray(np.arange(9.0).reshape(1, 3, 3))
    for function in (water.energies, water.slots):
        with pytest.raises(QffcError, match=rf"positions of another shape\n  found:    \(1, {atoms}, 3\)"):
            function(arrays, wrong)
    moments = water.moments(water.slots(arrays, right))
    with pytest.raises(QffcError, match="moments of another shape"):
        water.finish(arrays, moments[..., :-1], right)


def test_compiling_is_told_once():
    forget_functions()
    model, heard = untrained(load("sivqlm-h2o", depth=1), 7), []
    with listening(lambda what, done, of: heard.append(what)):
        for _ in range(2):
            model.predict(WATER.numbers, WATER.positions[:2])
    assert heard == ["frames:", "compiling what predicts", "frames:"]
