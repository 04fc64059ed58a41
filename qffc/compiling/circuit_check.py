"""The native circuits of a compiled program, read back and compared with the program at random points.

It is translation validation of the last step, the emission of gates, by numbers: what leaves for the device is imported
by :mod:`qffc.passes.raise_pytket`, which shares no code with what emits, and run by the dense reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pytket.circuit import Circuit, OpType

from qffc.ir.declarations import EnergyReadout, Qubit, Site
from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.observables import PauliObservable
from qffc.ir.pauli import PauliString
from qffc.ir.program import Program
from qffc.ir.reference import MAXIMUM_QUBITS, State, expectation, moments, statevector
from qffc.ir.short_repr import counted
from qffc.ir.telling import told
from qffc.ir.values import Moment
from qffc.passes.circuit.written_out import written_out
from qffc.passes.equivariance.numbers.generic_point import generic_slots
from qffc.passes.equivariance.numbers.random_point import random_point
from qffc.passes.equivariance.verdict import Transform
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.measurement.settings import MeasurementPlan, string_weights
from qffc.passes.raise_pytket.raise_circuit import raise_circuit
from qffc.passes.target import MinimumAngles

Floats = NDArray[np.float64]

POINTS = 3
_TRIES = 50
_SEED = 20250611
_TOLERANCE = 1e-9
"""Of moments, for each unit of the weights of an observable. Rounding is far below it, wrong gates far above."""


@dataclass(frozen=True)
class CircuitCheck:
    """What numbers say of the circuits of a compiled program.

    Args:
        outcome: ``agree``, ``differ`` or ``unknown``.
        deviation: of a moment, the largest.
        points: geometries and parameters that were looked at.
        settings: measured circuits of each, beside the one without measurements.
        left_out: how much more moments change by gates below the minimum angles of the target.
        why: what keeps it from comparing; empty otherwise.
    """

    outcome: Literal["agree", "differ", "unknown"]
    deviation: float = 0.0
    points: int = 0
    settings: int = 0
    left_out: float = 0.0
    why: str = ""

    def render(self) -> str:
        """Return a line for people.

        Example:
            >>> print(CircuitCheck("agree", 3e-15, 3, 2).render())
            circuits: moments agree to 3e-15 at 3 random points, without measurements and in 2 settings
        """
        if self.outcome == "unknown":
            return f"circuits are not compared: {self.why}"
        settings = counted(self.settings, "setting")
        where = f"at {counted(self.points, 'random point')}, without measurements and in {settings}"
        if self.outcome == "differ":
            return f"circuits: moments differ by {self.deviation:.1g} {where}"
        dropped = f"; gates below the minimum angles of the target add {self.left_out:.1g}" if self.left_out else ""
        return f"circuits: moments agree to {self.deviation:.1g} {where}{dropped}"


def check_circuits(kernel: PytketKernel, plan: MeasurementPlan) -> CircuitCheck:
    """Compare the moments of native circuits with those of the program, at random geometries and parameters.

    Args:
        kernel: writes the circuits.
        plan: how the observables of the program are measured.
    """
    compiled = _Emitted(kernel, plan)
    qubits = len(compiled.program.qubits)
    if qubits > MAXIMUM_QUBITS:
        return CircuitCheck("unknown", why=f"{qubits} qubits; the dense reference takes {MAXIMUM_QUBITS}")
    points = list(_points(compiled))
    if not points:
        return CircuitCheck("unknown", why=f"no random point of {_TRIES} at which all angles are finite")
    settings, size = len(plan.settings), _size(compiled.program)
    deviation = max(_deviation(compiled, point) for point in told("circuits read back, points:", points))
    if deviation <= _TOLERANCE * size:
        return CircuitCheck("agree", deviation, len(points), settings)
    everything = _Emitted(replace(kernel, target=replace(kernel.target, minimum=MinimumAngles())), plan)
    exact = max(_deviation(everything, point) for point in points)
    if exact <= _TOLERANCE * size and deviation <= _left_out(compiled, everything) * size:
        return CircuitCheck("agree", exact, len(points), settings, deviation)
    return CircuitCheck("differ", deviation, len(points), settings)


class _Emitted(NamedTuple):
    """What a program is emitted as."""

    kernel: PytketKernel
    plan: MeasurementPlan

    @property
    def program(self) -> Program:
        return self.kernel.split.program

    def circuit(self, slots: Floats) -> Circuit:
        """Without measurements; qubit k of the program is the k-th one."""
        if self.kernel.target.connectivity is None:
            return self.kernel.bind(slots)
        return self.kernel.bind_placed(slots).in_order()

    def measured_circuits(self, slots: Floats) -> tuple[Circuit, ...]:
        return self.kernel.bind_settings(slots[None], self.plan.settings, in_order=True)


class _Point(NamedTuple):
    """Slots, and the moments of the program there."""

    slots: Floats
    moments: Floats


def _points(compiled: _Emitted) -> Iterator[_Point]:
    split = compiled.kernel.split
    out = written_out(compiled.program)
    program = compiled.program if out is None else out.program
    values = [value if out is None else out.value(value) for value in (*split.scalars, *split.vectors)]
    random, found = np.random.default_rng(_SEED), 0
    for _ in range(_TRIES):
        instance, _ = random_point(compiled.program, Transform("nothing"), random).instances(program)
        evaluate = Evaluator(program, instance)
        with np.errstate(all="ignore"):
            parts = [np.reshape(np.asarray(evaluate(value), dtype=float), -1) for value in values]
        slots = np.concatenate(parts) if parts else np.zeros(0)
        if not np.isfinite(slots).all():
            continue
        yield _Point(slots, moments(program, instance))
        found += 1
        if found == POINTS:
            return


def _deviation(compiled: _Emitted, point: _Point) -> float:
    """How far moments of circuits are from those of the program, the largest."""
    circuits = [_moments(compiled, point.slots), _measured_moments(compiled, point.slots)]
    return max(float(np.abs(found - point.moments).max(initial=0.0)) for found in circuits)


def _moments(compiled: _Emitted, slots: Floats) -> Floats:
    circuit = compiled.circuit(slots)
    state, qubits = _state(circuit), circuit.n_qubits
    return np.array([expectation(observable, state, qubits) for observable in compiled.kernel.split.observables])


def _measured_moments(compiled: _Emitted, slots: Floats) -> Floats:
    """The moments that many shots of the measured circuits give."""
    plan = compiled.plan
    found = np.array(plan.constants)
    for place, (setting, circuit) in enumerate(zip(plan.settings, compiled.measured_circuits(slots), strict=True)):
        state, wires = _state(circuit), _measured_wires(circuit)
        if sorted(wires) != list(range(len(setting.measured))):
            return np.full(len(found), np.inf)
        strings = []
        for sign, parity in setting.readings:
            read: PauliString = tuple((wires[setting.measured.index(qubit)], "Z") for qubit in parity)
            strings.append(sign * expectation(PauliObservable(read), state, circuit.n_qubits))
        found += plan.weights(place) @ np.array(strings)
    return found


def _measured_wires(circuit: Circuit) -> Mapping[int, int]:
    """For each bit the qubit that it is measured from, by number."""
    qubits, bits = ({unit: number for number, unit in enumerate(units)} for units in (circuit.qubits, circuit.bits))
    measured = (command for command in circuit.get_commands() if command.op.type == OpType.Measure)
    return {bits[command.bits[0]]: qubits[command.qubits[0]] for command in measured}


def _state(circuit: Circuit) -> State:
    """The state of a circuit without its measurements, by the dense reference."""
    program = Program(
        name="circuit",
        symmetry=(),
        scope="molecule",
        species=("H",),
        sites=(Site("atom", "H", "free"),),
        parameters=(),
        qubits=tuple(Qubit(f"q{number}") for number in range(circuit.n_qubits)),
        ops=raise_circuit(circuit, {}).ops,
        observables=(("z", PauliObservable(((0, "Z"),))),),
        readout=EnergyReadout(Moment("z")),
    )
    return statevector(program, Instance(np.zeros((1, 3)), np.zeros(1, int), {}))


def _size(program: Program) -> float:
    """The sum of the weights of an observable, the largest."""
    sums = (sum(map(abs, string_weights(each).values())) for _, each in program.observables)
    return max(1.0, *sums)


def _left_out(compiled: _Emitted, everything: _Emitted) -> float:
    """By how much gates below the minimum angles change a moment at most, for weights of 1: angles add up."""
    smallest, slots = compiled.kernel.target.minimum, generic_slots(compiled.kernel.split)
    gates = max(circuit.n_gates for circuit in (everything.circuit(slots), *everything.measured_circuits(slots)))
    return 3 * gates * max(smallest.zz_phase, smallest.phased_x)
