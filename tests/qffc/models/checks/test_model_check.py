from __future__ import annotations

import json
from dataclasses import replace
from functools import cached_property

import numpy as np
import pytest
from pair_programs import pair_text

from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.ir.text.parser import parse_program
from qffc.library import load
from qffc.models.checks import property_tests
from qffc.models.checks.check_geometries import choose_geometries
from qffc.models.checks.model_check import check_model
from qffc.models.files.data_sets import describe_sets
from qffc.models.files.model_file import load_model, save_model
from qffc.models.force_field import ForceField, untrained
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.native_library import native_state

WATER = load_embedded("water")
SIVQLM = load("sivqlm-h2o", depth=1)
PAIR = load("pair", channels=1, depth=1, hidden=(4,), basis_size=3)
SYMMETRIC = [f"{name}: {what}" for name in ("rotation", "inversion", "translation") for what in ("energy", "forces")]

# The readout lacks the cutoff, and a constant counts circuits in the place of atoms.
UNBOUND = pair_text(
    "rotate a1, radial(f[Z(c), Z(a)], norm(r(c, a)))*unit(r(c, a))",
    "rotate b1, radial(f[Z(c), Z(b)], norm(r(c, b)))*unit(r(c, b))",
    species="O, H",
    parameters=("f: species, species radial bessel 3 cutoff 2", "offset default 1"),
    readout="energy moment(m) + offset",
)

# The first coordinate of one atom enters the energy.
RAW = """qffc 1

program raw
symmetry rotation, inversion, translation, exchange
scope molecule
species H

site A: H free
site B: H free

qubit p: A
qubit q: B

singlet p, q
rotate p, r(A, B)

observable m = dot(p, q)
energy moment(m) + component(x(A), x)
"""


class Wrapped(ForceField):
    """A model with something added to its energies and forces."""

    def predict(self, numbers, positions, **how):
        energies, forces = super().predict(numbers, positions, **how)
        return self.spoil(energies, forces, np.asarray(positions))


class Drifting(Wrapped):
    """The first coordinate of the first atom is added to the energy, and its derivative to the forces."""

    def spoil(self, energies, forces, positions):
        forces = forces.copy()
        forces[:, 0, 0] -= 1.0
        return energies + positions[:, 0, 0], forces


class Careless(Wrapped):
    """Forces that are not the gradient, but turn with the molecule, and have no net force and torque."""

    def spoil(self, energies, forces, positions):
        return energies, 1.001 * forces


class Leaky(Wrapped):
    """Not finite where atoms meet."""

    def spoil(self, energies, forces, positions):
        bonds = np.linalg.norm(positions[:, 0] - positions[:, 1], axis=1)
        return np.where(bonds > 0, energies, np.inf), forces


class Plain(ForceField):
    """Counts how often it was asked."""

    @cached_property
    def calls(self):
        return []

    def predict(self, numbers, positions, **how):
        self.calls.append((len(numbers), len(positions)))
        return super().predict(numbers, positions, **how)


def wrapped(kind, program=SIVQLM):
    model = untrained(program, seed=1)
    return kind(model.program, model.arrays, model.metadata)


def test_untrained_pair_model_holds():
    made = check_model(untrained(PAIR, seed=3))
    assert made.holds, made.render()
    # An untrained model does not know where its data end.
    assert {test.verdict for test in made.tests if test.reason != "the model has no limits"} == {"holds"}
    assert made.digest == PAIR.digest
    assert made.geometries == "random ones"


@pytest.mark.parametrize(("name", "idle"), [("sivqlm-h2o", 2), ("sivqlm-lih", 3)])
def test_untrained_molecule_model_holds(name, idle):
    made = check_model(untrained(load(name, depth=1), seed=1))
    assert made.holds, made.render()
    reasons = {test.name: test.reason for test in made.tests if test.verdict == "does not apply"}
    assert len(reasons) == idle + 4  # which need limits
    assert "cutoff" in reasons["leaving at the cutoff"]
    assert "one molecule" in reasons["two far molecules"]


def test_the_same_seed_gives_the_same_numbers():
    model = untrained(SIVQLM, seed=1)
    assert check_model(model, seed=4) == check_model(model, seed=4)
    assert check_model(model, seed=4) != check_model(model, seed=5)


def test_every_call_has_one_of_few_shapes():
    model = wrapped(Plain, PAIR)
    check_model(model)
    assert len(set(model.calls)) == 2


def test_an_absolute_coordinate_fails_what_it_breaks():
    made = check_model(wrapped(Drifting))
    broken = {*SYMMETRIC, "net force", "net torque"} - {"translation: forces"}
    assert set(made.failed) == broken
    assert not made.holds
    assert "FAILS" in made.render()


def test_a_program_with_a_raw_coordinate_fails():
    program = parse_program(RAW)
    assert not check_equivariance(program).holds
    made = check_model(untrained(program, seed=0))
    assert {"translation: energy", "rotation: energy", "exchange: energy", "net force"} <= set(made.failed)
    assert "forces = -gradient" not in made.failed


def test_a_program_that_is_not_exchangeable_fails_that_alone():
    made = check_model(untrained(load("water-demo", depth=1), seed=0))
    assert made.failed == ("exchange: energy", "exchange: forces")


