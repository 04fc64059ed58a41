"""Tests that every ansatz should stand, for a class to inherit.

Example:
    >>> class TestMine(AnsatzSuite):
    ...     ansatz = "lib:sivqlm-h2o:depth=1"
    >>> TestMine().test_symmetry_is_proven()
    >>> TestMine().test_a_mutant_is_not_proven()
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from random import Random
from typing import Any
from unittest import SkipTest

import numpy as np
from numpy.typing import NDArray

from qffc.compiling.levels import LEVELS, optimized
from qffc.ir.evaluate import Instance
from qffc.ir.program import Program
from qffc.ir.reference import expectation, moments
from qffc.ir.text.parser import parse_program
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.numbers.before_and_after import observed
from qffc.passes.equivariance.numbers.random_point import random_point
from qffc.passes.equivariance.verdict import Transform
from qffc.references.programs import ProgramLike, program_of
from qffc.targets.catalogue import target
from qffc.testing.assertion import assert_equivariant
from qffc.testing.deviation import deviations
from qffc.testing.mutations import MUTATIONS, mutate

Floats = NDArray[np.float64]

MOST_QUBITS = 10
"""That the dense simulator is asked for."""
_POINTS = 3
_MUTANTS = 3
"""Which lose a symmetry, each in another way; for more of them there are random programs."""
_BROKEN = 1e-6
"""A change of the response that is no rounding, relative where the response is above 1."""


class AnsatzSuite:
    """A class of tests that inherits this one and names an ansatz is complete.

    Attributes:
        ansatz: a function decorated with ``@qf.ansatz``, a program, or a text that names one, such as ``lib:pair``.
        target: the name of a target, whose native gates the circuits have.
        tolerance: of numbers that must be equal, relative where they are above 1.
        seed: of geometries, parameters and mutations.
    """

    ansatz: ProgramLike
    target = "H2-1LE"
    tolerance = 1e-8
    seed = 0

    @cached_property
    def program(self) -> Program:
        """The program that is tested."""
        return program_of(type(self).ansatz)

    def test_text_is_read_back(self) -> None:
        """Printed and parsed, the program is the same."""
        again = parse_program(self.program.text)
        if again != self.program:
            raise AssertionError(f"the text is read as another program:\n{self.program.text}\n{again.text}")

    def test_symmetry_is_proven(self) -> None:
        """Every declared symmetry is proven."""
        assert_equivariant(self.program)

    def test_symmetry_holds_in_numbers(self) -> None:
        """At random geometries and parameters, every declared symmetry leaves the response as it is."""
        self._need_dense()
        found = deviations(self.program, np.random.default_rng(self.seed))
        if not found:
            raise SkipTest("no symmetry is declared")
        broken = {name: change for name, change in found.items() if not change <= self.tolerance}
        if broken:
            raise AssertionError(f"declared symmetries change the response: {broken}")

    def test_a_mutant_is_not_proven(self) -> None:
        """With one thing broken, so that numbers show it, the proof fails: it says something of this program."""
        self._need_dense()
        if not self.program.declared:
            raise SkipTest("no symmetry is declared")
        broken = 0
        for kind in MUTATIONS:
            mutant = mutate(self.program, kind, Random(self.seed)) if broken < _MUTANTS else None
            if mutant is None:
                continue
            found = deviations(mutant.program, np.random.default_rng(self.seed), points=2)
            if not max(found.values()) > _BROKEN:
                continue
            broken += 1
            if check_equivariance(mutant.program).holds:
                raise AssertionError(f"proven, and broken: {mutant.detail}; {found}\n{mutant.program.text}")
        if not broken:
            raise AssertionError("nothing that was broken shows: the response depends on nothing that is declared")

    def test_kernels_are_the_reference(self) -> None:
        """The kernels of JAX compute the moments of the dense simulator."""
        from qffc.passes.native_library import native_state

        for kernel in ("portable", "native") if native_state().available else ("portable",):
            for instance, expected in self._points():
                _, found = self._by_jax(kernel, instance)
                self._agree(f"moments of the {kernel} kernel", found, expected)

    def test_circuits_are_the_reference(self) -> None:
        """Circuits of native gates, without noise, have the moments of the dense simulator."""
        from qffc.passes.circuit.split_program import split_program
        from qffc.passes.lower_pytket.kernel import PytketKernel
        from qffc.passes.target import MinimumAngles

        exact = replace(target(self.target), minimum=MinimumAngles())
        kernel = PytketKernel(split_program(self.program), exact)
        for instance, expected in self._points():
            slots, _ = self._by_jax("portable", instance)
            state = kernel.bind(slots).get_statevector()
            found = [expectation(o, state, len(self.program.qubits)) for _, o in self.program.observables]
            self._agree("moments of the circuit", np.array(found), expected)

    def test_levels_keep_the_response(self) -> None:
        """The passes of every level leave the response as it is, and lose no proof."""
        for level in LEVELS:
            shorter = optimized(self.program, target(self.target), level.number)
            for instance, _ in self._points():
                after = observed(shorter, instance)
                self._agree(f"response at level {level.number}", after, observed(self.program, instance))

    def test_energies_and_forces(self) -> None:
        """A model with random parameters has the properties of ``qffc check MODEL``.

        The declared symmetries, forces as minus the gradient, net force and torque, smoothness at cutoffs, molecules
        far apart, finite numbers where atoms meet or lie on a line.
        """
        from qffc.models.checks.model_check import check_model
        from qffc.models.force_field import untrained

        report = check_model(untrained(self.program, self.seed), seed=self.seed)
        if not report.holds:
            raise AssertionError(report.render())

    def _need_dense(self) -> None:
        if len(self.program.qubits) > MOST_QUBITS:
            raise SkipTest(f"{len(self.program.qubits)} qubits are too many for the dense simulator")

    def _points(self) -> Iterator[tuple[Instance, Floats]]:
        """Random points, and the moments there."""
        self._need_dense()
        random = np.random.default_rng(self.seed)
        for _ in range(_POINTS):
            point = random_point(self.program, Transform("nothing"), random, ghosts=self.program.scope == "atom")
            instance, _ = point.instances(self.program)
            yield instance, moments(self.program, instance)

    @cached_property
    def _compiled(self) -> dict[str, tuple[Callable[..., Any], Callable[..., Any]]]:
        """Angles and moments by the name of a kernel: all points of a test share them."""
        return {}

    def _by_jax(self, kernel: str, instance: Instance) -> tuple[Floats, Floats]:
        """Slots and moments of one circuit."""
        import jax
        import jax.numpy as jnp

        from qffc.passes.lower_jax.double_precision import double_precision
        from qffc.passes.lower_jax.program import lower_jax

        with double_precision():
            if kernel not in self._compiled:
                lowered = lower_jax(self.program, kernel)  # type: ignore[arg-type]  # one of two names
                self._compiled[kernel] = jax.jit(lowered.angles), jax.jit(lowered.moments)
            angles, moments = self._compiled[kernel]
            tables = {name: jnp.asarray(table) for name, table in instance.parameters.items()}
            places = jnp.asarray(instance.positions), jnp.asarray(instance.species)
            slots = angles(tables, *places, instance.channel)
            return np.asarray(slots), np.asarray(moments(slots[None])[0])

    def _agree(self, what: str, found: Floats, expected: Floats) -> None:
        if not np.allclose(found, expected, rtol=self.tolerance, atol=self.tolerance, equal_nan=True):
            raise AssertionError(f"{what}: {found}, and not {expected}")
