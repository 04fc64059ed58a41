"""Common denominators of what is in angles and vectors of programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm

from qffc.ir.operation import Coupling
from qffc.ir.ops import Rotate
from qffc.ir.program import Program
from qffc.passes.equivariance.identities.points import LEAST_ORDER, Unknown
from qffc.passes.equivariance.identities.readouts import read_values
from qffc.passes.equivariance.identities.spectra import spectrum_of
from qffc.passes.equivariance.identities.terms import circular_functions, terms_of, turn_about_a_direction, turns_of

_MOST_ORDER = 1 << 20


@dataclass(frozen=True)
class Denominators:
    """Common denominators.

    Args:
        angles: of coefficients of angles, for each square-free number whose root they are multiples of.
        turns: of coefficients of vectors.
        order: of the roots of unity that multiples of pi in angles need.
    """

    angles: dict[int, int]
    turns: int
    order: int


def denominators_of(programs: Sequence[Program]) -> Denominators:
    """Return the common denominators of programs; raise Unknown where they are large."""
    found, turns = {1: 1}, 1
    values = [value for program in programs for value in read_values(program)]
    for op in [op for program in programs for op in program.ops]:
        if op.value is not None:
            values.append(op.value)
        straight = turn_about_a_direction(op.vector) if isinstance(op, Rotate) else None
        if straight is not None:
            found[1] = lcm(found[1], *((q / 2).denominator for q, _ in terms_of(straight[1])))
        elif isinstance(op, Rotate):
            turns = lcm(turns, *(coefficient.denominator for coefficient, _ in turns_of(op.vector)[1]))
        if isinstance(op, Coupling):
            spectrum = spectrum_of(op)
            parts = [(q * each).denominator for q, _ in terms_of(op.value) for each in spectrum.eigenvalues]
            found[spectrum.surd] = lcm(found.get(spectrum.surd, 1), *parts)
    for value in values:
        for argument in circular_functions(value):
            found[1] = lcm(found[1], *(coefficient.denominator for coefficient, _ in terms_of(argument)))
    order = lcm(LEAST_ORDER, 2 * found[1])
    if max(order, turns) > _MOST_ORDER:
        raise Unknown("the identity test: coefficients of angles with a large common denominator")
    return Denominators(found, turns, order)
