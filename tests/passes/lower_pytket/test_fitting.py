"""Circuits for other gates and for devices where not all qubits can meet, held against those that are emitted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytket.circuit import Circuit, OpType

from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.connectivity import Connectivity, grid, line, ring
from qffc.passes.equivariance.numbers.generic_point import generic_slots
from qffc.passes.lower_pytket.fitting import Fitting
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.lower_pytket.routing import Gate, Search, Start, best_start, route, worth
from qffc.passes.lower_pytket.swapped_decompositions import in_iswaps, in_xx_phases
from qffc.passes.target import CostWeights, Pricing, Target
from qffc.passes.target_gates import ENOUGH, IONS, ONE_QUBIT, ONE_QUBIT_NATIVE, TWO_QUBIT
from qffc.testing import programs

IONS_TARGET = Target("ions", "all to all", None, ("TK2", "ZZPhase"))
WATER = split_program(load("sivqlm-h2o", depth=1))
HEAVY = Connectivity(((0, 1), (1, 2), (2, 3), (3, 4), (1, 5), (3, 6)))


def device(gate="CZ", one_qubit=ONE_QUBIT_NATIVE, connectivity=None, **more):
    qubits = None if connectivity is None else connectivity.qubits
    return Target("lab", "a device", qubits, (gate,), gate, one_qubit=one_qubit, connectivity=connectivity, **more)


def kernels(split, target, **options):
    return PytketKernel(split, target, **options), PytketKernel(split, IONS_TARGET, **options)


def infidelity(fitted, emitted, size) -> float:
    """Between the states of the qubits of the program; what else there is has to be at zero."""
    state = fitted.get_statevector().reshape(2**size, -1)[:, 0]
    return 1 - abs(np.vdot(state, emitted.get_statevector()))


def outcomes(circuit):
    """The probabilities of all values of the bits, as many shots would show them."""
    measured = [command for command in circuit if command.op.type == OpType.Measure]
    plain = Circuit()
    for qubit in circuit.qubits:
        plain.add_qubit(qubit)
    for command in circuit:
        if command.op.type != OpType.Measure:
            plain.add_gate(command.op, command.args)
    shares = (np.abs(plain.get_statevector()) ** 2).reshape((2,) * plain.n_qubits)
    order = [plain.qubits.index(c.qubits[0]) for c in sorted(measured, key=lambda c: c.bits[0].index[0])]
    others = tuple(axis for axis in range(plain.n_qubits) if axis not in order)
    left = [axis for axis in range(plain.n_qubits) if axis in order]
    return shares.sum(axis=others).transpose([left.index(axis) for axis in order])


@pytest.mark.parametrize("gate", TWO_QUBIT)
@pytest.mark.parametrize("fix_frame", [False, True])
def test_every_two_qubit_gate_gives_the_state(gate, fix_frame):
    kernel, emitted = kernels(WATER, device(gate, ("Rz", "SX")), fix_frame=fix_frame)
    slots = generic_slots(WATER)
    circuit = kernel.bind(slots)
    counts = kernel.counts(circuit)
    assert infidelity(circuit, emitted.bind(slots), 4) < 1e-12
    assert {name for name, _ in counts.gates} == {gate, "Rz", "SX"}
    assert counts.other == 0
    assert counts.two_qubit == dict(counts.gates)[gate] == circuit.n_2qb_gates()
    # Six exchanges, of which two are prepared with their pairs; pytket makes six iSWAPs of each.
    exchanges = emitted.counts(emitted.bind(slots)).gates
    three = sum(number for name, number in exchanges if name == "TK2")
    assert counts.two_qubit <= (1 if gate == "TK2" else 3) * three


@pytest.mark.parametrize("one_qubit", ENOUGH, ids="+".join)
def test_every_set_of_one_qubit_gates_that_is_enough(one_qubit):
    kernel, emitted = kernels(WATER, device("CX", one_qubit))
    slots = generic_slots(WATER)
    circuit = kernel.bind(slots)
    assert infidelity(circuit, emitted.bind(slots), 4) < 1e-12
    assert {name for name, _ in kernel.counts(circuit).gates} <= {"CX", *one_qubit}


def test_gates_are_spelt_as_pytket_does():
    assert all(OpType.from_name(name).name == name for name in (*TWO_QUBIT, *ONE_QUBIT))


@settings(max_examples=8)
@given(st.data())
def test_any_program_on_any_device(data):
    """Moments do not depend on the device: the state is the same, and so are the outcomes of every setting."""
    program = data.draw(programs(native=True).filter(lambda each: len(each.qubits) <= 5))
    graph = data.draw(st.sampled_from([None, line(6), ring(5), grid(6), HEAVY]))
    gate = data.draw(st.sampled_from(TWO_QUBIT))
    split = split_program(program)
    kernel, emitted = kernels(split, device(gate, connectivity=graph))
    slots = data.draw(st.sampled_from([generic_slots(split), np.zeros(split.slot_count)]))
    placed = kernel.bind_placed(slots)
    assert infidelity(placed.in_order(), emitted.bind(slots), len(program.qubits)) < 1e-9
    for setting in kernel.measurements.settings:
        here, there = (each.bind_measured(slots, setting) for each in (kernel, emitted))
        assert outcomes(here) == pytest.approx(outcomes(there), abs=1e-9)
        for command in () if graph is None else here:
            if len(command.qubits) == 2:
                a, b = sorted(qubit.index[0] for qubit in command.qubits)
                assert (a, b) in graph.edges


@pytest.mark.parametrize("graph", [line(5), HEAVY], ids=["line", "heavy"])
def test_circuits_are_alike_alone_and_in_company(graph):
    kernel, _ = kernels(WATER, device(connectivity=graph))
    setting = kernel.measurements.settings[0]
    rows = np.stack([generic_slots(WATER), 0.5 * generic_slots(WATER)])
    many = kernel.bind_many(rows, setting)
    again = PytketKernel(WATER, kernel.target)
    assert [again.bind_measured(row, setting) for row in rows] == list(many)


def test_pairs_that_meet_anyway_trade_places_for_little():
    """All pairs on a line: exchanges take most SWAPs in, so that there are few gates more than where all can meet."""
    split = split_program(load("all-pairs", qubits=6, depth=2))
    slots = generic_slots(split)
    free, routed = (PytketKernel(split, device(connectivity=graph)) for graph in (None, line(6)))
    assert routed.counts(routed.bind(slots)).two_qubit < 1.15 * free.counts(free.bind(slots)).two_qubit


def test_a_swap_that_is_needed_costs_three():
    """Two pairs that meet across a line, each once, and nothing between that could take a SWAP in."""
    op = Circuit(2).TK2(0.1, 0.1, 0.1, 0, 1).get_commands()[0].op
    gates = [Gate(op, (0, 1)), Gate(op, (1, 2)), Gate(op, (0, 2))]
    routed = route(gates, line(3), Start((0, 1, 2), Search(3, 0.25, 0.1)))
    assert routed.cost == 9  # the second exchange takes the SWAP in
    assert routed.places != (0, 1, 2)
    across = [Gate(op, (0, 2)), Gate(op, (1, 3)), Gate(op, (0, 2)), Gate(op, (1, 3))]
    fixed = route(across, line(4), Start((0, 1, 2, 3), Search(3, 0.25, 0.1)))
    assert fixed.cost > 12
    assert route(across, line(4), best_start(across, 4, line(4))).cost == 12  # a better start needs none


@pytest.mark.parametrize(
    "angles", [(0.2,) * 3, (0.2, 0.1, -0.3), (0.2, 0, 0), (0.5,) * 3, (0.7, 0.5, 0.5), (0.5, 0, 0), (1, 0, 0)]
)
def test_decompositions_of_two_qubits(angles):
    gate = Circuit(2).TK2(*angles, 0, 1)
    op = gate.get_commands()[0].op
    for write, kind in ((in_iswaps, OpType.ISWAPMax), (in_xx_phases, OpType.XXPhase)):
        made = write(gate)
        assert abs(np.trace(made.get_unitary() @ gate.get_unitary().conj().T)) == pytest.approx(4)
        if worth(op) == 3:
            assert made.n_gates_of_type(kind) in (3, 5)


def test_counts_costs_and_prices_of_gates_by_name():
    weights, pricing = (
        CostWeights(by_gate=(("CZ", 1.5),)),
        Pricing(0.0, 1.0, 10.0, 0.0, 1.0, (("CZ", 3.0), ("Rz", 0.5))),
    )
    target = device(one_qubit=("Rz", "SX"), weights=weights, pricing=pricing)
    kernel = PytketKernel(WATER, target)
    counts = kernel.counts(kernel.bind(generic_slots(WATER)))
    found = dict(counts.gates)
    assert counts.phased_x == found["SX"]
    assert counts.rz == found["Rz"]
    assert counts.cost == pytest.approx(1.5 * found["CZ"])
    assert target.price(counts, 2) == pytest.approx(2 * (3 * found["CZ"] + 0.5 * found["Rz"] + found["SX"]))


def test_the_cheaper_of_two_forms_is_taken():
    """Where an exchange in ZZPhase is one form of several: two ZZPhase are no three."""
    kernel, _ = kernels(WATER, replace(IONS_TARGET, gates=("ZZPhase",), two_qubit="ZZPhase", one_qubit=("Rz", "SX")))
    slots = generic_slots(WATER)
    sizes = [kernel._fitting.fit([form.bind(slots)]).circuit.n_2qb_gates() for form in kernel._forms]
    assert kernel.bind(slots).n_2qb_gates() == min(sizes)


def test_targets_that_need_nothing_are_left_alone():
    for gate in ("TK2", "ZZPhase"):
        assert PytketKernel(WATER, replace(IONS_TARGET, two_qubit=gate, gates=IONS))._fitting is None


def near_special(random, size):
    return random.choice([0.0, 0.5, 1.0, 1.5, 0.25]) + size * random.uniform(-1, 1)


@pytest.mark.parametrize("gate", TWO_QUBIT)
@pytest.mark.parametrize("one_qubit", [("Rz", "SX"), ("PhasedX",), ("U3",)], ids="+".join)
@pytest.mark.parametrize("draws", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_angles_near_special_ones(gate, one_qubit, draws):
    """Passes of pytket squash some turns nearly about an axis into others; what it counts as zero is its own."""
    fitting, random = Fitting(device(gate, one_qubit), lambda: Circuit()), np.random.default_rng(0)
    for size in 10.0 ** np.arange(-12, -5):
        for _ in range(draws):
            circuit = Circuit(2)
            for _ in range(5):
                x, y, z, a, b = (near_special(random, size) for _ in range(5))
                circuit.TK2(x, y, z, 0, 1).PhasedX(a, b, 0).PhasedX(y, a, 1).Rz(z, 0).PhasedX(x, b, 0)
            found, wanted = fitting.fit([circuit]).circuit.get_statevector(), circuit.get_statevector()
            overlap = np.vdot(wanted, found)
            assert found == pytest.approx(wanted * overlap / abs(overlap), abs=1e-7)
