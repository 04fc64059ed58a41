"""Derivatives from shifted circuits, against the derivatives that JAX takes of the kernel."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_jax.kernel import make_moments
from qffc.passes.parameter_shift import ParameterShift, left_jacobian, shift_rule
from qffc.targets.catalogue import target
from qffc.testing import programs

SPECIAL = [0.0, np.pi / 4, np.pi / 2, np.pi, 2 * np.pi]


@pytest.fixture(autouse=True, scope="module")
def double_precision():
    with jax.enable_x64(True):
        yield


def differentiate(split, slots):
    """The derivatives of a weighted sum of the moments from shifts, and from JAX: (circuits, slots)."""
    rule = shift_rule(split)
    rows = rule.slots(slots)
    moments = np.asarray(make_moments(rule.split)(jnp.asarray(rows.reshape(-1, rows.shape[-1]))))
    weights = 1.0 + np.arange(moments.shape[1])
    plain = make_moments(split)
    exact = jax.grad(lambda s: jnp.sum(plain(s) @ weights))(jnp.asarray(slots))
    return weights @ rule.jacobian(slots, moments.reshape(*rows.shape[:2], -1)), np.asarray(exact)


@settings(max_examples=6, deadline=None)
@given(programs(), st.integers(0, 2**31), st.sampled_from(["random", "special"]))
def test_shifts_give_the_derivative(program, seed, kind):
    split = split_program(program)
    random = np.random.default_rng(seed)
    shape = (2, split.slot_count)
    slots = random.uniform(-3, 3, shape) if kind == "random" else random.choice(SPECIAL, shape)
    if not any(op.vector or (op.angle and op.angle.terms) for op in split.ops):
        assert shift_rule(split).shifts == ()
        return
    shifted, exact = differentiate(split, slots)
    assert np.abs(shifted - exact).max(initial=0.0) < 1e-9


@pytest.mark.parametrize("reference", ["pair", "water-demo"])
def test_shifts_of_the_library(reference):
    split = split_program(load(reference, depth=1))
    slots = np.random.default_rng(1).uniform(-2, 2, (2, split.slot_count))
    slots[1, len(split.scalars) :] = 0.0  # no direction at all
    shifted, exact = differentiate(split, slots)
    assert np.abs(exact).max() > 0.1
    assert np.abs(shifted - exact).max() < 1e-9


def test_unshifted_circuits_are_the_program():
    split = split_program(load("sivqlm-h2o", depth=1))
    slots = np.random.default_rng(2).uniform(-2, 2, (3, split.slot_count))
    rule = shift_rule(split)
    moments = make_moments(rule.split)(jnp.asarray(rule.unshifted(slots)))
    assert np.allclose(moments, make_moments(split)(jnp.asarray(slots)), atol=1e-13)


@pytest.mark.parametrize("length", [0.0, 1e-9, 1e-3, 0.0099, 0.0101, 1.0, np.pi, 2 * np.pi])
def test_left_jacobian_is_the_derivative_of_the_turn(length):
    @jax.jit
    def turn(v):
        cross = jnp.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])
        return jax.scipy.linalg.expm(cross)

    vector = length * np.array([2.0, -3.0, 6.0]) / 7.0
    derivative = jax.jit(jax.jacfwd(turn))(jnp.asarray(vector)) if length else None
    jacobian = left_jacobian(vector)
    if derivative is None:
        assert np.array_equal(jacobian, np.eye(3))
        return
    for axis in range(3):
        generator = np.asarray(derivative[:, :, axis]) @ np.asarray(turn(vector)).T
        assert np.allclose(generator, np.cross(np.eye(3), jacobian[:, axis]), atol=1e-9)


def test_pass_leaves_the_program():
    program = load("pair", depth=1)
    result = ParameterShift().run(program, target("ideal"))
    assert result.program is program
    assert not result.changed
    rotations = sum(op.kind == "rotate" for op in result.output.base.ops)
    exchanges = sum(op.kind == "exchange" for op in result.output.base.ops)
    assert len(result.output.shifts) == 6 * rotations + 2 * exchanges


def test_slots_of_another_program_are_refused():
    rule = shift_rule(split_program(load("pair", depth=1)))
    with pytest.raises(QffcError, match="slots that are no table"):
        rule.slots(np.zeros((2, 3)))
