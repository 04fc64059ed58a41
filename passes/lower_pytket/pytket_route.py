"""The other way to a circuit: what pytket-quantinuum makes of the same operations, where that is cheaper and is right.

What comes out of its passes goes through blocks once more, which may take gates away. Which of its levels, for which
two-qubit gate, is decided once for a kernel, at numbers without special values; if none of them is cheaper there, none
is tried again. A circuit is taken when it is cheaper for its own numbers, too, and when it is right: the probabilities
of all its outcomes, or its state where nothing is measured, are those of the operations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import pi
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pytket.circuit import Circuit, OpType
from pytket.passes import DecomposeBoxes

from qffc.passes.lower_pytket.blocks.of_circuit import in_blocks
from qffc.passes.lower_pytket.ops import NumericOp, on_wires
from qffc.passes.lower_pytket.plain import circuit_of
from qffc.passes.lower_pytket.turns import FROM_Z, euler_angles, half_turns, inverse
from qffc.passes.measurement.settings import Setting
from qffc.passes.target import Target

if TYPE_CHECKING:
    from pytket.extensions.quantinuum.backends.quantinuum import QuantinuumBackend

MOST_QUBITS = 14
"""Of circuits whose outcomes can be compared."""
MOST_GATES = 300
"""Two-qubit gates of circuits of our own; beyond, each binding would take pytket a minute and more."""
_RIGHT = 1e-7
_LEVELS = (3, 2, 1)

Cost = tuple[float, float]


class Route(NamedTuple):
    """A way to compile.

    Args:
        gate: the two-qubit gate that pytket is told to use.
        level: its optimization level.
    """

    gate: str
    level: int

    def __str__(self) -> str:
        return f"pytket at level {self.level}, told to use {self.gate}"


class PytketRoute:
    """Compiles the operations of one kernel with pytket.

    Args:
        target: with a device that pytket compiles for.
        qubits: of the kernel.
        setting: what is measured, if anything is.
        cost: what a circuit costs.
    """

    def __init__(self, target: Target, qubits: int, setting: Setting | None, cost: Callable[[Circuit], Cost]) -> None:
        self._target, self._qubits, self._setting, self._cost = target, qubits, setting, cost
        self._gates = [gate for gate in ("TK2", "ZZPhase") if gate in target.gates]

    def best(self, ops: Sequence[NumericOp], ours: Circuit) -> Route | None:
        """Return the route that is cheapest for some numbers, if any is cheaper than our own circuit and right.

        Args:
            ops: in numbers.
            ours: the circuit to beat.
        """
        if ours.n_2qb_gates() > MOST_GATES:
            return None
        plain = self._plain(ops)
        found: list[tuple[Cost, Route]] = []
        for gate in self._gates:
            for level in _LEVELS:
                circuit = self._compiled(plain, Route(gate, level))
                if self._cost(circuit) < self._cost(ours) and self._is_right(circuit, plain):
                    found.append((self._cost(circuit), Route(gate, level)))
        return min(found)[1] if found else None

    def circuit(self, route: Route, ops: Sequence[NumericOp], ours: Circuit) -> Circuit:
        """Return the circuit of a route, or ours where it is no better or not right.

        Args:
            route: to go.
            ops: in numbers.
            ours: the circuit to beat.
        """
        plain = self._plain(ops)
        circuit = self._compiled(plain, route)
        return circuit if self._cost(circuit) < self._cost(ours) and self._is_right(circuit, plain) else ours

    def _plain(self, ops: Sequence[NumericOp]) -> Circuit:
        setting = self._setting
        turns = () if setting is None else setting.turns
        placed = on_wires(ops, self._qubits)
        bell = [NumericOp("pauli_rotation", (), pi / 2, string=string) for string in turns]
        circuit = circuit_of([*placed, *bell], self._qubits)
        if setting is None:
            return circuit
        measured = Circuit(self._qubits, len(setting.measured))
        measured.append(circuit)
        for bit, qubit in enumerate(setting.measured):
            letter = setting.bases[qubit]
            if letter is not None:
                alpha, beta, gamma = map(half_turns, euler_angles(inverse(FROM_Z[letter])))
                measured.TK1(alpha, beta, gamma, qubit)
            measured.Measure(qubit, bit)
        return measured

    def _compiled(self, plain: Circuit, route: Route) -> Circuit:
        backend = _backend(self._target.device or "", route.gate, self._setting is not None)
        circuit = backend.get_compiled_circuit(plain, optimisation_level=route.level)
        return min(circuit, in_blocks(circuit, self._target), key=self._cost)

    def _is_right(self, circuit: Circuit, plain: Circuit) -> bool:
        if self._setting is None:
            wanted, found = _state(plain), _state(circuit)
            overlap = complex(np.vdot(wanted, found))
            # A distance: an overlap of 1 - 1e-7 would let moments be off by 4e-4.
            return float(np.linalg.norm(found * abs(overlap) - wanted * overlap)) < _RIGHT
        difference = _outcomes(circuit) - _outcomes(plain)
        return float(np.abs(difference).max()) < _RIGHT


@cache
def _backend(device: str, gate: str, measured: bool) -> QuantinuumBackend:
    from pytket.extensions.quantinuum.backends import quantinuum  # takes a second, and few ask pytket

    config = quantinuum.QuantinuumBackendCompilationConfig(
        # Measurements say which wire is which qubit; a state does not.
        allow_implicit_swaps=measured,
        target_2qb_gate=OpType.TK2 if gate == "TK2" else OpType.ZZPhase,
        preserve_qubit_names=True,
    )
    return quantinuum.QuantinuumBackend(device, compilation_config=config)


def _outcomes(circuit: Circuit) -> NDArray[np.float64]:
    """The probabilities of the outcomes, one axis for each bit in order."""
    measured = {command.bits[0]: command.qubits[0] for command in circuit if command.op.type == OpType.Measure}
    order = [circuit.qubits.index(measured[bit]) for bit in circuit.bits]
    others = tuple(axis for axis in range(circuit.n_qubits) if axis not in order)
    kept = (np.abs(_state(circuit)) ** 2).sum(axis=others)
    left = sorted(order)
    found: NDArray[np.float64] = np.transpose(kept, [left.index(wire) for wire in order])
    return found


def _state(circuit: Circuit) -> NDArray[np.complex128]:
    """The state of the wires after all gates, one axis for each; pytket's own takes no more than eleven."""
    plain = circuit.copy()
    DecomposeBoxes().apply(plain)
    places = {qubit: place for place, qubit in enumerate(plain.qubits)}
    state = np.zeros((2,) * plain.n_qubits, dtype=np.complex128)
    state.flat[0] = 1.0
    for command in plain:
        if command.op.type in (OpType.Measure, OpType.Barrier):
            continue
        on, width = [places[qubit] for qubit in command.qubits], len(command.qubits)
        gate = command.op.get_unitary().reshape((2,) * (2 * width))
        state = np.moveaxis(np.tensordot(gate, state, (range(width, 2 * width), on)), range(width), on)
    return state
