"""pytket's circuit in the place of ours: taken where it is cheaper and right, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from pytket.circuit import Circuit

from qffc.ir.text.parser import parse_program
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_pytket import pytket_route
from qffc.passes.lower_pytket.blocks.of_circuit import in_blocks
from qffc.passes.lower_pytket.compare import naive_circuit
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.lower_pytket.pytket_route import PytketRoute
from qffc.passes.measurement.settings import measurement_plan
from qffc.passes.target import MinimumAngles
from qffc.targets.catalogue import target

H2 = replace(target("H2-1"), minimum=MinimumAngles())
GADGETS = """qffc 1
program gadgets
scope molecule
species H
site A: H free
parameter a
parameter b
parameter c
parameter d
qubit q0
qubit q1
qubit q2
zero q0
zero q1
zero q2
pauli_rotation Y(q0), 0.4
pauli_rotation X(q1), 0.9
pauli_rotation Y(q2), 1.3
pauli_rotation X(q0) Y(q1) Z(q2), a
pauli_rotation X(q0) X(q1) Z(q2), b
pauli_rotation Z(q0) Y(q1) X(q2), c
pauli_rotation X(q0) Z(q1) Z(q2), d
observable m = Z(q0) Z(q1)
energy moment(m)
"""


def gadgets():
    return split_program(parse_program(GADGETS))


def test_a_cheaper_circuit_is_taken_and_is_right():
    split = gadgets()
    ours, asked = PytketKernel(split, H2), PytketKernel(split, H2, ask_pytket=True)
    assert asked.route is not None
    assert ours.route is None
    for row in np.random.default_rng(0).uniform(-2, 2, (3, split.slot_count)):
        circuit = asked.bind(row)
        assert asked._price.circuit(circuit) < ours._price.circuit(ours.bind(row))
        wanted = naive_circuit(ours, row).get_statevector()
        assert abs(np.vdot(wanted, circuit.get_statevector())) == pytest.approx(1.0, abs=1e-9)
    assert asked.bind_many(row[None]) == (circuit,)


def test_a_measured_circuit_has_the_outcomes_of_the_program():
    split = gadgets()
    (setting,) = measurement_plan(split.observables, 3).settings
    row = np.random.default_rng(1).uniform(-2, 2, split.slot_count)
    kernel = PytketKernel(split, H2, ask_pytket=True)
    assert kernel.measuring(setting).route is not None
    circuit = kernel.bind_measured(row, setting)
    state = naive_circuit(kernel, row).get_statevector().reshape(2, 2, 2)
    wanted = (np.abs(state) ** 2).sum(axis=2)
    gates = Circuit(3)
    wires = {}
    for command in circuit:
        if command.bits:
            wires[command.bits[0].index[0]] = command.qubits[0].index[0]
        else:
            gates.add_gate(command.op, command.args)
    found = (np.abs(gates.get_statevector().reshape(2, 2, 2)) ** 2).sum(axis=({0, 1, 2} - set(wires.values())).pop())
    assert (found if wires[0] < wires[1] else found.T) == pytest.approx(wanted, abs=1e-9)


def test_a_wrong_circuit_is_not_taken(monkeypatch):
    monkeypatch.setattr(PytketRoute, "_compiled", lambda self, plain, route: Circuit(3))
    assert PytketKernel(gadgets(), H2, ask_pytket=True).route is None


def test_a_circuit_that_is_wrong_for_other_numbers_is_not_taken(monkeypatch):
    split = gadgets()
    ours, asked = PytketKernel(split, H2), PytketKernel(split, H2, ask_pytket=True)
    assert asked.route is not None
    monkeypatch.setattr(PytketRoute, "_compiled", lambda self, plain, route: Circuit(3))
    row = np.full(split.slot_count, 0.3)
    assert asked.bind(row) == ours.bind(row)


def test_where_ours_is_cheaper_nobody_is_asked_again(monkeypatch):
    asked = []
    compiled = PytketRoute._compiled
    monkeypatch.setattr(PytketRoute, "_compiled", lambda self, *given: asked.append(given) or compiled(self, *given))
    ring = [(a, (a + 1) % 4) for a in range(4)]
    lines = ["qffc 1", "program ring", "scope molecule", "species H", "site A: H free", "parameter a: 2", "parameter b"]
    lines += [f"qubit q{k}" for k in range(4)] + [f"zero q{k}" for k in range(4)]
    lines += [f"pauli_rotation Y(q{k}), pi/2" for k in range(4)]
    lines += [f"pauli_rotation Z(q{a}) Z(q{b}), a[0]" for a, b in ring]
    lines += [f"pauli_rotation X(q{k}), b" for k in range(4)]
    lines += [f"pauli_rotation Z(q{a}) Z(q{b}), a[1]" for a, b in ring]
    text = "\n".join([*lines, "observable m = X(q0)", "energy moment(m)", ""])
    kernel = PytketKernel(split_program(parse_program(text)), H2, ask_pytket=True)
    assert kernel.route is None
    assert asked
    asked.clear()
    kernel.bind(np.full(kernel.split.slot_count, 0.3))
    assert not asked


def test_exchanges_alone_are_not_asked_about(monkeypatch):
    monkeypatch.setattr(PytketRoute, "_compiled", None)
    assert PytketKernel(split_program(load("pair", depth=1)), H2, fix_frame=True, ask_pytket=True).route is None


def test_native_circuits_in_blocks_prepare_the_same_state():
    random = Random(0)
    fewer = 0
    for _ in range(20):
        circuit = Circuit(4)
        for _ in range(25):
            a, b = random.sample(range(4), 2)
            match random.choice(["PhasedX", "Rz", "ZZPhase", "ZZMax", "TK2"]):
                case "PhasedX":
                    circuit.PhasedX(random.choice([0.5, 1.0, 0.31]), random.choice([0.0, 0.5, 0.2]), a)
                case "Rz":
                    circuit.Rz(random.choice([0.5, 0.17]), a)
                case "ZZPhase":
                    circuit.ZZPhase(random.choice([0.5, 0.23]), a, b)
                case "ZZMax":
                    circuit.ZZMax(a, b)
                case _:
                    circuit.TK2(random.random(), random.choice([0.0, 0.5]), random.random(), a, b)
        made = in_blocks(circuit, H2)
        fewer += made.n_2qb_gates() < circuit.n_2qb_gates()
        assert abs(np.vdot(made.get_statevector(), circuit.get_statevector())) == pytest.approx(1.0, abs=1e-9)
    assert fewer > 10


def test_a_circuit_that_is_nearly_right_is_not_taken(monkeypatch):
    """By as little as an overlap hardly sees, and moments do."""
    split = gadgets()
    asked = PytketKernel(split, H2, ask_pytket=True)
    assert asked.route is not None
    right = PytketRoute._compiled
    monkeypatch.setattr(PytketRoute, "_compiled", lambda *args: right(*args).PhasedX(2e-4, 0.3, 0))
    row = np.full(split.slot_count, 0.3)
    assert asked.bind(row) == PytketKernel(split, H2).bind(row)


def test_of_large_circuits_nobody_is_asked(monkeypatch):
    """Minutes for each of them, at every binding."""
    monkeypatch.setattr(pytket_route, "MOST_GATES", 3)
    monkeypatch.setattr(PytketRoute, "_compiled", None)
    assert PytketKernel(gadgets(), H2, ask_pytket=True).route is None
