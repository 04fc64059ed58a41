"""Counts of a pytket circuit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pytket.circuit import Circuit, OpType

from qffc.passes.counts import CircuitCounts
from qffc.passes.target import CostWeights
from qffc.passes.target_gates import IONS, ONE_QUBIT_NATIVE

_MEASURED = frozenset((OpType.Measure, OpType.Reset))
"""What is charged as a measurement or a preparation."""
_FREE = frozenset((*_MEASURED, OpType.Barrier))
_ZERO = 1e-11
"""Half-turns below this count as zero."""


def count_circuit(
    circuit: Circuit, weights: CostWeights | None = None, native: Iterable[str] = (*IONS, *ONE_QUBIT_NATIVE)
) -> CircuitCounts:
    """Return the counts of a circuit with numeric angles.

    Args:
        circuit: any circuit; gates outside the native set are counted by their number of qubits and as ``other``.
        weights: of two-qubit gates; those of H-series by default. A gate of another kind on two qubits costs one ZZ.
        native: the gates that are not counted as ``other``, by name.

    Example:
        >>> count_circuit(Circuit(2).TK2(0.1, 0.1, 0.1, 0, 1).Rz(0.2, 0)).cost
        2.4
    """
    weights = weights or CostWeights()
    phased_x = rz = two_qubit = other = measured = 0
    cost = 0.0
    kinds: set[OpType] = set()
    known, names = frozenset(native), Counter[str]()
    for command in circuit:
        kind, width = command.op.type, len(command.qubits)
        if kind in _MEASURED:
            measured += 1
        if kind in _FREE:
            continue
        names[kind.name] += 1
        if kind.name not in known:
            other += 1
        if kind == OpType.Rz:
            rz += 1
        elif width == 1:
            phased_x += 1
        else:
            two_qubit += 1
            kinds.add(kind)
            cost += weights.of(kind.name, nonzero_angles(command.op.params))
    return CircuitCounts(
        qubits=circuit.n_qubits,
        phased_x=phased_x,
        rz=rz,
        two_qubit=two_qubit,
        two_qubit_depth=circuit.depth_by_type(kinds) if kinds else 0,
        depth=circuit.depth(),
        cost=round(cost, 9),
        measured=measured,
        other=other,
        gates=tuple(sorted(names.items())),
    )


def nonzero_angles(angles: Iterable[object]) -> int:
    """Return how many angles of a bound gate, in half-turns, count as more than zero.

    Example:
        >>> nonzero_angles((0.5, 0.0, 1e-12))
        1
    """
    return sum(abs(float(angle)) > _ZERO for angle in angles)  # type: ignore[arg-type]  # numbers of a bound gate
