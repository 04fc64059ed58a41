"""Rows with weights by species: numbers and traced species give the same."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from qffc.models.rows.species_rows import order_of, summed, taken, times_weights

KINDS = np.array([0, 0, 2, 2, 2])


def numbers(seed):
    generator = np.random.default_rng(seed)
    return jnp.asarray(generator.normal(size=(5, 2, 3))), jnp.asarray(generator.normal(size=(4, 3, 6)))


def test_each_row_has_the_matrix_of_its_kind():
    rows, weights = numbers(0)
    expected = np.einsum("nbi,nio->nbo", rows, weights[KINDS])
    np.testing.assert_allclose(times_weights(rows, weights, KINDS), expected, rtol=1e-14)
    np.testing.assert_allclose(jax.jit(times_weights)(rows, weights, KINDS), expected, rtol=1e-14)


def test_gradients_of_numbers_and_of_traced_kinds_agree():
    rows, weights = numbers(1)

    def loss(r, w, kinds):
        return jnp.sum(jnp.sin(times_weights(r, w, kinds)))

    known = jax.grad(lambda r, w: loss(r, w, KINDS), (0, 1))(rows, weights)
    traced = jax.jit(jax.grad(loss, (0, 1)))(rows, weights, KINDS)
    for one, other in zip(known, traced, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)
    assert not np.any(known[1][1])  # no row is of this kind


def test_no_rows_give_no_rows():
    _, weights = numbers(2)
    assert times_weights(jnp.zeros((0, 2, 3)), weights, KINDS[:0]).shape == (0, 2, 6)


def test_rows_are_taken_and_summed_by_index():
    rows, _ = numbers(3)
    index = np.array([4, 0, 0])
    expected = np.zeros((5, 2, 3))
    np.add.at(expected, index, np.asarray(rows)[index])
    for chosen in (index, jnp.asarray(index)):
        np.testing.assert_array_equal(taken(rows, chosen), np.asarray(rows)[index])
        np.testing.assert_allclose(summed(taken(rows, chosen), chosen, 5), expected, rtol=1e-15)


def test_rows_of_one_kind_lie_side_by_side():
    kinds = np.array([2, 0, 1, 0])
    np.testing.assert_array_equal(kinds[order_of(kinds)], [0, 0, 1, 2])
    assert order_of(jnp.asarray(kinds)) is None
    assert order_of(KINDS) is None
