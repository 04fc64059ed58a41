"""Programs of scope atom as models: who takes which slot, what ghosts do, and all else as for other programs."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule

import qffc as qf
from qffc.execution.energy import estimate_energies
from qffc.execution.exact_shots import draw_exactly
from qffc.execution.forces import estimate_forces, exact_moments
from qffc.ir.diagnostics import QffcError, QffcWarning
from qffc.ir.evaluate import GHOST, Evaluator, Instance
from qffc.ir.reference import response
from qffc.ir.text.parser import parse_program
from qffc.library import load
from qffc.models.calculator import Calculator
from qffc.models.checks.model_check import check_model
from qffc.models.circuits.instances import instances_of
from qffc.models.energy import MoleculeEnergy, energies_and_forces
from qffc.models.files.model_file import load_model, save_model
from qffc.models.force_field import ForceField, untrained
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.lower_jax.program import lower_jax
from qffc.passes.native_library import native_state
from qffc.targets.catalogue import target

WATER = np.array([8, 1, 1])
POSITIONS = np.array([[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.1, -0.76, -0.48]])
SMALL = {"channels": 2, "depth": 1, "slots": 3}
ELEMENTS = ("C", "H", "O")


@qf.ansatz(scope="atom", species=("O", "H"))
def star(a, slots=4):
    centre, neighbours = a.centre(), a.neighbour_slots(slots)
    twins = [a.twins(neighbour) for neighbour in neighbours]
    for layer in a.layers(2):
        for neighbour, (upper, lower) in zip(neighbours, twins, strict=True):
            a.rotate(upper, layer.radial("f", centre, neighbour, size=3, cutoff=2.5) * neighbour.direction)
            a.exchange(upper, lower, angle=layer.param("J", centre, neighbour))
            for other in neighbours:
                if other is not neighbour:
                    a.rotate(lower, layer.radial("g", centre, other, size=3, cutoff=2.5) * other.direction)
    return a.atomic_energy([a.dot(*pair) for pair in twins], hidden=(4,))


def test_neighbours_take_the_slots_by_species_then_by_number():
    instances = instances_of(load("revised", slots=5, species=("O", "H")), np.array([1, 8, 1, 8]))
    assert instances.atoms.tolist() == [[0, 1, 3, 2, 4, 4], [1, 3, 0, 2, 5, 5], [2, 1, 3, 0, 6, 6], [3, 1, 0, 2, 7, 7]]
    assert instances.species.tolist() == [
        [1, 0, 0, 1, GHOST, GHOST],
        [0, 0, 1, 1, GHOST, GHOST],
        [1, 0, 0, 1, GHOST, GHOST],
        [0, 0, 1, 1, GHOST, GHOST],
    ]


def test_a_mirrored_program_has_each_circuit_twice():
    instances = instances_of(load("revised", mirror=True), WATER)
    assert instances.mirror.tolist() == [1, 1, 1, -1, -1, -1]
    assert instances.share == 0.5


def test_energies_of_a_mirrored_program_are_means_over_the_mirror_image():
    options = {"species": ("H", "O"), "slots": 3, "channels": 2, "depth": 1}
    plain, mirrored = (load("revised", mirror=mirror, **options) for mirror in (False, True))
    model = untrained(plain, seed=2)
    atoms = molecule("H2O2")
    positions = atoms.positions + np.random.default_rng(0).normal(scale=0.1, size=(4, 3))
    energies, _ = model.predict(atoms.numbers, np.stack([positions, -positions]))
    mean, _ = ForceField(mirrored, model.arrays).predict(atoms.numbers, positions[None])
    assert abs(energies[1] - energies[0]) > 1e-6
    np.testing.assert_allclose(mean[0], energies.mean(), rtol=1e-12)


def test_more_neighbours_than_slots_are_refused():
    with pytest.raises(QffcError, match="more neighbours than slots") as caught:
        untrained(load("initial", slots=2), 0).predict(np.array([8, 1, 1, 8]), np.zeros((1, 4, 3)))
    assert "3 neighbours of each of 4 atoms" in str(caught.value)
    assert "at most 2" in str(caught.value)
    assert "slots=3" in str(caught.value)


@pytest.mark.parametrize("options", [{}, {"couplings": "all-pairs", "radial": "chebyshev"}, {"hidden": (4,)}])
def test_a_ghost_is_an_atom_beyond_every_cutoff(options):
    program = load("revised", slots=4, channels=1, depth=2, **options)
    generator = np.random.default_rng(2)
    tables = {item.name: generator.normal(size=program.shape(item)) for item in program.parameters}
    near = np.array([[0.1, 0.2, 0.3], [1.0, 0.2, 0.0], [0.0, -1.1, 0.4]])
    here = np.array([1, 0, 1])
    outside = generator.normal(size=(2, 3))
    outside *= 50 / np.linalg.norm(outside, axis=1, keepdims=True)
    far = response(program, Instance(np.concatenate([near, outside]), np.array([*here, 0, 1]), tables))
    ghosts = response(program, Instance(np.concatenate([near, near[[0, 0]]]), np.array([*here, GHOST, GHOST]), tables))
    np.testing.assert_allclose(ghosts, far, atol=1e-13)
    assert np.abs(far).max() > 1e-3


def test_raw_vectors_to_a_ghost_are_zero():
    program = load("initial", **SMALL)
    model = untrained(program, 1)
    arrays = {name: jnp.asarray(value) for name, value in model.arrays.items()}
    water = model.molecule(WATER)
    slots = jax.jit(water.slots)(arrays, jnp.asarray(POSITIONS[None]))
    offsets = {value.text: water.lowered.split.vector_offset(k) for k, value in enumerate(water.lowered.split.vectors)}
    turned = {site: [offset for text, offset in offsets.items() if f"r(c, {site})" in text] for site in ("n2", "n3")}
    assert np.abs(slots[..., turned["n2"][0] : turned["n2"][0] + 3]).max() > 0.1
    for offset in turned["n3"]:
        assert not np.any(slots[..., offset : offset + 3])


def test_all_that_turns_or_couples_a_ghost_is_zero():
    program = load("revised", slots=3)
    evaluate = Evaluator(
        program,
        Instance(
            np.zeros((4, 3)),
            np.array([0, 1, GHOST, GHOST]),
            {p.name: np.ones(program.shape(p)) for p in program.parameters},
        ),
    )
    ghosts = [value for op in program.ops if (value := op.value) is not None and "n2" in value.text]
    assert ghosts
    assert all(not np.any(evaluate(value)) for value in ghosts)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("initial", {}),
        ("initial", {"mirror": True, "couplings": "all-pairs"}),
        ("revised", {}),
        ("revised", {"mirror": True, "hidden": (3,), "cutoff": 2.5}),
    ],
)
def test_models_hold_what_they_declare(name, options):
    model = untrained(load(name, species=ELEMENTS, slots=4, channels=1, depth=1, **options), seed=1)
    report = check_model(model, np.array([6, 8, 1, 1]))
    assert report.holds, report.render()
    tested = {test.name for test in report.tests if test.verdict == "holds"}
    assert ("inversion: forces" in tested) == ("mirror" in options)
    assert ("leaving at the cutoff: forces" in tested) == (name == "revised")


def test_exchange_that_is_proven_holds_for_the_energy():
    certificate = check_equivariance(star(slots=3))
    verdicts = {verdict.generator: verdict.status for verdict in certificate.verdicts}
    # Rotations about several directions do not commute: which comes first is which slot comes first.
    assert verdicts["exchange n1 n2"] == "refuted"
    alone = star(slots=2)
    assert check_equivariance(alone).holds
    report = check_model(untrained(alone, 0), WATER)
    assert report.holds, report.render()
    assert any(test.name == "exchange: forces" and test.verdict == "holds" for test in report.tests)
    assert "exchange: energy" in check_model(untrained(star(slots=3), 0), np.array([8, 1, 1, 1])).failed


def test_a_model_of_a_large_molecule_serves_a_small_one(tmp_path):
    model = untrained(load("revised", species=ELEMENTS, slots=3, channels=1, depth=1), seed=1)
    save_model(model, tmp_path / "m.safetensors")
    with pytest.warns(QffcWarning, match="model without a certificate"):
        again = load_model(tmp_path / "m.safetensors")
    for name in ("H2CO", "H2O"):
        atoms = molecule(name)
        atoms.calc = Calculator(again)
        energies, forces = model.predict(atoms.numbers, atoms.positions[None])
        assert atoms.get_potential_energy() == pytest.approx(energies[0], abs=1e-12)
        np.testing.assert_allclose(atoms.get_forces(), forces[0], atol=1e-12)
        assert np.abs(forces).max() > 1e-3
    lone = Atoms("O")
    lone.calc = Calculator(again)
    assert np.allclose(lone.get_forces(), 0)


def test_more_slots_change_nothing_that_is_damped():
    """Even numbers of slots: the further singlets stand by themselves."""
    options = {"channels": 2, "depth": 2, "couplings": "all-pairs"}
    small = untrained(load("revised", slots=2, **options), seed=3)
    large = ForceField(load("revised", slots=6, **options), small.arrays)
    for a, b in zip(small.predict(WATER, POSITIONS[None]), large.predict(WATER, POSITIONS[None]), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


def test_a_head_without_layers_is_linear():
    model = untrained(load("revised", **SMALL), seed=1)
    generator = np.random.default_rng(0)
    arrays = {
        name: generator.normal(size=value.shape) if "head" in name else value for name, value in model.arrays.items()
    }
    model = replace(model, arrays=arrays)
    numbers = {name: jnp.asarray(value) for name, value in arrays.items()}
    water, r = model.molecule(WATER), jnp.asarray(POSITIONS[None])
    features = np.asarray(jax.jit(lambda a, r: water.features(a, water.moments(water.slots(a, r)), r))(numbers, r))
    assert features.shape == (1, 3, 2)
    species = water.instances.atom_species
    atomic = np.sum(features[0] * arrays["head.weight0"][species, :, 0], axis=1) + arrays["head.bias0"][species, 0]
    assert model.predict(WATER, POSITIONS[None])[0][0] == pytest.approx(atomic.sum(), abs=1e-12)


@pytest.mark.slow
@pytest.mark.skipif(not native_state().available, reason="the native kernel is not built")
def test_training_gradients_with_forces_are_those_of_both_kernels():
    program = load("revised", **SMALL | {"slots": 2})
    arrays = {key: jnp.asarray(value) for key, value in untrained(program, 1).arrays.items()}
    r = jnp.asarray(np.stack([POSITIONS, 1.1 * POSITIONS]))

    def gradient(kernel):
        water = MoleculeEnergy(lower_jax(program, kernel), instances_of(program, WATER))

        def loss(tables):
            energies, forces = energies_and_forces(lambda x: water.energies(tables, x), r)
            return jnp.sum(energies**2) + jnp.sum(forces**2)

        return jax.jit(jax.grad(loss))(arrays)

    native, portable = gradient("native"), gradient("portable")
    for key, value in native.items():
        np.testing.assert_allclose(value, portable[key], atol=1e-9, err_msg=key)
    trained = [key for key in native if not key.startswith("constant.")]
    assert all(np.abs(native[key]).max() > 1e-6 for key in trained)


def test_energies_and_forces_come_from_circuits():
    model = untrained(load("revised", **SMALL | {"channels": 1}), seed=1)
    place = target("H2-1LE")
    (found,) = estimate_energies(model, WATER, POSITIONS[None], place, shots=4000, seed=1, sampler=draw_exactly)
    energies, forces = model.predict(WATER, POSITIONS[None])
    assert found.exact == pytest.approx(energies[0], abs=1e-9)
    assert abs(found.energy - found.exact) < 5 * found.standard_error
    assert found.circuits >= len(WATER) * model.program.channels
    (slopes,) = estimate_forces(model, WATER, POSITIONS[None], place, shots=10, seed=0, sampler=exact_moments)
    np.testing.assert_allclose(slopes.forces, forces[0], atol=1e-9)


GHOSTLY = """qffc 1
program ghostly
symmetry rotation, translation, exchange
scope atom
species H
site c: any centre
site a: any neighbour
site b: any neighbour
site d: any neighbour
site g: any neighbour
{qubits}
observable mab = dot(a1, b1)*dot(a2, b2)
observable mad = dot(a1, d1)*dot(a2, d2)
observable mag = dot(a1, g1)*dot(a2, g2)
observable mbd = dot(b1, d1)*dot(b2, d2)
observable mbg = dot(b1, g1)*dot(b2, g2)
observable mdg = dot(d1, g1)*dot(d2, g2)
atomic feature {weight}*moment(mab) + {others} head linear
"""
QUBITS = [f"qubit {s}{k}: {s}" for s in "abdg" for k in (1, 2)]
QUBITS += [f"singlet {s}1, {s}2" for s in "abdg"] + [f"rotate {s}1, r(c, {s})" for s in "abdg"]
OTHERS = " + ".join(f"cutoff(norm(r({p}, {q})), 5)*moment(m{p}{q})" for p, q in ("ad", "ag", "bd", "bg", "dg"))


@pytest.mark.parametrize(
    ("weight", "holds"),
    [
        ("cutoff(norm(r(a, b)), 5)", True),
        ("cutoff(norm(r(a, g) + r(g, b)), 5)", True),  # depends on a and b, whatever is named on the way
        ("cutoff(norm(r(a, g))*norm(r(a, b))/norm(r(a, g)), 5)", True),
        # Equal for atoms, but it fades with g: the fifth of four atoms is a ghost.
        ("cutoff((dot(r(a, g), r(a, b)) + dot(r(g, b), r(a, b)))/norm(r(a, b)), 5)", False),
    ],
)
def test_what_a_ghost_hides_is_decided_by_what_a_value_depends_on(weight: str, holds: bool) -> None:
    """The proof and the numbers of four atoms, renumbered, with one slot left to a ghost."""
    program = parse_program(GHOSTLY.format(qubits="\n".join(QUBITS), weight=weight, others=OTHERS))
    assert check_equivariance(program).holds is holds
    positions = np.array([[0.0, 0.1, 0.2], [1.1, 0.0, -0.3], [-0.2, 1.3, 0.4], [0.5, 0.6, 1.7]])
    model = untrained(program, 0)
    orders = ((0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0), (1, 0, 2, 3))
    found, _ = model.predict(np.ones(4, dtype=int), np.array([positions[list(order)] for order in orders]))
    assert bool(np.ptp(found) < 1e-12) == holds
