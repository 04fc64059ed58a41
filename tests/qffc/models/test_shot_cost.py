"""The shot cost is that of a quote, and its derivatives are those of differences."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qffc.execution.energy_circuits import prepare
from qffc.execution.quote import planned_variances
from qffc.execution.shot_need import shots_needed
from qffc.library import load
from qffc.models.circuits.instances import instances_of
from qffc.models.energy import MoleculeEnergy
from qffc.models.force_field import untrained
from qffc.models.molecule_circuits import CONSTANT_PREFIX, ENERGY_SCALE
from qffc.models.shot_cost import SMOOTHING, costs_of_frames, shot_cost, shots_for, with_shots
from qffc.passes.lower_jax.double_precision import in_double_precision
from qffc.passes.measurement.plan import plan_measurement
from qffc.targets.catalogue import target

NUMBERS = np.array([8, 1, 1])
WATER = np.array([[[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]], [[0, 0, 0.05], [0.90, 0.1, 0], [-0.24, 1.0, 0]]])
PROGRAMS = {
    "pairs": load("pair", channels=1, depth=1, hidden=(4,), products=True, messages=1),
    "rounds": load("gathered", channels=1, depth=1, rounds=2, vectors=2, hidden=(4, 4)),
    "a molecule": load("sivqlm-h2o", depth=1),
}


class Costs:
    """A model with its shot cost."""

    def __init__(self, name):
        self.model = untrained(PROGRAMS[name], seed=1)
        self.molecule = MoleculeEnergy(self.model.lowered, instances_of(self.model.program, NUMBERS))
        self.cost = shot_cost(self.model.lowered)
        self.arrays = {key: jnp.asarray(value) for key, value in self.model.arrays.items()}

    def triples(self):
        molecule = self.molecule

        def energies(arrays, r, _, beside):
            return arrays[ENERGY_SCALE] * molecule.raw_energies(arrays, r, beside)

        def along(arrays, r, _, direction, beside):
            found, slopes = molecule.raw_energies_along(arrays, r, direction, beside)
            return arrays[ENERGY_SCALE] * found, arrays[ENERGY_SCALE] * slopes

        return with_shots(
            self.cost, energies, along, lambda r, _: molecule.shape(r), lambda each, _: jnp.sum(each, axis=(1, 2))
        )


@pytest.mark.parametrize("name", ["a molecule", "pairs", pytest.param("rounds", marks=pytest.mark.slow)])
@in_double_precision
def test_the_cost_is_that_of_a_quote(name):
    here = Costs(name)
    job = prepare(here.model, NUMBERS, WATER)
    _, slopes = job.energies_and_slopes(job.exact_moments)
    spreads = np.sqrt(planned_variances(job, plan_measurement(job.split), slopes)).reshape(len(WATER), -1)
    found = jax.jit(costs_of_frames(here.cost, here.molecule))(here.arrays, jnp.asarray(WATER))
    np.testing.assert_allclose(found, spreads.sum(axis=1), rtol=1e-9)
    assert spreads.sum() > 0.1


@pytest.mark.parametrize("name", ["a molecule", pytest.param("rounds", marks=pytest.mark.slow)])
@in_double_precision
def test_derivatives_are_those_of_differences(name):
    here = Costs(name)
    values, generator = here.triples(), np.random.default_rng(0)
    turned = {
        name: jnp.asarray(generator.normal(size=value.shape))
        for name, value in here.arrays.items()
        if not name.startswith(CONSTANT_PREFIX)
    }
    moved = jnp.asarray(generator.normal(size=WATER.shape))

    def loss(step):
        arrays = {**here.arrays, **{name: here.arrays[name] + step[0] * way for name, way in turned.items()}}
        energies, forces, costs = values(arrays, WATER + step[1] * moved, None)
        return jnp.sum(energies) + 0.3 * jnp.sum(forces**2) + jnp.sum(jnp.array([1.0, 2.0]) * costs**2)

    value, small = jax.jit(loss), 1e-5
    found = jax.jit(jax.grad(loss))(jnp.zeros(2))
    for place in range(2):
        step = small * np.eye(2)[place]
        wanted = (value(jnp.asarray(step)) - value(jnp.asarray(-step))) / (2 * small)
        np.testing.assert_allclose(found[place], wanted, rtol=1e-5)


@in_double_precision
def test_smoothing_takes_little_and_leaves_no_infinite_slope():
    cost = Costs("a molecule").cost
    singlets = [jnp.zeros((1, 1, 1, len(cost.outcomes.strings)))]
    slopes = [jnp.ones((1, 1, 1, cost.observables))]
    exact, smooth = (float(cost.of_circuits(slopes, singlets, s)[0, 0, 0]) for s in (0.0, SMOOTHING))
    assert 0 < exact - smooth <= len(cost.outcomes.settings) * SMOOTHING
    for smoothing in (0.0, SMOOTHING):
        silent = jax.grad(lambda g, s=smoothing: jnp.sum(cost.of_circuits([g], singlets, s)))(0.0 * slopes[0])
        np.testing.assert_array_equal(silent, 0.0)


def test_what_a_model_needs():
    model = Costs("a molecule").model
    need = shots_needed(model, NUMBERS, WATER, standard_error=2e-3, target=target("H2-1LE"))
    finer = shots_needed(model, NUMBERS, WATER, standard_error=1e-3)
    np.testing.assert_allclose(4 * need.shots, finer.shots)
    assert need.price > 5
    assert np.isnan(finer.price)
    assert shots_for(0.004, 2e-3) == pytest.approx(4)
    assert np.isnan(shots_needed(model, NUMBERS, WATER[:1]).measured)
