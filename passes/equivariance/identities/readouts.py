"""What a readout reads: values, the parts of them that no moment changes, and the roots that moments do."""

from __future__ import annotations

from collections.abc import Iterator

from qffc.ir.declarations import has_features, readout_value
from qffc.ir.program import Program
from qffc.ir.values import Function, Moment, Norm, Unit, Value, walk
from qffc.passes.equivariance.identities.terms import may_vanish, positive_scale


def read_values(program: Program) -> list[Value]:
    """Return the energy, or the weight of features."""
    readout = program.readout
    return [readout.weight] if has_features(readout) else [readout_value(readout)]


def without_moments(value: Value) -> Iterator[Value]:
    """Yield the parts of a readout that depend on no moment, the largest ones."""
    if not any(isinstance(node, Moment) for node in walk(value)):
        yield value
    else:
        for child in value.children:
            yield from without_moments(child)


def roots_of_moments(value: Value) -> Iterator[Value]:
    """Yield lengths, directions and roots that depend on moments."""
    for node in walk(value):
        taken = isinstance(node, Norm | Unit) or (isinstance(node, Function) and node.name == "sqrt")
        if taken and any(isinstance(part, Moment) for part in walk(node)):
            yield node


def has_directions(program: Program) -> bool:
    """Whether there are directions in a program of vectors that may be zero."""
    values = [*read_values(program), *(op.value for op in program.ops if op.value is not None)]
    return any(
        isinstance(node, Unit) and may_vanish(positive_scale(node.vector)[1])
        for value in values
        for node in walk(value)
    )
