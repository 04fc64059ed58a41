"""The numbers of a program before and after a transform: what a symmetry says are equal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.exchange_group import circuit_copies
from qffc.ir.program import Program
from qffc.ir.reference import Arithmetic, response
from qffc.passes.circuit.written_out import plain
from qffc.passes.equivariance.numbers.internal_numbers import distances
from qffc.passes.equivariance.verdict import Counterexample


def measured(
    program: Program, example: Counterexample, arithmetic: Arithmetic = Evaluator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the numbers of a counterexample before and after: what a symmetry says are equal.

    They are the response at both ends of the transform; or, for a symmetry that leaves the data alone, zeros and how
    far state and operators are from it.
    """
    program = plain(program)
    before, after = example.instances(program)
    internal = example.transform.internal
    if internal is None:
        return observed(program, before, arithmetic), observed(program, after, arithmetic)
    found = distances(program, before, internal, arithmetic)
    return np.zeros_like(found), found


def observed(program: Program, instance: Instance, arithmetic: Arithmetic = Evaluator) -> NDArray[np.float64]:
    """Return the response of a program, averaged as the program says.

    Without ``average`` this is :func:`qffc.ir.reference.response`.
    """
    responses = np.array([response(program, copy, arithmetic) for copy in _copies(program, instance)])
    mean: NDArray[np.float64] = responses.mean(axis=0)
    return mean


def _copies(program: Program, instance: Instance) -> Iterator[Instance]:
    for sign, order in circuit_copies(program):
        yield replace(instance, positions=sign * instance.positions[list(order)])
