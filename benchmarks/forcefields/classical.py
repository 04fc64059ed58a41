"""The `pair` model with classical three-body functions in the place of its circuits.

Encoding layers of `lib:pair` turn qubits about vectors v = theta(r) r̂, with learned radial functions theta by the
species of centre and neighbour. Here the same vectors, from the same tables of parameters, make as many numbers for
each channel as the circuit has moments. With s = v / sqrt(1 + |v|²) of one neighbour and t of the other, they are

    (|s| |t|)^l P_l(cos of the angle between them)        l = 1, 2, ..., and (|s| |t|)² in the place of l = 0,

a regular solid harmonic of s times that of t, summed over m: polynomials of s and t, hence smooth where a theta
changes its sign, and bounded as moments are. Number m has degree m modulo DEGREES; radial functions are dealt out one
after the other, and summed where there are more of them than numbers, so that each is used.

All else is one code with the circuits: weights, features, messages, network, loss, evaluation. What has no counterpart
are the exchange angles: they stay where they start.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from qffc.ir.diagnostics import error
from qffc.ir.program import Program
from qffc.models.rows.shared_values import plan_sharing
from qffc.passes.circuit.split_program import Split, split_program
from qffc.passes.lower_jax.kernel import KernelFunctions
from qffc.passes.lower_jax.program import JaxProgram

DEGREES = 5
KERNEL = "three-body 1"
"""Names what a model was trained with, and compiled functions that are kept: to be counted on when a number changes."""


@dataclass(frozen=True)
class ThreeBody:
    """The functions of a program.

    Args:
        split: of the program.
        twins: (functions, 2) the vector slots with the same radial function, of the first and of the second neighbour.
    """

    split: Split
    twins: np.ndarray

    def __call__(self, slots: jax.Array) -> jax.Array:
        """Slots (batch, slots) to as many numbers as there are moments, (batch, observables)."""
        vectors = slots[:, len(self.split.scalars) :].reshape(len(slots), -1, 3)
        bounded = vectors / jnp.sqrt(1.0 + jnp.sum(vectors**2, axis=-1, keepdims=True))
        first, second = bounded[:, self.twins[:, 0]], bounded[:, self.twins[:, 1]]
        dots = jnp.sum(first * second, axis=-1)
        squares = jnp.sum(first**2, axis=-1) * jnp.sum(second**2, axis=-1)
        harmonics = jnp.stack(solid_products(dots, squares), axis=-1)
        numbers, functions = len(self.split.observables), len(self.twins)
        dealt = np.arange(max(numbers, functions))
        terms = harmonics[:, dealt % functions, dealt % numbers % DEGREES]
        return terms @ jnp.asarray(dealt[:, None] % numbers == np.arange(numbers), terms.dtype)


def solid_products(dots: jax.Array, squares: jax.Array) -> list[jax.Array]:
    """(|s| |t|)^l P_l from s . t and |s|² |t|², by the recurrence of Legendre polynomials; at l = 0 the squares."""
    found = [jnp.ones_like(dots), dots]
    for l in range(1, DEGREES - 1):
        found.append(((2 * l + 1) * dots * found[l] - l * squares * found[l - 1]) / (l + 1))
    return [squares, *found[1:]]


def lower_three_body(program: Program) -> JaxProgram:
    """The JAX functions of a program with three-body functions for its moments; what `qffc` calls a lowering.

    Raises:
        QffcError: when its vectors do not come in pairs, one of each neighbour by the same radial function.
    """
    split = split_program(program)
    functions = ThreeBody(split, twins_of(split))

    def along(slots: jax.Array, direction: jax.Array) -> tuple[jax.Array, jax.Array]:
        return jax.jvp(functions, (slots,), (direction,))

    return JaxProgram(split, KernelFunctions(KERNEL, functions, along))


def twins_of(split: Split) -> np.ndarray:
    """The pairs of vector slots that differ by the neighbour alone, in the order of the circuit."""
    slots: dict[str, list[int]] = {}
    for number, root in enumerate(plan_sharing(split).vectors):
        slots.setdefault(root.key, []).append(number)
    pairs = list(slots.values())
    if split.program.scope == "pair" and pairs and all(len(pair) == 2 for pair in pairs):
        return np.array(pairs)
    raise error(
        "no classical counterpart",
        found=f"'{split.program.name}', scope {split.program.scope}, {len(split.vectors)} vectors",
        expected="scope pair, and rotations of both neighbours by the same radial functions",
        help="use lib:pair",
    )
