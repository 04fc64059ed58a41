"""The native loop, steps in NumPy and the classes of ASE give one trajectory; thermostats give their temperature."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import molecule
from ase.md.bussi import Bussi
from ase.md.verlet import VelocityVerlet

from qffc.models.calculator import Calculator
from qffc.motion.movers import NativeMover, PlainMover, group_of, mover_of
from qffc.motion.noise import Noise
from qffc.motion.replicas import Replicas, replicas_at
from qffc.motion.settings import DynamicsSettings, Limits
from qffc.motion.steps import after_forces, before_forces, coefficients

pytestmark = pytest.mark.usefixtures("needs_native")
METHANOL = molecule("CH3OH")
NUMBERS = METHANOL.numbers


def settings_of(thermostat, **others):
    return DynamicsSettings(thermostat=thermostat, precision=64, skin=0.1, **others)


def moved(mover, moving, settings, steps, blocks=1):
    noise = Noise(settings, len(NUMBERS), moving.freedoms)
    mover.start(moving)
    for _ in range(blocks):
        mover.move(moving, steps // blocks, noise.draw(steps // blocks), Limits())
    return moving


def native(model, settings):
    moving = replicas_at(NUMBERS, METHANOL.positions, settings)
    mover = mover_of(model, NUMBERS, moving, settings)
    assert isinstance(mover, NativeMover)
    return mover, moving


def test_native_steps_are_those_of_ase(rounds):
    settings = settings_of("none", temperature=600)
    mover, moving = native(rounds, settings)
    atoms = Atoms(NUMBERS, METHANOL.positions, calculator=Calculator(rounds, skin=0.1))
    atoms.set_velocities(moving.velocities[0])
    moved(mover, moving, settings, 60)
    VelocityVerlet(atoms, 0.5 * units.fs).run(60)
    assert np.abs(atoms.positions - METHANOL.positions).max() > 0.1
    assert mover._lists[0] > 1
    np.testing.assert_allclose(moving.positions[0], atoms.positions, rtol=0, atol=1e-11)
    np.testing.assert_allclose(moving.velocities[0], atoms.get_velocities(), rtol=0, atol=1e-11)
    assert moving.energies[0] == pytest.approx(atoms.get_potential_energy(), abs=1e-10)


@pytest.mark.parametrize("thermostat", ["none", "langevin", "bussi"])
def test_native_steps_are_those_of_numpy(rounds, thermostat):
    settings = settings_of(thermostat, replicas=3, seed=4)
    mover, one = native(rounds, settings)
    other = replicas_at(NUMBERS, METHANOL.positions, settings)
    moved(mover, one, settings, 30, blocks=3)
    moved(PlainMover(rounds, NUMBERS, other, settings), other, settings, 30)
    for name in ("positions", "velocities", "forces", "energies", "grades", "heat"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=0, atol=1e-10, err_msg=name)
    assert np.abs(one.positions[0] - one.positions[1]).max() > 0.01
    assert (thermostat == "none") == bool(np.all(one.heat == 0))


class Told:
    """Random numbers that are told, one pair after another."""

    def __init__(self, pairs):
        self.pairs = iter(pairs)

    def standard_normal(self):
        normal, self.squares = next(self.pairs)
        return normal

    def standard_gamma(self, _):
        return self.squares / 2


def test_rescaling_is_that_of_ase(rounds, monkeypatch):
    settings = settings_of("bussi", friction=0.02)
    mover, moving = native(rounds, settings)
    atoms = Atoms(NUMBERS, METHANOL.positions, calculator=Calculator(rounds, skin=0.1))
    atoms.set_velocities(moving.velocities[0])
    monkeypatch.setattr(Atoms, "get_number_of_degrees_of_freedom", lambda _: moving.freedoms)
    drawn = Noise(settings, len(NUMBERS), moving.freedoms).draw(20)
    Bussi(atoms, 0.5 * units.fs, temperature_K=300, taut=50 * units.fs, rng=Told(drawn[0])).run(20)
    moved(mover, moving, settings, 20)
    np.testing.assert_allclose(moving.positions[0], atoms.positions, rtol=0, atol=1e-11)


def test_results_do_not_depend_on_blocks_or_neighbours_in_a_group(rounds):
    settings = settings_of("langevin", replicas=4)
    assert group_of(4, len(NUMBERS)) == 2
    whole, parts = (moved(*native(rounds, settings), settings, 24, blocks=blocks) for blocks in (1, 4))
    assert np.array_equal(whole.positions, parts.positions)
    alone = moved(*native(rounds, settings_of("langevin")), settings_of("langevin"), 24)
    np.testing.assert_allclose(whole.positions[0], alone.positions[0], rtol=0, atol=1e-10)


@pytest.mark.parametrize(("thermostat", "freedoms"), [("langevin", 3), ("bussi", 6)])
def test_thermostats_sample_the_canonical_distribution(thermostat, freedoms):
    """Two atoms on springs to the places where they were, 400 replicas; the law of the kinetic energy is known."""
    settings = DynamicsSettings(thermostat=thermostat, temperature=300, step=1.0, friction=0.05, replicas=400)
    shape = (400, 2, 3)
    random = np.random.default_rng(5)
    masses = np.array([1.0, 12.0])
    zeros = (np.zeros(400) for _ in range(4))
    moving = Replicas(masses, freedoms, np.zeros(shape), 0.01 * random.normal(size=shape), np.zeros(shape), *zeros)
    if thermostat == "langevin":
        moving.velocities -= (masses @ moving.velocities / masses.sum())[:, None]
    own, noise = coefficients(settings, freedoms), Noise(settings, 2, freedoms).draw(700)
    kinetic = []
    stiff = np.array([[1.0, -1.0], [-1.0, 1.0]])
    for step in range(700):
        before_forces(moving, own, noise[:, step])
        moving.forces = -np.einsum("ab,rbx->rax", stiff, moving.positions)
        after_forces(moving, own)
        if step > 200:
            kinetic.append(moving.kinetic)
    found = np.array(kinetic) / (units.kB * 300)
    assert found.mean() == pytest.approx(freedoms / 2, rel=0.02)
    assert found.var() == pytest.approx(freedoms / 2, rel=0.08)
    if thermostat == "langevin":
        np.testing.assert_allclose(masses @ moving.velocities, 0, atol=1e-12)
        stretch = moving.positions[:, 0] - moving.positions[:, 1]
        assert (stretch**2).mean() == pytest.approx(units.kB * 300, rel=0.15)


def test_first_velocities_move_and_turn_nothing():
    turned = METHANOL.copy()
    turned.rotate(37, (1, 2, 3))
    turned.translate((5, -3, 8))
    for atoms in (METHANOL, turned):
        moving = replicas_at(NUMBERS, atoms.positions, DynamicsSettings(thermostat="none", replicas=2))
        momenta = moving.velocities * moving.masses[:, None]
        np.testing.assert_allclose(momenta.sum(axis=1), 0, atol=1e-12)
        np.testing.assert_allclose(np.cross(atoms.positions - 5, momenta).sum(axis=1), 0, atol=1e-12)
        np.testing.assert_allclose(moving.temperatures, 300)
        assert not np.allclose(moving.velocities[0], moving.velocities[1])
    line = replicas_at(np.array([8, 6, 8]), np.outer([-1.2, 0, 1.2], (1, 2, -1)) / 6**0.5, DynamicsSettings("bussi"))
    assert (moving.freedoms, line.freedoms) == (3 * 6 - 6, 3 * 3 - 5)
