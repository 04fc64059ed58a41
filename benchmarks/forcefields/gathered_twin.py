"""The `gathered` model with learned classical invariants in the place of its circuits.

Circuits of `lib:gathered` are turned by vectors v_1 ... v_n, sums over all neighbours of an atom. Here the same
vectors, from the same tables of parameters, make as many numbers for each channel and round as the circuit has moments.
A function of vectors that no turn and no mirror image changes is one of their Gram matrix (H. Weyl, The Classical
Groups, 1939): of the inner products g_l = s_i . s_j for all i <= j, with s = v / sqrt(1 + |v|²). Number o is

    a (1 + tanh b),    a = S sum_l T[o, 0, l] g_l,    b = S sum_l T[o, 1, l] g_l,

with T learned, other numbers for each channel and round. T starts as angles of circuits do, and S = 2.5 / sqrt(n) makes
fresh numbers about as large as moments.

This is a gated linear unit (Dauphin et al., arXiv:1612.08083). Moments are of high degree in the vectors; so are these:
a is of second order in sums over neighbours, the product of fourth, as products of the atomic cluster expansion are.
With T[o, 1] = 0 the linear one is left, so nothing is lost. Vectors of the last round grow to some radians in training.
Moments stay bounded there, and so do these numbers.

All else is one code with the circuits: vectors, what atoms carry, features, network, loss, evaluation. The entries of T
reach the kernel as angles of a circuit do: the program of the twin has an exchange for each of them in the place of the
exchanges of the circuit, and nothing ever simulates it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain

import jax
import jax.numpy as jnp
import numpy as np

from qffc.ir.declarations import Axis, Parameter
from qffc.ir.diagnostics import QffcError, error
from qffc.ir.ops import Exchange, Rotate
from qffc.ir.program import Program
from qffc.ir.values import ChannelIndex, Index, ParameterEntry, RoundIndex, walk
from qffc.passes.circuit.split_program import Split, split_program
from qffc.passes.lower_jax.kernel import KernelFunctions
from qffc.passes.lower_jax.program import JaxProgram

KERNEL = "gram 1"
"""Names what a model was trained with, and compiled functions that are kept: to be counted on when a number changes."""

SCALE = 2.5
"""S times the root of the number of vectors."""

TABLE = "T"
"""The learned table (channel, round, moments, 2, inner products)."""

_IMPLIED: dict[Axis, Index] = {"channel": ChannelIndex(), "round": RoundIndex()}


@dataclass(frozen=True)
class LearnedInvariants:
    """The functions of a program that :func:`gathered_twin` made.

    Args:
        split: of the program.
    """

    split: Split

    def __call__(self, slots: jax.Array) -> jax.Array:
        """Slots (batch, slots) to as many numbers as there are moments, (batch, observables)."""
        count, numbers = len(self.split.vectors), len(self.split.observables)
        table = slots[:, : len(self.split.scalars)].reshape(len(slots), numbers, 2, inner_products(count))
        vectors = slots[:, len(self.split.scalars) :].reshape(len(slots), count, 3)
        bounded = vectors / jnp.sqrt(1.0 + jnp.sum(vectors**2, axis=-1, keepdims=True))
        first, second = np.triu_indices(count)
        gram = jnp.sum(bounded[:, first] * bounded[:, second], axis=-1)
        found = SCALE / count**0.5 * jnp.sum(table * gram[:, None, None], axis=-1)
        value: jax.Array = found[..., 0] * (1.0 + jnp.tanh(found[..., 1]))
        return value


def inner_products(count: int) -> int:
    """Return how many inner products so many vectors have."""
    return count * (count + 1) // 2


def gathered_twin(program: Program) -> Program:
    """Return the program whose exchanges hold the learned table: same vectors, observables and readout.

    All of them are between a qubit and its partner in the mirror image, so that every symmetry that was proven of the
    circuit is proven of this one.

    Raises:
        QffcError: for a program that is not turned by sums over neighbours, or has other angles than exchanges.
    """
    split = split_program(program)
    turned = [op.qubits[0] for op in program.ops if isinstance(op, Rotate)]
    old = [op for op in program.ops if isinstance(op, Exchange)]
    if program.gathered is None or len(turned) < 2 or not old or not _all_in_exchanges(split):
        raise _no_counterpart(program)
    entries = [value for op in old for value in walk(op.angle) if isinstance(value, ParameterEntry)]
    names = {entry.name for entry in entries}
    used = set(chain.from_iterable(program.parameter(name).axes for name in names))
    implied: tuple[Axis, ...] = tuple(axis for axis in _IMPLIED if axis in used)
    own = (len(split.observables), 2, inner_products(len(split.vectors)))
    indices = tuple(_IMPLIED[axis] for axis in implied)
    exchanges = (
        Exchange(turned[0], turned[1], ParameterEntry(TABLE, (*indices, *map(int, place)))) for place in np.ndindex(own)
    )
    kept = tuple(parameter for parameter in program.parameters if parameter.name not in names)
    return replace(
        program,
        name=f"{program.name}-twin",
        parameters=(*kept, Parameter(TABLE, (*implied, *own))),
        ops=(*(op for op in program.ops if not isinstance(op, Exchange)), *exchanges),
    )


def lower_gathered_twin(program: Program) -> JaxProgram:
    """The JAX functions of such a program with learned invariants for its moments; what `qffc` calls a lowering.

    Raises:
        QffcError: for a program that :func:`gathered_twin` did not make.
    """
    split = split_program(program)
    if len(split.scalars) != 2 * len(split.observables) * inner_products(len(split.vectors)):
        raise _no_counterpart(program)
    functions = LearnedInvariants(split)

    def along(slots: jax.Array, direction: jax.Array) -> tuple[jax.Array, jax.Array]:
        return jax.jvp(functions, (slots,), (direction,))

    return JaxProgram(split, KernelFunctions(KERNEL, functions, along))


def _all_in_exchanges(split: Split) -> bool:
    """Whether every angle of a circuit is one of an exchange."""
    return all(op.kind == "exchange" for op in split.ops if op.angle is not None)


def _no_counterpart(program: Program) -> QffcError:
    return error(
        "no classical counterpart",
        found=f"'{program.name}', scope {program.scope}",
        expected="qubits turned by sums over neighbours, and exchanges",
        help="use lib:gathered",
    )
