"""The exact state of a circuit, in NumPy alone.

Gates that follow each other on few qubits are multiplied into one matrix first, also known as gate fusion. Each matrix
is applied piece by piece, in place: 20 qubits take less than a second, and no more memory than their state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import QffcError, error

if TYPE_CHECKING:
    from pytket.circuit import Circuit

States = NDArray[np.complex128]

_BLOCK_QUBITS = 5
"""Of a matrix: larger ones take longer to apply than they save."""
_PIECE = 16
"""Qubits whose amplitudes are worked on at a time: 1 MiB, which stays in a cache."""

_ALONE = 2**15
"""Multiplications of one product that OpenBLAS does in one thread."""


@dataclass(frozen=True, eq=False)
class Gate:
    """A matrix on some qubits.

    Args:
        matrix: (2**k, 2**k), the first of its qubits the most significant bit.
        qubits: k places in the circuit.
    """

    matrix: States
    qubits: tuple[int, ...]


def state_of(circuit: Circuit) -> tuple[States, dict[int, int]]:
    """Return the state before the measurements, and the measured qubit of each measured bit.

    Args:
        circuit: of gates that have a matrix; every measurement is the last thing that happens to its qubit.

    Returns:
        Amplitudes, (2**qubits,), the first qubit of ``circuit.qubits`` the most significant bit; and for places in
        ``circuit.bits`` places in ``circuit.qubits``.

    Raises:
        QffcError: when something other than gates comes before the measurements.

    Example:
        >>> from pytket.circuit import Circuit
        >>> state, measured = state_of(Circuit(2, 1).H(0).CX(0, 1).Measure(1, 0))
        >>> state.real.round(3).tolist(), measured
        ([0.707, 0.0, 0.0, 0.707], {0: 1})
    """
    gates, measured = read_gates(circuit)
    state = np.zeros(2**circuit.n_qubits, dtype=np.complex128)
    state[0] = 1.0
    for block in fused(gates):
        _apply(block, state)
    return state, measured


def read_gates(circuit: Circuit) -> tuple[list[Gate], dict[int, int]]:
    """Return the gates of a circuit in order, and the measured qubit of each measured bit.

    Raises:
        QffcError: as for :func:`state_of`.
    """
    from pytket.circuit import OpType

    place = {qubit: index for index, qubit in enumerate(circuit.qubits)}
    bit_place = {bit: index for index, bit in enumerate(circuit.bits)}
    gates: list[Gate] = []
    measured: dict[int, int] = {}
    over: set[int] = set()
    for command in circuit.get_commands():
        op, qubits = command.op, tuple(place[qubit] for qubit in command.qubits)
        if op.type == OpType.Barrier:
            continue
        if over.intersection(qubits):
            raise _no_gate(f"{op.type.name} after the measurement of its qubit")
        if op.type == OpType.Measure:
            measured[bit_place[command.bits[0]]] = qubits[0]
            over.update(qubits)
        elif command.bits or not qubits:
            raise _no_gate(f"{op.type.name}, which reads or writes bits")
        else:
            try:
                gates.append(Gate(op.get_unitary(), qubits))
            except (RuntimeError, ValueError, TypeError):
                raise _no_gate(f"{op.type.name}, which has no matrix of numbers") from None
    return gates, measured


def fused(gates: Sequence[Gate]) -> Iterator[Gate]:
    """Yield fewer and larger matrices that do the same, each on at most five qubits, or as many as one gate has.

    A gate joins an earlier group when no group since then has touched its qubits, and the group does not become too
    large; of several, the one that grows least, and of these the latest.

    Example:
        >>> flip = np.array([[0, 1], [1, 0]], dtype=complex)
        >>> [block.qubits for block in fused([Gate(flip, (qubit,)) for qubit in (3, 4, 3)])]
        [(3, 4)]
    """
    groups: list[list[Gate]] = []
    touched: list[set[int]] = []
    last: dict[int, int] = {}
    for gate in gates:
        mine = set(gate.qubits)
        first = max((last[qubit] for qubit in mine if qubit in last), default=0)
        fitting = [k for k in range(first, len(groups)) if len(touched[k] | mine) <= _BLOCK_QUBITS]
        chosen = min(fitting, key=lambda k: (len(mine - touched[k]), -k), default=len(groups))
        if chosen == len(groups):
            groups.append([])
            touched.append(set())
        groups[chosen].append(gate)
        touched[chosen] |= mine
        last.update(dict.fromkeys(mine, chosen))
    for group, qubits in zip(groups, touched, strict=True):
        order = tuple(sorted(qubits))
        yield Gate(_multiplied(group, order), order)


def _multiplied(gates: Sequence[Gate], qubits: tuple[int, ...]) -> States:
    size = 2 ** len(qubits)
    start = np.eye(size, dtype=np.complex128).reshape((2,) * len(qubits) + (size,))
    return reduce(lambda matrix, gate: _on_axes(gate, qubits, matrix), gates, start).reshape(size, size)


def _on_axes(gate: Gate, qubits: tuple[int, ...], matrix: States) -> States:
    k = len(gate.qubits)
    axes = [qubits.index(qubit) for qubit in gate.qubits]
    turned = np.tensordot(gate.matrix.reshape((2,) * (2 * k)), matrix, axes=(range(k, 2 * k), axes))
    return np.moveaxis(turned, range(k), axes)


def _apply(block: Gate, state: States) -> None:
    """Apply a matrix in place, to pieces of the state that differ in the other, more significant qubits."""
    count, k = state.size.bit_length() - 1, len(block.qubits)
    view = np.moveaxis(state.reshape((2,) * count), block.qubits, range(k))
    rest = count - k
    for place in product((0, 1), repeat=max(0, min(rest, count - _PIECE))):
        piece = view[(slice(None),) * k + place]
        piece[...] = _product(block.matrix, piece.reshape(2**k, -1)).reshape(piece.shape)


def _product(matrix: States, amplitudes: States) -> States:
    """A product with columns, by BLAS, so few at a time that it starts no threads: they take longer than the work."""
    rows, columns = amplitudes.shape
    few = min(columns, max(1, _ALONE // rows**2))
    found = np.empty_like(amplitudes)
    parts, results = (each.reshape(rows, -1, few).transpose(1, 0, 2) for each in (amplitudes, found))
    np.matmul(matrix, parts, out=results)
    return found


def _no_gate(found: str) -> QffcError:
    return error(
        "circuit without an exact state",
        found=found,
        expected="gates, and measurements as the last thing that happens to their qubits",
        help="run it in an emulator: always_emulate = true in the file of a target, or target.emulated()",
    )
