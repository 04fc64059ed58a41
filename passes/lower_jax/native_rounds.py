"""Rounds of circuits on sums over neighbours, native and whole: from positions to energies of atoms, and back.

One foreign call computes energies, forces and, where they are asked for, the gradient of a sum of energies and their
derivatives along a direction by all arrays: reverse over forward, what a loss with forces needs. The steps between the
circuits take longer in XLA than to compute, for there are hundreds of them on arrays of a few hundred numbers.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import InternalError
from qffc.passes.circuit.split_program import Split
from qffc.passes.lower_jax.native_calls import register_native
from qffc.passes.lower_jax.native_dynamics import DynamicsFields
from qffc.passes.lower_jax.native_layers import Index, index_array, instructions
from qffc.passes.lower_jax.native_program import NativeProgram, native_program
from qffc.passes.lower_jax.slot_tables import SlotTables
from qffc.passes.native_library import native_state


class Bonds(NamedTuple):
    """The atoms, and which of them see each other.

    Args:
        species: (atoms,).
        receivers: (edges,) atoms.
        senders: (edges,) their neighbours.
        present: (edges,) 0 for edges that only fill up an array; None when all count.
        places: (edges,) where the neighbours stand, rows of positions: an atom, or an image of it in another cell,
            which comes behind all atoms; None when all stand in their own place.
    """

    species: Index
    receivers: Index
    senders: Index
    present: Any = None
    places: Any = None

    @property
    def indices(self) -> tuple[Index, ...]:
        """All indices as the native function reads them."""
        places = self.senders if self.places is None else self.places
        return self.species, self.receivers, self.senders, places


class Model(NamedTuple):
    """The arrays of a model, all of one type; ``native/round_jobs.hpp`` has the shapes.

    Args:
        shift: (species, features of all rounds).
        scale: likewise.
        seen: (species, species, 3, 2), ranges of distances that count; None where all do.
        limits: the nine arrays of a model that knows where its data end; empty for energies of the last layer.
        weights: of rounds, then of layers.
    """

    shift: Any
    scale: Any
    seen: Any
    limits: tuple[Any, ...]
    weights: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class NativeRounds:
    """The foreign call of a program.

    Args:
        split: the circuits; vector slots are turned by the vectors in their order, scalar slots are angles.
        rounds: how many.
        cutoff: of the basis, Angstrom.
        reach: of environments, Angstrom.
        activation: ``silu`` or ``tanh``.
    """

    split: Split
    rounds: int
    cutoff: float
    reach: float
    activation: str

    @cached_property
    def _program(self) -> NativeProgram:
        turns, angles = len(self.split.vectors), len(self.split.scalars)
        tables = SlotTables(
            widths=(3 * turns, angles) if angles else (3 * turns,),
            reads=(0, 1) if angles else (0,),
            scalars=tuple((1, slot) for slot in range(angles)),
            vectors=tuple(((0, 3 * slot), None) for slot in range(turns)),
        )
        return native_program(self.split, tables=tables)

    def energies(self, model: Model, bonds: Bonds, positions: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Return energies of atoms (atoms,), their grades, and the gradient of the sum of the energies (places, 3).

        Args:
            model: the arrays.
            bonds: the atoms.
            positions: (places, 3), Angstrom.
        """
        energies, grades, gradient = self._call(model, bonds, positions, ())
        return energies, grades, gradient

    def at_addresses(
        self, model: Model, bonds: Bonds, kind: np.dtype[np.floating], places: int
    ) -> Callable[[NDArray[np.floating]], tuple[NDArray[np.floating], ...]]:
        """Return :meth:`energies` as a function of positions alone, called without JAX: a call takes microseconds less.

        Args:
            model: arrays of NumPy.
            bonds: likewise.
            kind: float32 or float64.
            places: how many positions there are.
        """
        call, here, results = self._at_addresses(model, bonds, kind, places)
        lock = Lock()

        def energies(positions: NDArray[np.floating]) -> tuple[NDArray[np.floating], ...]:
            with lock:
                here[...] = positions
                if call(None):
                    raise InternalError("arrays that the native rounds do not take, or too little memory for them")
                return tuple(map(np.copy, results))

        return energies

    def dynamics(
        self, model: Model, species: NDArray[np.int32], kind: np.dtype[np.floating]
    ) -> Callable[[DynamicsFields], int]:
        """Return the native loop over steps of dynamics.

        Args:
            model: arrays of NumPy.
            species: (atoms,) of all molecules of a group, one behind the other.
            kind: float32 or float64.
        """
        nobody = np.zeros(0, np.int32)
        call, _, _ = self._at_addresses(model, Bonds(species, nobody, nobody), kind, len(species))
        return call

    def _at_addresses(
        self, model: Model, bonds: Bonds, kind: np.dtype[np.floating], places: int
    ) -> tuple[Callable[[DynamicsFields | None], int], NDArray[np.floating], list[NDArray[np.floating]]]:
        """The native call, which takes dynamics or none; the positions that it reads, and what it writes without."""
        library = native_state().library
        if library is None:
            raise InternalError("native rounds without their library")
        program, atoms, call = self._program, len(bonds.species), library.qffc_rounds_at
        index = [np.ascontiguousarray(each, np.int32) for each in bonds.indices]
        nothing = np.zeros(0, kind)
        some = [nothing if each is None else each for each in (bonds.present, model.seen)]
        floats = [some[0], model.shift, model.scale, some[1], *model.limits, *model.weights]
        given = [*index, *(np.asarray(each, kind, order="C") for each in floats)]
        here, results = (
            np.zeros((places, 3), kind),
            [np.zeros(atoms, kind), np.zeros(atoms, kind), np.zeros((places, 3), kind)],
        )
        everything = [here, *given, *results]
        shapes = np.array(
            [
                number
                for each in everything
                for number in (each.dtype.itemsize * 8 * (each.dtype.kind == "f"), each.ndim, *each.shape)
            ],
            dtype=np.int64,
        )
        addresses = (ctypes.c_void_p * len(everything))(*(each.ctypes.data for each in everything))
        arguments = (
            ctypes.c_void_p(program.ints.ctypes.data),
            ctypes.c_int64(program.ints.size),
            ctypes.c_void_p(program.reals.ctypes.data),
            ctypes.c_int64(program.reals.size),
            ctypes.c_int64(self.rounds),
            ctypes.c_int64(len(self.split.vectors)),
            ctypes.c_double(self.cutoff),
            ctypes.c_double(self.reach),
            ctypes.c_int32(self.activation == "tanh"),
            ctypes.c_int32(bool(model.limits)),
            ctypes.c_char_p(instructions().encode()),
            ctypes.c_int64(_threads()),
            ctypes.c_int64(1 + len(given)),
            ctypes.c_int64(len(results)),
            addresses,
            ctypes.c_void_p(shapes.ctypes.data),
        )

        def native(dynamics: DynamicsFields | None) -> int:
            return int(call(*arguments, None if dynamics is None else ctypes.byref(dynamics)))

        # The arrays behind the addresses live as long as the function.
        native.__dict__["kept"] = (program, everything, shapes)
        return native, here, results

    def along(
        self,
        model: Model,
        bonds: Bonds,
        positions: jax.Array,
        direction: jax.Array,
        by_energies: jax.Array,
        by_slopes: jax.Array,
    ) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        """Return a gradient by positions (atoms, 3), and by the weights of the model.

        It is that of the sum over atoms of ``by_energies`` times the energy and ``by_slopes`` times its derivative
        along the direction.

        Args:
            model: the arrays, without limits.
            bonds: the atoms.
            positions: (atoms, 3), Angstrom.
            direction: (atoms, 3).
            by_energies: (atoms,).
            by_slopes: (atoms,).
        """
        _, _, gradient, *weights = self._call(model, bonds, positions, (direction, by_energies, by_slopes))
        return gradient, tuple(weights)

    def _call(self, model: Model, bonds: Bonds, positions: jax.Array, along: Sequence[jax.Array]) -> list[jax.Array]:
        register_native()
        kind, atoms = positions.dtype, len(bonds.species)
        nothing = jnp.zeros((0,), kind)
        index = [index_array(each) for each in bonds.indices]
        some = [nothing if each is None else jnp.asarray(each, kind) for each in (bonds.present, model.seen)]
        arrays = [positions, *index, some[0], model.shift, model.scale, some[1], *model.limits, *model.weights, *along]
        shapes = [(atoms,), (atoms,), positions.shape, *(each.shape for each in model.weights if along)]
        results = [jax.ShapeDtypeStruct(shape, kind) for shape in shapes]  # type: ignore[no-untyped-call]
        call: Callable[..., Sequence[jax.Array]] = jax.ffi.ffi_call("qffc_rounds", results)
        return list(
            call(
                *arrays,
                ints=self._program.ints,
                reals=self._program.reals,
                rounds=np.int64(self.rounds),
                turns=np.int64(len(self.split.vectors)),
                cutoff=np.float64(self.cutoff),
                reach=np.float64(self.reach),
                tanh=self.activation == "tanh",
                limits=bool(model.limits),
                along=bool(along),
                want_weights=bool(along),
                instructions=instructions(),
            )
        )


def _threads() -> int:
    """As many as XLA has: what ``NPROC`` says, or the cores that this process may use."""
    told = os.environ.get("NPROC", "")
    if told.isdecimal() and int(told) > 0:
        return int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
