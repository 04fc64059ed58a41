"""Native layers against plain JAX: products by kinds, messages between atoms, and all derivatives that are needed."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qffc.passes.lower_jax.double_precision import double_precision
from qffc.passes.lower_jax.native_calls import INSTRUCTIONS_VARIABLE
from qffc.passes.lower_jax.native_messages import MOST_BASIS, Heard, messages
from qffc.passes.lower_jax.native_products import grouped_product
from qffc.passes.native_library import native_state

pytestmark = pytest.mark.skipif(not native_state().available, reason="no native kernel")

TYPES = {"float64": 1e-12, "float32": 1e-3}
SIZES = [  # rows, batch, in, out, kinds: below, at and beyond registers and blocks
    (7, 1, 5, 1, 3),
    (4, 3, 17, 33, 2),
    (13, 2, 48, 64, 4),
    (1, 1, 1, 70, 5),
]
EDGES = [  # atoms, batch, vectors, numbers, edges, basis, kinds
    (4, 2, 5, 3, 9, 3, 4),
    (5, 3, 0, 20, 11, 1, 1),
    (9, 5, 16, 16, 60, 4, 2),
    (2, 1, 4, 4, 0, 2, 1),
]


def cases(sizes):
    """All sizes on the best instruction set, and one of each type and set; what repeats a type or a size is slow."""
    best = [(size, "float64", "") for size in (sizes[0], sizes[2], sizes[3])]
    others = [(sizes[1], "float64", ""), (sizes[2], "float64", "portable")]
    slow = [pytest.param(*each, marks=pytest.mark.slow) for each in others]
    return [*best, *slow, (sizes[1], "float32", ""), (sizes[0], "float32", "avx2")]


@pytest.fixture(autouse=True)
def doubles():
    with double_precision():
        yield


def choose(instructions, monkeypatch):
    if instructions == "avx2" and native_state().reason == "portable":
        pytest.skip("this machine has no AVX2")
    monkeypatch.setenv(INSTRUCTIONS_VARIABLE, instructions)


def arrays(generator, dtype, *shapes):
    return [jnp.asarray(generator.normal(size=shape), dtype) for shape in shapes]


def need_close(found, expected, tolerance):
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert one.dtype == other.dtype
        scale = max(1.0, float(np.max(np.abs(other), initial=0.0)))
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * scale)


def plain_product(rows, weights, kinds):
    return jnp.einsum("nbi,nio->nbo", rows, weights[kinds])


def plain_messages(given, receivers, senders, kinds):
    filters = jnp.einsum("ebk,ekf->ebf", given.basis, given.tables[kinds])
    count = given.heard.shape[3]
    same, along, out = (filters[..., k * count : (k + 1) * count] for k in range(3))
    vectors, told = given.heard[senders][:, :, :3], given.heard[senders][:, :, 3]
    direction = given.directions[..., None]
    part = along * jnp.sum(direction * vectors, axis=2) + out * told
    sent = same[:, :, None] * vectors + part[:, :, None] * direction
    numbers = filters[..., 3 * count :] * given.sent[senders]
    return tuple(
        jnp.zeros((len(given.sent), *each.shape[1:]), each.dtype).at[receivers].add(each) for each in (sent, numbers)
    )


def need_equal_results(functions, given, tolerance):
    """Compare pairs of functions; all of one side are compiled at once, for compiling is what takes the time."""
    found, expected = (
        jax.jit(lambda *x, side=side: [each(*x) for each in side])(*given) for side in zip(*functions, strict=True)
    )
    need_close(found, expected, tolerance)


def wave(values):
    return sum(jnp.sum(jnp.sin(each)) for each in jax.tree.leaves(values))


@pytest.mark.parametrize(("size", "dtype", "instructions"), cases(SIZES))
def test_products_and_their_derivatives(size, dtype, instructions, monkeypatch):
    choose(instructions, monkeypatch)
    count, batch, inner, outer, kinds = size
    generator = np.random.default_rng(count)
    shapes = (count, batch, inner), (kinds, inner, outer)
    own, moved = (arrays(generator, dtype, *shapes) for _ in range(2))
    chosen = generator.integers(0, kinds, count)
    tolerance = TYPES[dtype]

    def along(product):
        return lambda *x: jax.jvp(lambda *y: wave(product(*y, chosen)), x, tuple(moved))[1]

    def squared(product):
        return lambda *x: sum(jnp.sum(g**2) for g in jax.grad(lambda *y: wave(product(*y, chosen)), (0, 1))(*x))

    need_close(grouped_product(*own, chosen), plain_product(*own, chosen), tolerance)
    pairs = [(make(grouped_product), make(plain_product)) for make in (along, squared)]
    slopes = [tuple(jax.grad(each, (0, 1)) for each in pair) for pair in pairs]
    need_equal_results([*pairs, *slopes], own, tolerance)


@pytest.mark.parametrize(("size", "dtype", "instructions"), cases(EDGES))
def test_messages_and_their_derivatives(size, dtype, instructions, monkeypatch):
    choose(instructions, monkeypatch)
    given, moved, index = edges_of(size, dtype)
    tolerance = TYPES[dtype]
    need_close(messages(given, *index), plain_messages(given, *index), tolerance)

    def gradient(function):
        return jax.grad(lambda x: wave(function(x, *index)))

    def slope(function, tables_move):
        """The derivative along a direction, of the positions alone or of the tables too."""

        def whole(x):
            if tables_move:
                return wave(jax.jvp(lambda y: function(y, *index), (x,), (moved,)))
            return wave(jax.jvp(lambda *y: function(Heard(*y, x.tables), *index), x[:4], moved[:4]))

        return jax.grad(whole)

    def twice_back(function):
        return jax.grad(lambda x: wave(gradient(function)(x)))

    def forces(function):
        """What a loss with forces differentiates: a gradient by what moves, tables apart."""

        def loss(basis, tables):
            rest = lambda b: wave(function(given._replace(basis=b, tables=tables), *index))  # noqa: E731
            return wave(jax.grad(rest)(basis))

        return lambda x: jax.grad(loss, (0, 1))(x.basis, x.tables)

    def turned(function):
        return lambda x: jax.jvp(gradient(function), (x,), (moved,))

    derivatives = (gradient, lambda f: slope(f, True), lambda f: slope(f, False), twice_back, forces, turned)
    need_equal_results([(make(messages), make(plain_messages)) for make in derivatives], (given,), tolerance)


def edges_of(size, dtype):
    atoms, batch, vectors, numbers, edges, basis, kinds = size
    generator = np.random.default_rng(edges)
    shapes = (
        (edges, batch, basis),
        (edges, batch, 3),
        (atoms, batch, 4, vectors),
        (atoms, batch, numbers),
        (kinds, basis, 3 * vectors + numbers),
    )
    given, moved = (Heard(*arrays(generator, dtype, *shapes)) for _ in range(2))
    return given, moved, [generator.integers(0, limit, edges) for limit in (atoms, atoms, kinds)]


def test_single_precision_is_that_of_its_rounding():
    given, _, index = edges_of(EDGES[2], "float32")
    wide = Heard(*(each.astype(jnp.float64) for each in given))
    for narrow, exact in zip(messages(given, *index), messages(wide, *index), strict=True):
        np.testing.assert_allclose(narrow, exact, rtol=0, atol=1e-5 * float(jnp.max(jnp.abs(exact))))


def test_numbers_that_choose_must_be_there():
    rows, weights = jnp.ones((2, 1, 3)), jnp.ones((2, 3, 4))
    with pytest.raises(Exception, match="a kind without weights"):
        jax.block_until_ready(grouped_product(rows, weights, np.array([0, 2])))
    given, _, (receivers, senders, kinds) = edges_of(EDGES[0], "float64")
    with pytest.raises(Exception, match="edges between atoms that are not there"):
        jax.block_until_ready(messages(given, receivers, senders - 5, kinds))


def test_more_functions_than_the_library_takes_are_refused():
    given, _, index = edges_of((3, 1, 2, 2, 4, MOST_BASIS + 1, 2), "float64")
    with pytest.raises(Exception, match="radial functions, or too many"):
        jax.block_until_ready(messages(given, *index))


def along(function, x, v):
    return jax.jvp(function, tuple(x), tuple(v))[1]


def test_products_forward_twice_and_mapped():
    generator = np.random.default_rng(3)
    shapes = (4, 2, 3), (3, 3, 2)
    own, moved = (arrays(generator, "float64", *shapes) for _ in range(2))
    chosen, others = generator.integers(0, 3, (2, 4))

    def transformed(product):
        def f(*x):
            return wave(product(*x, chosen))

        def on_each(chosen):
            return jax.grad(lambda *x: wave(product(*x, chosen)), (0, 1))(*own)

        many, weights = jnp.stack([own[0], moved[0]]), jnp.stack([own[1], moved[1]])
        return lambda *x: (
            along(lambda *y: along(f, y, moved), x, moved),
            jax.vmap(jax.grad(f, (0, 1)), (0, None))(many, x[1]),
            jax.vmap(f, (None, 0))(x[0], weights),
            jax.vmap(jax.grad(f, (0, 1)))(many, weights),
            jax.vmap(on_each)(jnp.stack([chosen, others])),
        )

    need_equal_results([(transformed(grouped_product), transformed(plain_product))], own, 1e-12)


def test_messages_forward_twice_of_third_order_and_mapped():
    given, moved, index = edges_of(EDGES[0], "float64")
    index = [jnp.asarray(each) for each in index]
    many = jax.tree.map(lambda *each: jnp.stack(each), given, Heard(*moved))

    def transformed(function):
        def f(*x):
            return wave(function(Heard(*x), *index))

        def gradient(*x):
            return jax.grad(f, tuple(range(5)))(*x)

        return lambda *x: (
            along(lambda *y: along(f, y, moved), x, moved),
            jax.grad(lambda *y: along(lambda *z: along(f, z, moved), y, moved), tuple(range(5)))(*x),
            along(lambda *y: along(gradient, y, moved), x, moved),
            jax.vmap(gradient)(*many),
            jax.vmap(gradient, (0, 0, 0, 0, None))(*many[:4], x[4]),
            jax.vmap(lambda *v: along(gradient, x, v))(*many),
            jax.vmap(lambda r: function(Heard(*x), r, *index[1:]))(jnp.stack([index[0], index[0][::-1]])),
        )

    need_equal_results([(transformed(messages), transformed(plain_messages))], list(given), 1e-11)
