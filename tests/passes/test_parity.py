"""One meaning, four ways: scipy's matrix exponential, the NumPy reference, the JAX kernel and the pytket circuit."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from expm_moments import dense_moments, matrix

from qffc.ir.evaluate import Evaluator
from qffc.ir.reference import moments
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_jax.program import lower_jax
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.target import MinimumAngles
from qffc.targets.catalogue import target

SEEDS = range(10)
EXACT = replace(target("H2-1LE"), minimum=MinimumAngles())


def jax_moments(lowered, instance):
    species = jnp.asarray(instance.species)
    parameters = {name: jnp.asarray(value) for name, value in instance.parameters.items()}
    return jax.jit(lambda r: lowered.moments(lowered.angles(parameters, r, species)[None])[0])


@pytest.mark.parametrize("seed", SEEDS)
def test_moments_agree_four_ways(example, seed):
    case = example(seed, qubits=3 + seed % 3)
    truth, _ = dense_moments(case.program, case.instance)
    np.testing.assert_allclose(moments(case.program, case.instance), truth, atol=1e-9)

    lowered = lower_jax(case.program)
    by_jax = jax_moments(lowered, case.instance)(jnp.asarray(case.instance.positions))
    np.testing.assert_allclose(by_jax, truth, atol=1e-9)

    split = split_program(case.program)
    instance = case.instance
    slots = jax.jit(lowered.angles)(instance.parameters, jnp.asarray(instance.positions), instance.species)
    circuit = PytketKernel(split, EXACT).bind(np.asarray(slots))
    state = circuit.get_statevector()
    evaluate = Evaluator(case.program, case.instance)
    qubits = len(case.program.qubits)
    by_pytket = [np.vdot(state, matrix(o.paulis, qubits, evaluate) @ state).real for _, o in case.program.observables]
    np.testing.assert_allclose(by_pytket, truth, atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS[:4])
def test_forces_agree_with_a_dense_reference_and_central_differences(example, seed):
    case = example(seed, qubits=4)
    function = jax_moments(lower_jax(case.program), case.instance)
    positions = jnp.asarray(case.instance.positions)
    jacobian = jax.jit(jax.jacrev(function))(positions)
    generator = np.random.default_rng(seed)
    for _ in range(2):
        along = generator.normal(size=positions.shape)
        by_jax = jnp.sum(jacobian * along[None], axis=(1, 2))
        _, truth = dense_moments(case.program, case.instance, along)
        np.testing.assert_allclose(by_jax, truth, atol=1e-8)
        step = 1e-5
        central = (function(positions + step * along) - function(positions - step * along)) / (2 * step)
        np.testing.assert_allclose(by_jax, central, atol=1e-6)
