"""Gradients of losses with forces: along a direction, and by two reverse passes."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ase.build import molecule

from qffc.library import load
from qffc.models.circuits.instances import instances_of
from qffc.models.energy import MoleculeEnergy, energies_and_forces
from qffc.models.force_field import untrained
from qffc.models.force_gradient import with_forces
from qffc.models.frames.frame_batch import frame_energies, frame_energies_along, join_frames, joined_positions
from qffc.models.frames.frame_circuits import CircuitLists
from qffc.passes.lower_jax.kernel import KernelName
from qffc.passes.lower_jax.program import lower_jax

WATER, FORMALDEHYDE = molecule("H2O"), molecule("H2CO")


def check(values, plain, arrays, positions):
    """Hold the gradient of a loss of both kinds of residuals, by parameters and positions, against JAX's own."""
    _, forces = jax.eval_shape(plain, arrays, positions)
    aims = 0.3, jnp.sin(jnp.arange(forces.size, dtype=forces.dtype)).reshape(forces.shape)

    def loss(function, a, r):
        e, f = function(a, r)
        return jnp.sum((e - aims[0]) ** 2) + jnp.mean((f - aims[1]) ** 3)

    ours, expected = (jax.jit(jax.grad(loss, (1, 2)), static_argnums=0)(f, arrays, positions) for f in (values, plain))
    assert jax.tree.structure(ours) == jax.tree.structure(expected)
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
    assert max(float(jnp.max(jnp.abs(each))) for each in jax.tree.leaves(ours)) > 0.1


def check_molecule(program, atoms, frames, kernel="auto"):
    energy = MoleculeEnergy(lower_jax(program, kernel), instances_of(program, atoms.numbers))
    arrays = {name: jnp.asarray(value) for name, value in untrained(program, seed=2).arrays.items()}
    positions = atoms.positions + np.random.default_rng(0).normal(scale=0.1, size=(frames, len(atoms), 3))
    values = with_forces(
        lambda a, r, _: energy.raw_energies(a, r), lambda a, r, _, along: energy.raw_energies_along(a, r, along)
    )
    check(
        lambda a, r: values(a, r, None),
        lambda a, r: energies_and_forces(lambda x: energy.raw_energies(a, x), r),
        arrays,
        jnp.asarray(positions),
    )


@pytest.mark.slow
def test_a_molecule_with_messages():
    program = load("pair", species=("C", "H", "O"), channels=2, depth=1, hidden=(5,), messages=1, by_species=True)
    check_molecule(program, FORMALDEHYDE, 2)


@pytest.mark.parametrize("kernel", ["auto", pytest.param("portable", marks=pytest.mark.slow)])
def test_a_molecule_whose_readout_is_an_energy(kernel: KernelName):
    check_molecule(load("sivqlm-h2o", depth=1), WATER, 3, kernel)


@pytest.mark.slow  # gradients of joined frames are those of the frames alone in test_frame_batch.py
def test_joined_frames():
    program = load("pair", species=("C", "H", "O"), channels=2, depth=1, hidden=(5,), messages=1)
    lowered = lower_jax(program)
    lists = CircuitLists(lowered)
    molecules = [FORMALDEHYDE, WATER]
    batch = join_frames(lists.plan, [lists.of(each.numbers, each.positions) for each in molecules])
    positions = jnp.asarray(joined_positions([each.positions for each in molecules], 7))
    arrays = {name: jnp.asarray(value) for name, value in untrained(program, seed=2).arrays.items()}
    values = with_forces(
        lambda a, r, frames: frame_energies(lowered, frames, a, r),
        lambda a, r, frames, along: frame_energies_along(lowered, frames, a, r, along),
    )
    check(
        lambda a, r: jax.jit(values)(a, r, batch),
        lambda a, r: energies_and_forces(lambda x: frame_energies(lowered, batch, a, x), r),
        arrays,
        positions,
    )