def test_forces_that_are_not_the_gradient_fail_that_alone():
    assert check_model(wrapped(Careless)).failed == ("forces = -gradient",)


def test_a_program_without_cutoff_in_its_readout_is_not_extensive():
    made = check_model(untrained(parse_program(UNBOUND), seed=0), np.array([8, 1, 1]))
    assert "two far molecules: energy" in made.failed
    assert not set(made.failed) & set(SYMMETRIC)


@pytest.mark.parametrize(("kind", "failed"), [("rough", "slope of forces"), ("torn", "energy")])
@pytest.mark.usefixtures("own_functions")
def test_a_cutoff_that_is_not_smooth_fails(monkeypatch, kind, failed):
    def rough(distance, radius, xp):
        # Value and slope vanish at the radius; the curvature does not.
        x = xp.where(distance < radius, distance / radius, 1.0)
        return (1.0 - x) ** 2 * (1.0 + 2.0 * x)

    def torn(distance, radius, xp):
        return xp.where(distance < radius, 1.0 + 0.0 * distance, 0.0)

    monkeypatch.setattr("qffc.ir.evaluate.smooth_cutoff", {"rough": rough, "torn": torn}[kind])
    monkeypatch.setattr("qffc.models.checks.model_check.TESTS", (property_tests.smoothness,))
    names = check_model(untrained(PAIR, seed=3), np.array([8, 1, 1])).failed
    assert names[-1] == "leaving at the cutoff: slope of forces"
    assert names[0] == f"leaving at the cutoff: {failed}"


def test_what_is_not_finite_fails_and_is_null_in_json():
    made = check_model(wrapped(Leaky))
    assert made.failed == ("finite where atoms meet",)
    lost = replace(made, tests=(replace(made.tests[0], deviation=float("nan")),))
    assert lost.failed == ("rotation: energy",)
    assert lost.to_json()["properties"][0]["deviation"] is None
    assert "not finite" in lost.render()
    json.dumps([made.to_json(), lost.to_json()], allow_nan=False)


def test_nan_that_jax_finds_is_a_failure_too():
    class Broken(ForceField):
        def predict(self, numbers, positions, **how):
            raise FloatingPointError("invalid value")

    made = check_model(wrapped(Broken))
    assert {test.verdict for test in made.tests} == {"FAILS", "does not apply"}


def test_geometries_of_the_data_that_the_model_names():
    model = untrained(SIVQLM, seed=1)
    named = replace(model, metadata={"data_name": "water", "data_fingerprint": WATER.fingerprint})
    assert check_model(named).geometries == "frames of the data 'water'"
    other = replace(model, metadata={"data_name": "water", "data_fingerprint": "0"})
    assert check_model(other).geometries == "random ones"


def test_given_geometries():
    model = untrained(SIVQLM, seed=1)
    assert check_model(model, WATER.numbers, WATER.positions[:9]).frames == 4
    one = check_model(model, positions=WATER.positions[0])
    assert (one.frames, one.geometries, one.holds) == (1, "as given", True)
    with pytest.raises(QffcError, match="another shape"):
        check_model(model, WATER.numbers, WATER.positions[0, :2])
    with pytest.raises(QffcError, match="without elements"):
        check_model(untrained(PAIR, seed=1), positions=WATER.positions[:1])


def test_cutoffs_of_a_program():
    assert property_tests.cutoffs_of(parse_program(UNBOUND)) == (2.0,)
    assert property_tests.cutoffs_of(SIVQLM) == ()


def test_a_model_with_the_certificate_of_another_program_is_refused(tmp_path):
    file = tmp_path / "m.safetensors"
    model = untrained(SIVQLM, seed=1)
    own, other = check_equivariance(SIVQLM), check_equivariance(load("sivqlm-lih", depth=1))
    save_model(replace(model, metadata={"certificate": own.to_json()}), file)
    assert load_model(file).program == SIVQLM
    save_model(replace(model, metadata={"certificate": other.to_json()}), file)
    with pytest.raises(QffcError, match="certificate of another program") as caught:
        load_model(file)
    assert own.digest in str(caught.value)
    assert other.digest in str(caught.value)
    save_model(replace(model, metadata={"certificate": "{"}), file)
    with pytest.raises(QffcError, match="not JSON"):
        load_model(file)


def test_an_example_of_its_data_is_where_a_model_is_tested():
    frames = load_embedded("ammonia").subset(range(3))
    program = load("pair", species=("N", "H"), channels=1, depth=1, hidden=(4,))
    model = replace(untrained(program, seed=0), metadata=describe_sets([frames]))
    made = check_model(model)
    assert made.geometries == "the example of its data, shaken"
    assert made.holds, made.render()
    chosen = choose_geometries(model, None, None, np.random.default_rng(0))
    moved = chosen.frames - frames.positions[0]
    assert len(moved) == 4
    assert 0.02 < moved.std() < 0.05  # Angstrom: apart from each other, and where the model is at home


@pytest.mark.skipif(not native_state().available, reason="no native kernel")
def test_sums_over_neighbours_are_checked_without_compiling():
    """Molecules that fall apart, come together and stand in a line have other neighbours at every call."""
    model = untrained(load("gathered", species=("Cu",), channels=2, depth=1, hidden=(4,), basis_size=3, cutoff=3.0), 1)
    assert check_model(model).holds
    assert not model._functions
