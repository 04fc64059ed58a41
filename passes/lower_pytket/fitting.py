"""Circuits for targets with other gates than those that are emitted, or where not all qubits can meet.

Also known as transpilation: a bound circuit is placed and routed, then rewritten in the gate set of the target by
rebases of pytket: two-qubit gates by their Cartan decomposition, turns of single qubits, composed here, into the gates
that the target has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from pytket.circuit import Circuit, OpType, Qubit
from pytket.passes import AutoRebase, AutoSquash, BasePass, RemoveRedundancies

from qffc.ir.diagnostics import InternalError
from qffc.ir.kept import cached_property
from qffc.passes.lower_pytket.composed_turns import Composer
from qffc.passes.lower_pytket.counts import count_circuit
from qffc.passes.lower_pytket.routing import Gate, Routed, Start, best_start, route
from qffc.passes.lower_pytket.swapped_decompositions import in_iswaps, in_xx_phases
from qffc.passes.target import CostWeights, Target
from qffc.passes.target_gates import NATIVE, ONE_QUBIT_NATIVE

_ABOUT_Z = frozenset(("Rz", "SX", "SXdg", "X", "H"))
"""One-qubit gates of which a turn about x by any angle takes several."""


class Placed(NamedTuple):
    """A circuit on the qubits of a device.

    Args:
        circuit: its qubit ``q[k]`` is qubit k of the device.
        places: for each qubit of the program where it is at the end, by number.
    """

    circuit: Circuit
    places: tuple[int, ...]

    def in_order(self) -> Circuit:
        """Return the circuit with the qubits of the program as ``q[0]``, ``q[1]``, ..., and all others after them."""
        others = [qubit for qubit in self.circuit.qubits if qubit.index[0] not in self.places]
        order = [*(Qubit("q", place) for place in self.places), *others]
        made = self.circuit.copy()
        made.rename_units({qubit: Qubit("q", number) for number, qubit in enumerate(order)})
        return made


def native_forms(target: Target) -> tuple[Target, ...]:
    """Return the targets that circuits are emitted for before they are written for another.

    In TK2, and where all qubits can meet in ZZPhase, too; what is routed is best in as few two-qubit gates as there can
    be, which take SWAPs in.
    """
    plain = replace(
        target,
        gates=NATIVE,
        two_qubit="TK2",
        one_qubit=ONE_QUBIT_NATIVE,
        connectivity=None,
        device=None,
        emulator=None,
        machine=None,
        weights=CostWeights(),
        pricing=None,
    )
    return (plain, plain.preferring("ZZPhase")) if target.connectivity is None else (plain,)


@dataclass(frozen=True, eq=False)
class Fitting:
    """Writes emitted circuits for a target.

    Args:
        target: where they are to run.
        typical: returns a circuit that qubits are placed by; all others of the kernel begin at the same places.
    """

    target: Target
    typical: Callable[[], Circuit]

    def fit(self, circuits: Sequence[Circuit]) -> Placed:
        """Return the cheapest of several forms of one circuit; of equally cheap ones that with the fewest turns.

        Args:
            circuits: what has been emitted, each with the same meaning; measurements are the last of their qubits.
        """
        fitted = [self._fit(circuit) for circuit in circuits]
        return min(fitted, key=lambda placed: self._size(placed.circuit))

    def _size(self, circuit: Circuit) -> tuple[float, int]:
        counts = count_circuit(circuit, self.target.weights)
        return counts.cost, counts.phased_x

    def _fit(self, circuit: Circuit) -> Placed:
        routed = self._routed(_gates(circuit), circuit.n_qubits)
        # An ancilla that a qubit has traded places with is part of the circuit, all others are not.
        used = sorted({place for gate in routed.gates for place in gate.qubits}.union(routed.places))
        made = Circuit()
        for place in used:
            made.add_qubit(Qubit("q", place))
        for bit in circuit.bits:
            made.add_bit(bit)
        for op, places in routed.gates:
            made.add_gate(op, [Qubit("q", place) for place in places])
        made = self._rebased(made)
        measured = [command for command in circuit if command.op.type == OpType.Measure]
        made = _without_idle_turns(made, {routed.places[command.qubits[0].index[0]] for command in measured})
        for command in measured:
            made.Measure(Qubit("q", routed.places[command.qubits[0].index[0]]), command.bits[0])
        return Placed(made, routed.places)

    def _routed(self, gates: Sequence[Gate], qubits: int) -> Routed:
        connectivity = self.target.connectivity
        if connectivity is None:
            return Routed(tuple(gates), tuple(range(qubits)), 0)
        return route(gates, connectivity, self._start)

    @cached_property
    def _start(self) -> Start:
        circuit, connectivity = self.typical(), self.target.connectivity
        assert connectivity is not None
        return best_start(_gates(circuit), circuit.n_qubits, connectivity)

    def _rebased(self, circuit: Circuit) -> Circuit:
        gate = self.target.two_qubit
        if gate == "ISWAPMax":
            circuit = in_iswaps(circuit)
        elif gate == "XXPhase":
            circuit = in_xx_phases(circuit)
        else:
            circuit = circuit.copy()
        self._in_turns.apply(circuit)
        circuit = self._composer.composed(circuit)
        RemoveRedundancies().apply(circuit)
        if any(qubit != image for qubit, image in circuit.implicit_qubit_permutation().items()):
            raise InternalError(f"pytket has left a permutation in a circuit for '{self.target.name}'")
        foreign = {command.op.type.name for command in circuit} - {*self._two_qubit, *self.target.one_qubit}
        if foreign:
            raise InternalError(f"pytket has left {', '.join(sorted(foreign))} in a circuit for '{self.target.name}'")
        return circuit

    @property
    def _two_qubit(self) -> tuple[str, ...]:
        """Gates of a target that circuits are emitted in stay as they are."""
        native = tuple(gate for gate in NATIVE if gate in self.target.gates)
        return native if self.target.two_qubit in NATIVE else (self.target.two_qubit,)

    @cached_property
    def _in_turns(self) -> BasePass:
        return AutoRebase({*map(OpType.from_name, self._two_qubit), OpType.TK1})

    @cached_property
    def _composer(self) -> Composer:
        ones = {OpType.from_name(gate) for gate in self.target.one_qubit}
        rebase = AutoRebase({*map(OpType.from_name, self._two_qubit), *ones})
        return Composer(rebase, AutoSquash(ones), about_x=not _ABOUT_Z.issuperset(self.target.one_qubit))


def _gates(circuit: Circuit) -> tuple[Gate, ...]:
    """The gates of an emitted circuit, without its measurements."""
    return tuple(
        Gate(command.op, tuple(qubit.index[0] for qubit in command.qubits))
        for command in circuit
        if command.op.type != OpType.Measure
    )


def _without_idle_turns(circuit: Circuit, measured: set[int]) -> Circuit:
    """The circuit without Rz that nothing sees: on a fresh qubit, or just before it is measured."""
    commands = circuit.get_commands()
    seen: set[int] = set()
    fresh: list[int] = []
    for number, command in enumerate(commands):
        places = [qubit.index[0] for qubit in command.qubits]
        if command.op.type == OpType.Rz and places[0] not in seen:
            fresh.append(number)
        else:
            seen.update(places)
    last: list[int] = []
    seen = set()
    for number, command in reversed(list(enumerate(commands))):
        places = [qubit.index[0] for qubit in command.qubits]
        if command.op.type == OpType.Rz and places[0] in measured and places[0] not in seen:
            last.append(number)
        else:
            seen.update(places)
    dropped = {*fresh, *last}
    made = Circuit()
    for qubit in circuit.qubits:
        made.add_qubit(qubit)
    for bit in circuit.bits:
        made.add_bit(bit)
    for number, command in enumerate(commands):
        if number not in dropped:
            made.add_gate(command.op, command.args)
    return made
