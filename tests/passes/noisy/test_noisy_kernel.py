"""The noisy kernel against density matrices of the circuits that are emitted, closed forms, and finite differences."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pytket.circuit import OpType

from qffc.execution.estimate import device_kernel
from qffc.ir import parse_program
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_jax.double_precision import double_precision
from qffc.passes.lower_jax.kernel import make_kernel
from qffc.passes.measurement.settings import measurement_plan
from qffc.passes.native_library import native_state
from qffc.passes.noisy.make import NoisyLowering, noisy_functions, noisy_kernel
from qffc.passes.target_noise import NoiseModel
from qffc.targets.catalogue import target

H2 = target("H2-1LE")
LOUD = NoiseModel(0.01, 0.02, 0.01, preparation=0.04, measurement_0=0.03, measurement_1=0.05)
PAULIS = (np.eye(2), np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1]))
TINY = """qffc 1

program tiny
scope molecule
species H

site A: H free

qubit a
qubit b

singlet a, b

observable m = dot(a, b)
energy moment(m)
"""


@pytest.fixture(autouse=True)
def _double():
    with double_precision():
        yield


def on(matrix, qubits, size):
    """A matrix on some qubits of a register; qubit 0 is the most significant."""
    rest = [qubit for qubit in range(size) if qubit not in qubits]
    full = np.kron(matrix, np.eye(2 ** len(rest))).reshape([2] * 2 * size)
    order = np.argsort([*qubits, *rest])
    return full.transpose([*order, *(order + size)]).reshape(2**size, 2**size)


def mixed(rho, chance, errors):
    """One of some errors, all as likely."""
    return (1 - chance) * rho + sum(chance / len(errors) * e @ rho @ e.conj().T for e in errors)


def outcomes(circuit, noise, weights):
    """Probabilities of the outcomes of a circuit by the definitions of the noise model, bits in order."""
    size = circuit.n_qubits
    rho = np.zeros((2**size, 2**size), dtype=complex)
    rho[0, 0] = 1
    for qubit in range(size):
        rho = mixed(rho, noise.preparation, [on(PAULIS[1], [qubit], size)])
    layers, bits = [0] * size, {}
    for command in circuit:
        qubits = [circuit.qubits.index(qubit) for qubit in command.qubits]
        if command.op.type == OpType.Measure:
            bits[circuit.bits.index(command.bits[0])] = qubits[0]
            continue
        layer = 1 + max(layers[qubit] for qubit in qubits)
        waits = [layer - 1 - layers[qubit] for qubit in qubits] if len(qubits) == 2 else []
        for qubit, wait in zip(qubits, waits, strict=False):
            rho = mixed(rho, noise.dephasing(wait), [on(PAULIS[3], [qubit], size)])
        unitary = on(command.op.get_unitary(), qubits, size)
        rho = unitary @ rho @ unitary.conj().T
        words = list(product(range(4), repeat=len(qubits)))[1:]
        errors = [on(reduce(np.kron, [PAULIS[k] for k in word]), qubits, size) for word in words]
        if len(qubits) == 1:
            rho = rho if command.op.type == OpType.Rz else mixed(rho, noise.pauli_one_qubit, errors)
            continue
        used = sum(abs(float(angle)) > 1e-9 for angle in command.op.params)
        rho = mixed(rho, noise.pauli_two_qubit(weights.of(command.op.type.name, used)), errors)
        for qubit in qubits:
            rho = mixed(rho, noise.dephasing(1), [on(PAULIS[3], [qubit], size)])
            layers[qubit] = layer
    chances = np.diagonal(rho).real.reshape([2] * size)
    order = [bits[bit] for bit in sorted(bits)]
    chances = chances.sum(axis=tuple(q for q in range(size) if q not in order))
    chances = chances.transpose(np.argsort(np.argsort(order)))
    read = np.array([[1 - noise.measurement_0, noise.measurement_1], [noise.measurement_0, 1 - noise.measurement_1]])
    for axis in range(len(order)):
        chances = np.moveaxis(np.tensordot(read, chances, axes=(1, axis)), 0, axis)
    return chances


def emitted_moments(split, plan, row, noise):
    """The moments of one binding from density matrices of its emitted circuits."""
    kernel = device_kernel(split, H2)
    found = np.array(plan.constants)
    for number, setting in enumerate(plan.settings):
        chances = outcomes(kernel.bind_measured(row, setting), noise, H2.weights)
        values = []
        for sign, qubits in setting.readings:
            read = [np.array([1, -1]) if q in qubits else np.ones(2) for q in setting.measured]
            values.append(sign * float((reduce(np.multiply.outer, read) * chances).sum()))
        found = found + plan.weights(number) @ np.array(values)
    return found


@pytest.mark.parametrize(
    ("name", "choices", "bell"),
    [
        pytest.param("sivqlm-lih", {"depth": 1}, False, marks=pytest.mark.slow),
        pytest.param("pair", {"depth": 3}, True, marks=pytest.mark.slow),
        pytest.param("pair", {"depth": 1}, False, marks=pytest.mark.slow),
        ("water-demo", {"depth": 2}, True),  # its second qubits are measured in frames that follow a decomposition
    ],
)
def test_moments_are_those_of_the_emitted_circuits(name, choices, bell):
    split = split_program(load(name, **choices))
    plan = None if bell else measurement_plan(split.observables, split.qubit_count)
    kernel = noisy_kernel(split, H2.with_noise(LOUD), plan)
    assert any(setting.pairs for setting in kernel.plan.settings) == bell
    slots = np.random.default_rng(1).normal(size=(2, split.slot_count))
    expected = [emitted_moments(split, kernel.plan, row, LOUD) for row in slots]
    found = kernel.moments(jnp.asarray(slots))
    np.testing.assert_allclose(found, expected, atol=1e-10)
    if native_state().available:
        native = noisy_functions(kernel, "native").moments(jnp.asarray(slots))
        np.testing.assert_allclose(native, found, rtol=0, atol=1e-12)


def test_without_noise_worth_the_name_it_is_the_exact_kernel():
    split = split_program(load("pair", depth=1))
    slots = jnp.asarray(np.random.default_rng(2).normal(size=(3, split.slot_count)))
    kernel = noisy_kernel(split, H2.with_noise(NoiseModel(measurement_0=1e-15)))
    np.testing.assert_allclose(kernel.moments(slots), make_kernel(split).moments(slots), atol=1e-12)


@pytest.mark.parametrize(
    ("noise", "expected"),
    [
        (NoiseModel(two_qubit=0.03), -3 * (1 - 16 / 15 * 1.25 * 0.03)),  # one gate, one channel
        (NoiseModel(measurement_0=0.1, measurement_1=0.1), -3 * 0.8**2),
        # Each reading is a Z + b: of a singlet a^2 <ZZ> + b^2.
        (NoiseModel(measurement_0=0.1, measurement_1=0.3), -3 * (0.6**2 - 0.2**2)),
        (NoiseModel(memory=0.05), -3),  # a singlet is prepared along what is measured, which dephasing leaves alone
        (NoiseModel(preparation=0.1), -2 * 0.8 - 0.8**2),
    ],
)
def test_a_singlet(noise, expected):
    split = split_program(parse_program(TINY))
    plan = measurement_plan(split.observables, 2)
    found = noisy_kernel(split, H2.with_noise(noise), plan).moments(jnp.zeros((1, split.slot_count)))
    # Along x, y and z in turn; a wrong start tells the axis of the gate from the others.
    if noise.preparation:
        expected = float(emitted_moments(split, plan, np.zeros(split.slot_count), noise)[0])
    assert float(found[0, 0]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.slow
def test_derivatives_in_every_mode():
    split = split_program(load("pair", depth=1))
    kernel = noisy_kernel(split, H2.with_noise(LOUD))
    random = np.random.default_rng(3)
    slots, along = (jnp.asarray(random.normal(size=(1, split.slot_count))) for _ in range(2))
    weights = jnp.asarray(random.normal(size=(1, len(split.observables))))
    step = 1e-5

    @jax.jit
    def value(x):
        return jnp.sum(weights * kernel.moments(x))

    @jax.jit
    def slopes(x):
        moments, tangent = kernel.moments_along(x, along)
        gradient = jax.grad(value)(x)
        return moments, tangent, gradient, jax.grad(lambda y: jnp.sum(weights * kernel.moments_along(y, along)[1]))(x)

    _, tangent, gradient, product = slopes(slots)
    above, below = slots + step * along, slots - step * along
    difference = (value(above) - value(below)) / (2 * step)
    np.testing.assert_allclose(jnp.sum(weights * tangent), difference, rtol=1e-7)
    np.testing.assert_allclose(jnp.sum(gradient * along), difference, rtol=1e-7)
    turned = (slopes(above)[2] - slopes(below)[2]) / (2 * step)
    np.testing.assert_allclose(product, turned, atol=1e-7)


def test_equal_names_are_equal_kernels():
    lowering = NoisyLowering(target("H2-1"))
    again = NoisyLowering.of_name(lowering.name)
    assert again.name == lowering.name
    assert again.name != NoisyLowering(target("H2-2")).name
    program = load("pair", depth=1)
    slots = jnp.ones((1, split_program(program).slot_count))
    np.testing.assert_array_equal(lowering(program).moments(slots), again(program).moments(slots))


@pytest.mark.parametrize("name", ["noisy {}", 'noisy {"version": 2}', "other", "noisy ["])
def test_a_damaged_name_is_refused(name):
    with pytest.raises(QffcError, match="noise of a model that cannot be read"):
        NoisyLowering.of_name(name)


@pytest.mark.parametrize(
    ("program", "place", "title"),
    [
        ("pair:depth=1", "H2-1LE", "target without noise"),
        ("pair:depth=1", "ideal", "target without noise"),
        ("pair:depth=1", "HeliosLE-noisy", "circuits whose noise is not known beforehand"),
        ("ring:qubits=8,depth=1", "H2-1", "too many qubits for a density matrix"),
    ],
)
def test_what_cannot_be_simulated_is_refused(program, place, title):
    name, choices = program.split(":")
    given = {key: int(value) for key, value in (pair.split("=") for pair in choices.split(","))}
    with pytest.raises(QffcError, match=title):
        noisy_kernel(split_program(load(name, **given)), target(place))


def test_gates_that_depend_on_angles_are_refused():
    split = split_program(load("pair", depth=1))
    other = replace(H2.with_noise(LOUD), two_qubit="ZZPhase")
    with pytest.raises(QffcError, match="circuits whose noise is not known beforehand"):
        noisy_kernel(split, other)
