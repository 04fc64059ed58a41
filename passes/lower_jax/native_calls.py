"""The foreign calls of the native kernel, on plain lists of arrays."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_jax.native_program import native_program
from qffc.passes.lower_jax.slot_tables import SlotTables
from qffc.passes.native_library import CALLS, native_state

INSTRUCTIONS_VARIABLE = "QFFC_INSTRUCTIONS"
"""The environment variable that names an instruction set: ``avx512``, ``avx2`` or ``portable``, instead of the best."""

_MOST_LANES = 16
"""Circuits side by side in the widest register; every other number of lanes divides it."""

_KEPT_QUBITS = 8
"""States of up to this many qubits are kept for the gradient: 4 KiB a circuit, read faster than made again."""

Arrays = Sequence[jax.Array]
Index = jax.Array | NDArray[np.int32]
Kind = np.dtype[np.floating]


@dataclass(frozen=True)
class Given:
    """What every call is given.

    Args:
        tables: numbers that circuits read; slots, where every circuit has a row of its own.
        rows: which of them, for each read; empty for slots.
        kind: float32 or float64.
    """

    tables: tuple[jax.Array, ...]
    rows: tuple[Index, ...]
    kind: Kind

    @property
    def arrays(self) -> tuple[Index, ...]:
        """All arrays in the order of the calls."""
        return (*self.tables, *self.rows)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of gradients."""
        return [table.shape for table in self.tables]


class NativeCalls:
    """The foreign calls of a program.

    Tables come first in every call, then the rows that circuits read, unless every circuit has a row of its own.

    Args:
        split: the program.
        tile_qubits: how many qubits of a state are worked on at a time.
        tables: where slots are read; None where every circuit has a row of slots of its own.

    ``observables`` is how many the program has.
    """

    def __init__(self, split: Split, tile_qubits: int, tables: SlotTables | None = None) -> None:
        register_native()
        native = native_program(split, tile_qubits, tables)
        self._qubits = split.qubit_count
        self.observables = len(split.observables)
        self._attributes: dict[str, Any] = {
            "ints": native.ints,
            "reals": native.reals,
            "instructions": os.environ.get(INSTRUCTIONS_VARIABLE, ""),
        }

    def moments(self, given: Given, shape: Sequence[int], *, keep: bool) -> list[jax.Array]:
        """Return the moments (*shape, observables), then the final states, an empty array where none are kept."""
        kind = given.kind
        results = [(*shape, self.observables), *self._states(shape, 1, keep)]
        return _with_states(self._call("qffc_moments", given.arrays, results, kind), 1, kind)

    def gradient(self, given: Given, weights: jax.Array, states: jax.Array | None) -> list[jax.Array]:
        """Return the gradient of each table, from kept states if there are any."""
        return self._call("qffc_gradient", [*given.arrays, weights, *_some(states)], given.shapes, given.kind)

    def moments_along(self, given: Given, along: Arrays, shape: Sequence[int], *, keep: bool) -> list[jax.Array]:
        """Return the moments, their derivative along a direction, then the states."""
        kind, moments = given.kind, (*shape, self.observables)
        results = [moments, moments, *self._states(shape, 2, keep)]
        return _with_states(self._call("qffc_moments_along", [*given.arrays, *along], results, kind), 2, kind)

    def gradient_along(
        self, given: Given, along: Arrays, weights: jax.Array, weights_along: jax.Array, states: jax.Array | None
    ) -> list[jax.Array]:
        """Return the gradient of each table, its derivative, and without states that of the moments."""
        arrays = [*given.arrays, *along, weights, weights_along, *_some(states)]
        results = [*given.shapes, *given.shapes, *([weights.shape] if states is None else [])]
        return self._call("qffc_gradient_along", arrays, results, given.kind)

    def states_size(self, shape: Sequence[int], kinds: int) -> int:
        """Return how many numbers are kept of the states of circuits, of one kind or, with derivatives, of two."""
        if self._qubits > _KEPT_QUBITS:
            return 0
        blocks = -(-math.prod(shape) // _MOST_LANES)
        return int(kinds * blocks * _MOST_LANES * 2 ** (self._qubits + 1))

    def _states(self, shape: Sequence[int], kinds: int, keep: bool) -> list[tuple[int, ...]]:
        size = self.states_size(shape, kinds) if keep else 0
        return [(size,)] if size else []

    def _call(
        self, name: str, arrays: Sequence[Index], results: Sequence[tuple[int, ...]], kind: Kind
    ) -> list[jax.Array]:
        shapes = [jax.ShapeDtypeStruct(shape, kind) for shape in results]  # type: ignore[no-untyped-call]
        call: Callable[..., Sequence[jax.Array]] = jax.ffi.ffi_call(name, shapes)
        return list(call(*arrays, **self._attributes))


def _some(states: jax.Array | None) -> list[jax.Array]:
    return [] if states is None or states.size == 0 else [states]


def _with_states(results: list[jax.Array], count: int, kind: Kind) -> list[jax.Array]:
    return results if len(results) > count else [*results, jnp.zeros((0,), kind)]


@cache
def register_native() -> None:
    """Make the foreign functions known to JAX; once is enough."""
    library = native_state().library
    if library is None:
        raise InternalError("a native kernel without its library")
    for name in CALLS:
        function = jax.ffi.pycapsule(getattr(library, name))  # type: ignore[no-untyped-call]  # of JAX
        jax.ffi.register_ffi_target(name, function, platform="cpu")
