"""What the readout sees of the quantum state: operators whose expectation values decide on the response."""

from __future__ import annotations

from collections.abc import Iterable

from qffc.ir.declarations import has_features, readout_value
from qffc.ir.observables import Observable
from qffc.ir.pauli import PauliSum
from qffc.ir.program import Program
from qffc.ir.values import Add, Moment, Mul, Value, add, as_value, mul, walk
from qffc.passes.circuit.wires import flatten


def seen_observables(program: Program) -> tuple[tuple[str, Observable], ...]:
    """Return the observables that the readout uses, in their order."""
    readout = program.readout
    if has_features(readout):
        names = set(readout.features)
    else:
        names = {node.observable for node in walk(readout_value(readout)) if isinstance(node, Moment)}
    return tuple(item for item in program.observables if item[0] in names)


def seen_operators(program: Program) -> tuple[tuple[str, PauliSum], ...]:
    """Return the operators that the readout sees, on wires, each with a name for people.

    An energy that is linear in the moments sees one operator, their weighted sum; any other readout sees each
    observable that it uses.
    """
    seen = {name for name, _ in seen_observables(program)}
    paulis = {name: observable.paulis for name, observable in flatten(program).observables if name in seen}
    linear = None if has_features(program.readout) else linear_weights(readout_value(program.readout))
    if linear is None:
        return tuple((f"the observable {name}", operator) for name, operator in paulis.items())
    total = PauliSum.total(paulis[name].scaled(weight) for name, weight in linear.items())
    return (("the operator of the energy", total),)


def linear_weights(value: Value) -> dict[str, Value] | None:
    """Return the factor of each moment in a value that is linear in them; None for any other.

    Example:
        >>> from qffc.ir import parse_value
        >>> print(linear_weights(parse_value("2*moment(a) + J*(moment(a) - moment(b)) + 1")))
        {'a': <Add 2 + J>, 'b': <Mul -1*J>}
    """
    if isinstance(value, Moment):
        return {value.observable: as_value(1)}
    parts: Iterable[tuple[Value, Value]]
    if isinstance(value, Add):
        parts = [(as_value(1), term) for term in value.terms]
    elif isinstance(value, Mul):
        inside = [factor for factor in value.factors if _has_moments(factor)]
        if len(inside) > 1:
            return None
        parts = [(mul(*(f for f in value.factors if f is not inside[0])), inside[0])] if inside else []
    elif _has_moments(value):
        return None
    else:
        return {}
    total: dict[str, Value] = {}
    for factor, part in parts:
        weights = linear_weights(part)
        if weights is None:
            return None
        for name, weight in weights.items():
            total[name] = add(total.get(name, as_value(0)), mul(factor, weight))
    return total


def _has_moments(value: Value) -> bool:
    return any(isinstance(node, Moment) for node in walk(value))
