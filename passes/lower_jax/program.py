"""The lowering to JAX: a program becomes three pure functions, ``angles``, ``kernel`` and ``readout``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from qffc.ir.declarations import AtomicReadout, has_features, readout_value
from qffc.ir.diagnostics import error
from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.program import Program
from qffc.ir.short_repr import short_repr
from qffc.ir.values import as_value
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.circuit.split_program import Split, length_and_direction, split_program
from qffc.passes.lower_jax.kernel import KernelFunctions, KernelName, make_kernel
from qffc.passes.lower_jax.shapes import need_moments, need_site_arrays
from qffc.passes.target import Target

Parameters = Mapping[str, jax.Array]


@dataclass(frozen=True)
class JaxProgram:
    """The three parts of a program as JAX functions.

    Args:
        split: the values behind the slots, and the kernel's operations.
        kernel: the quantum kernel.
    """

    split: Split
    kernel: KernelFunctions

    def __repr__(self) -> str:
        return short_repr(
            self, f"of '{self.program.name}'", f"kernel {self.kernel.name}", f"digest {self.program.digest[:12]}"
        )

    @property
    def program(self) -> Program:
        """The program that was lowered."""
        return self.split.program

    def moments(self, slots: jax.Array) -> jax.Array:
        """Return the moments, (batch, observables), of slots (batch, slots), for all transformations of JAX."""
        return self.kernel.moments(slots)

    def angles(
        self, parameters: Parameters, positions: jax.Array, species: jax.Array, channel: jax.Array | int = 0
    ) -> jax.Array:
        """Return the slots of one circuit, (slots,), radians.

        Args:
            parameters: arrays by name.
            positions: (sites, 3), Angstrom.
            species: (sites,), indices into the species of the program.
            channel: which copy of the circuit.

        Raises:
            QffcError: when an array has another shape, or the program sums over neighbours, which are no sites.
        """
        if self.program.gathered is not None:
            raise error(
                "angles of one circuit that sums over neighbours",
                found=f"'{self.program.name}', whose site '{self.program.gathered.name}' any number of atoms take",
                expected="a program in which every atom has a site",
                help="write it out: qffc.passes.circuit.written_out.WrittenOut(program, neighbours=3).program",
            )
        need_site_arrays(self.split, positions, species, parameters)
        evaluate = Evaluator(self.program, Instance(positions, species, parameters, channel), jnp)
        evaluate.prepare((*self.split.scalars, *self.split.vectors))
        # A few large operations in place of many small ones: lengths side by side, times the few vectors there are.
        pairs = [length_and_direction(value) for value in self.split.vectors]
        numbers = [*self.split.scalars, *(as_value(1) if length is None else length for length, _ in pairs)]
        if not numbers:
            return jnp.zeros((0,), positions.dtype)
        side_by_side = evaluate.stacked(numbers)
        scalars, lengths = jnp.split(side_by_side, [len(self.split.scalars)])
        if not pairs:
            return scalars
        directions = {direction.text: direction for _, direction in pairs}
        rows = np.array([list(directions).index(direction.text) for _, direction in pairs])
        vectors = lengths[:, None] * jnp.stack([evaluate(direction) for direction in directions.values()])[rows]
        return jnp.concatenate([scalars, vectors.reshape(-1)])

    def readout(
        self,
        moments: jax.Array,
        parameters: Parameters,
        positions: jax.Array,
        species: jax.Array,
        channel: jax.Array | int = 0,
    ) -> jax.Array:
        """Return what one circuit adds: () the energy, or (features,) weighted moments of an atomic readout.

        Args:
            moments: (observables,).
            parameters: arrays by name.
            positions: (sites, 3), Angstrom.
            species: (sites,), indices into the species of the program.
            channel: which copy of the circuit.

        Raises:
            QffcError: when an array has another shape.
        """
        need_site_arrays(self.split, positions, species, parameters)
        need_moments(self.split, moments)
        names = [name for name, _ in self.program.observables]
        by_name = {name: moments[index] for index, name in enumerate(names)}
        instance = Instance(positions, species, parameters, channel, by_name)
        evaluate = Evaluator(self.program, instance, jnp)
        readout = self.program.readout
        if has_features(readout):
            return jnp.multiply(evaluate(readout.weight), jnp.stack([by_name[name] for name in readout.features]))
        value = jnp.add(jnp.zeros((), moments.dtype), evaluate(readout_value(readout)))
        return value[None] if isinstance(readout, AtomicReadout) else value


Lowering = Callable[[Program], JaxProgram]
"""What makes the JAX functions of a program: :func:`lower_jax`, or one with other functions in place of circuits."""


@dataclass(frozen=True)
class LowerJax(Pass[JaxProgram]):
    """Lowers to JAX; the program itself stays as it is. Linear in the number of operations.

    Example:
        >>> from qffc.library import load
        >>> from qffc.targets.catalogue import target
        >>> lowered = LowerJax().run(load("water-demo"), target("ideal")).output
        >>> lowered.moments(jax.numpy.zeros((2, lowered.split.slot_count))).shape
        (2, 1)
    """

    name: ClassVar[str] = "lower-jax"
    preserves: ClassVar[Preserves] = "everything"

    def run(self, program: Program, target: Target) -> PassResult[JaxProgram]:
        """Return the program with its JAX functions; they are made for any target."""
        del target
        return PassResult(program, lower_jax(program))


def lower_jax(program: Program, kernel: KernelName = "auto") -> JaxProgram:
    """Return the JAX functions of a program.

    Args:
        program: any program.
        kernel: ``native``, ``portable``, or ``auto`` for the fastest that is there.

    Raises:
        QffcError: when the native kernel is asked for and was not built.
    """
    split = split_program(program)
    return JaxProgram(split, make_kernel(split, kernel))
