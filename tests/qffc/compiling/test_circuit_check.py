"""What is emitted for a device has the moments of the program; an emitter that is wrong anywhere is caught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from pytket.circuit import Circuit, OpType

import qffc as qf
from qffc.compiling.circuit_check import CircuitCheck
from qffc.ir.diagnostics import QffcError
from qffc.passes.lower_pytket.batch_circuits import BatchCircuits
from qffc.passes.lower_pytket.emit import Emitter
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.target import MinimumAngles
from qffc.targets.catalogue import target

PROGRAM = "lib:sivqlm-h2o:depth=1"
TWO = (OpType.TK2, OpType.ZZPhase, OpType.ZZMax)


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("where", ["H2-1", "Helios"])
def test_circuits_have_the_moments_of_the_program(where: str, level: int) -> None:
    found = qf.compile(PROGRAM, where, level=level).validate_circuits()
    assert (found.outcome, found.points, found.settings) == ("agree", 3, 3)
    assert found.deviation < 1e-12
    assert found.left_out == 0


@pytest.mark.parametrize("program", ["lib:gathered:depth=1", "lib:ring:qubits=4,depth=2"])
def test_sums_over_neighbours_and_folded_swaps(program: str) -> None:
    assert qf.compile(program, "H2-1", level=2).validate_circuits().outcome == "agree"


def rebuilt(circuit: Circuit, change: Callable[[int, str, list[float], list[int]], bool]) -> Circuit:
    """The circuit with its commands changed in place, those left out for which ``change`` is false."""
    made = Circuit(circuit.n_qubits, circuit.n_bits)
    for place, command in enumerate(circuit.get_commands()):
        args = [arg.index[0] for arg in command.args]
        if command.op.type == OpType.Barrier:
            made.add_barrier(args)
            continue
        angles = list(command.op.params)
        if change(place, command.op.type.name, angles, args):
            made.add_gate(command.op.type, angles, args) if angles else made.add_gate(command.op.type, args)
    return made


def without_its_last_coupling(circuit: Circuit) -> Circuit:
    last = max(place for place, command in enumerate(circuit.get_commands()) if command.op.type in TWO)
    return rebuilt(circuit, lambda place, *_: place != last)


def with_an_angle_off(circuit: Circuit) -> Circuit:
    first = next(place for place, command in enumerate(circuit.get_commands()) if command.op.type in TWO)

    def change(place: int, kind: str, angles: list[float], args: list[int]) -> bool:
        if place == first:
            angles[0] += 1e-4
        return True

    return rebuilt(circuit, change)


def with_wires_crossed(circuit: Circuit) -> Circuit:
    """As if a relabelling had been forgotten."""

    def change(place: int, kind: str, angles: list[float], args: list[int]) -> bool:
        args[0] = {0: 1, 1: 0}.get(args[0], args[0])
        if len(args) == 2 and kind != "Measure":
            args[1] = {0: 1, 1: 0}.get(args[1], args[1])
        return True

    return rebuilt(circuit, change)


def with_bits_crossed(circuit: Circuit) -> Circuit:
    def change(place: int, kind: str, angles: list[float], args: list[int]) -> bool:
        if kind == "Measure":
            args[1] = {0: 1, 1: 0}.get(args[1], args[1])
        return True

    return rebuilt(circuit, change)


def with_a_turn_before_it_is_measured(circuit: Circuit) -> Circuit:
    """As if another basis were measured."""

    def change(place: int, kind: str, angles: list[float], args: list[int]) -> bool:
        return kind != "PhasedX" or place < circuit.n_gates // 2

    return rebuilt(circuit, change)


@pytest.mark.parametrize("mutate", [without_its_last_coupling, with_an_angle_off, with_wires_crossed])
def test_a_wrong_circuit_is_caught(monkeypatch: pytest.MonkeyPatch, mutate: Callable[[Circuit], Circuit]) -> None:
    bind = PytketKernel.bind
    monkeypatch.setattr(PytketKernel, "bind", lambda kernel, slots: mutate(bind(kernel, slots)))
    found = qf.compile(PROGRAM, "H2-1").validate_circuits()
    assert found.outcome == "differ"
    assert found.deviation > 1e-6
    assert found.render().startswith("circuits: moments differ by ")


def without_a_measurement(circuit: Circuit) -> Circuit:
    return rebuilt(circuit, lambda place, kind, angles, args: kind != "Measure" or args[1] > 0)


@pytest.mark.parametrize("mutate", [with_bits_crossed, with_a_turn_before_it_is_measured, without_a_measurement])
def test_a_wrong_measurement_is_caught(monkeypatch: pytest.MonkeyPatch, mutate: Callable[[Circuit], Circuit]) -> None:
    """The circuit without measurements is right, and what is read of the others is not."""
    circuit = BatchCircuits.circuit
    monkeypatch.setattr(BatchCircuits, "circuit", lambda batch, row: mutate(circuit(batch, row)))
    found = qf.compile(PROGRAM, "H2-1", level=2).validate_circuits()
    assert found.outcome == "differ"


def test_a_wrong_emitter_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """All exchanges backwards would keep inner products of spins, by reversal of time; three per cent more do not."""
    exchange = Emitter.exchange
    monkeypatch.setattr(
        Emitter, "exchange", lambda emitter, a, b, angle, frame: exchange(emitter, a, b, 1.03 * angle, frame)
    )
    assert qf.compile(PROGRAM, "H2-1").validate_circuits().outcome == "differ"


def test_gates_below_the_minimum_angle_are_told_apart_from_wrong_ones() -> None:
    coarse = replace(target("H2-1"), minimum=MinimumAngles(zz_phase=0.1, phased_x=0.1))
    found = qf.compile("lib:sivqlm-h2o:depth=2", coarse).validate_circuits()
    assert found.outcome == "agree"
    assert found.deviation < 1e-12
    assert 1e-4 < found.left_out < 1
    assert "; gates below the minimum angles of the target add " in found.render()


def test_what_is_not_compared() -> None:
    found = qf.compile("lib:ring:qubits=16,depth=1", "H2-1").validate_circuits()
    assert found == CircuitCheck("unknown", why="16 qubits; the dense reference takes 14")
    assert found.render() == "circuits are not compared: 16 qubits; the dense reference takes 14"
    with pytest.raises(QffcError, match="target without native gates"):
        qf.compile(PROGRAM, "ideal").validate_circuits()
