"""Operations on one pair of qubits as one gate: the same states, in any company, and fewer gates."""

from __future__ import annotations

from dataclasses import replace
from math import pi
from random import Random

import numpy as np
import pytest
import scipy

from qffc.ir.text.parser import parse_program
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_pytket import kernel as kernel_module
from qffc.passes.lower_pytket.batch_circuits import BatchCircuits
from qffc.passes.lower_pytket.blocks.cartan import cartan, in_order, kron, reduced, unitaries_of, without_swap
from qffc.passes.lower_pytket.blocks.fuse import _Joining, fused
from qffc.passes.lower_pytket.blocks.items import Item, commute
from qffc.passes.lower_pytket.compare import naive_circuit
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.lower_pytket.kernel_numbers import as_arrays
from qffc.passes.lower_pytket.turn_arrays import product, turns_about
from qffc.passes.lower_pytket.turns import after
from qffc.passes.measurement.settings import measurement_plan
from qffc.passes.target import MinimumAngles
from qffc.targets.catalogue import target

H2 = replace(target("H2-1"), minimum=MinimumAngles())
HELIOS = replace(target("Helios"), minimum=MinimumAngles())
PAULIS = [np.array(p) for p in ([[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]])]
SWAP = np.eye(4)[[0, 2, 1, 3]]


def circuit_text(qubits, operations, parameters, observables):
    lines = ["qffc 1", "program circuit", "scope molecule", "species H", "site A: H free"]
    lines += [f"parameter {name}" for name in parameters] + [f"qubit q{k}" for k in range(qubits)]
    lines += operations
    lines += [f"observable m{k} = {text}" for k, text in enumerate(observables)]
    return "\n".join([*lines, "energy " + " + ".join(f"moment(m{k})" for k in range(len(observables)))]) + "\n"


def rotation(string, angle):
    return "pauli_rotation " + " ".join(f"{letter}(q{qubit})" for qubit, letter in string) + f", {angle}"


def random_program(seed):
    """Pauli rotations of one to three letters, exchanges and relabels, with exact angles among them."""
    random = Random(seed)
    qubits = random.choice([2, 3, 4, 5])
    count = random.choice([4, 8, 16, 30])
    singlet = random.random() < 0.4
    operations = ["singlet q0, q1"] if singlet else []
    operations += [f"zero q{k}" for k in range(2 * singlet, qubits)]
    for k in range(count):
        width = random.choice([1, 1, 2, 2, 2, 3] if qubits > 2 else [1, 2])
        chosen = sorted(random.sample(range(qubits), width))
        angle = random.choice([f"p{k}", f"p{k}", "pi/2", "-pi/2", "pi/3", f"2*p{k}"])
        kind = random.random()
        if width == 2 and kind < 0.3:
            operations.append(f"exchange q{chosen[0]}, q{chosen[1]}, {angle}")
        elif width == 2 and kind < 0.35:
            a, b = chosen
            operations.append(f"relabel q{a} -> q{b}, q{b} -> q{a}")
        else:
            operations.append(rotation([(q, random.choice("XYZ")) for q in chosen], angle))
    observables = [" ".join(f"{random.choice('XYZ')}(q{q})" for q in range(2)) for _ in range(2)]
    return parse_program(circuit_text(qubits, operations, [f"p{k}" for k in range(count)], observables))


def ising(qubits, layers):
    """A ring of ZZ and X rotations, layer after layer."""
    edges = [(k, (k + 1) % qubits) for k in range(qubits)]
    operations = [f"zero q{k}" for k in range(qubits)] + [rotation([(k, "Y")], "pi/2") for k in range(qubits)]
    for layer in range(layers):
        operations += [rotation([(a, "Z"), (b, "Z")], f"g{layer}") for a, b in edges]
        operations += [rotation([(k, "X")], f"b{layer}") for k in range(qubits)]
    names = [f"{letter}{layer}" for layer in range(layers) for letter in "gb"]
    return parse_program(circuit_text(qubits, operations, names, ["Z(q0) Z(q1)"]))


def special_points(split, random):
    rows = random.uniform(-2, 2, (5, split.slot_count))
    rows[1] = 0.0
    rows[2] = np.round(rows[2]) * pi / 2
    return rows


@pytest.mark.parametrize("place", [H2, HELIOS], ids=["TK2", "ZZPhase"])
def test_states_are_those_of_the_program(place):
    random, used = np.random.default_rng(0), 0
    for seed in range(14):
        split = split_program(random_program(seed))
        kernel = PytketKernel(split, place)
        used += kernel._blocks is not None
        rows = special_points(split, random)
        for row, circuit in zip(rows, kernel.bind_many(rows), strict=True):
            wanted = naive_circuit(kernel, row).get_statevector()
            assert abs(np.vdot(wanted, circuit.get_statevector())) == pytest.approx(1.0, abs=1e-9), seed
            if kernel._blocks is not None:
                assert kernel.bind(row) == circuit, "alone and in company"
    assert used > 7


def test_measured_circuits_read_what_the_program_means():
    """Settings, Bell pairs among them, in blocks: expectation values of what they read."""
    random, seen = np.random.default_rng(1), 0
    for seed in range(25):
        split = split_program(random_program(seed))
        kernel = PytketKernel(split, H2)
        row = random.uniform(-2, 2, split.slot_count)
        plan = measurement_plan(split.observables, split.qubit_count)
        state = naive_circuit(kernel, row).get_statevector()
        for setting in plan.settings:
            circuit = kernel.bind_measured(row, setting)
            seen += kernel.measuring(setting)._blocks is not None
            wanted = [_mean(string, state, split.qubit_count) for string in setting.strings]
            assert _readings(circuit, setting) == pytest.approx(wanted, abs=1e-9), seed
    assert seen > 5


def _mean(string, state, qubits):
    letters = dict(string)
    operator = np.eye(1)
    for qubit in range(qubits):
        operator = np.kron(operator, PAULIS["XYZ".index(letters[qubit])] if qubit in letters else np.eye(2))
    return float(np.vdot(state, operator @ state).real)


def _readings(circuit, setting):
    order = {command.bits[0].index[0]: command.qubits[0] for command in circuit if command.bits}
    unmeasured = type(circuit)(circuit.n_qubits)
    for command in circuit:
        if not command.bits:
            unmeasured.add_gate(command.op, command.args)
    probabilities = np.abs(unmeasured.get_statevector()) ** 2
    values = []
    for sign, qubits in setting.readings:
        wires = [order[setting.measured.index(qubit)].index[0] for qubit in qubits]
        parity = np.zeros(len(probabilities), dtype=int)
        for wire in wires:
            parity ^= (np.arange(len(probabilities)) >> (circuit.n_qubits - 1 - wire)) & 1
        values.append(sign * float(probabilities @ (1 - 2 * parity)))
    return values


@pytest.mark.parametrize(
    ("qubits", "layers", "gates"),
    [(6, 1, 6), (6, 2, 9), (6, 3, 12), (8, 3, 16)],
)
def test_every_second_edge_joins_the_next_layer(qubits, layers, gates):
    split = split_program(ising(qubits, layers))
    row = np.random.default_rng(0).uniform(0.2, 1.0, split.slot_count)
    counts = [
        kernel.counts(kernel.bind(row))
        for kernel in (PytketKernel(split, H2), PytketKernel(split, H2, fuse_pairs=False))
    ]
    assert [count.two_qubit for count in counts] == [gates, qubits * layers]
    assert counts[0].phased_x <= counts[1].phased_x


@pytest.mark.parametrize("place", [H2, HELIOS], ids=["TK2", "ZZPhase"])
def test_gates_of_collective_exchanges_are_fused_when_they_are_there(place):
    """How many there are depends on the angle, so that blocks are made of them for each binding."""
    lines = ["singlet q0, q1", "singlet q2, q3", "collective q0, q1, q2, p0", "pauli_rotation X(q1), p1"]
    lines += ["pauli_rotation Y(q2), p2", "exchange q1, q2, p3", "exchange q0, q2, p0", "chirality q1, q2, q3, p1"]
    names = [f"p{k}" for k in range(4)]
    split = split_program(parse_program(circuit_text(4, lines, names, ["Z(q0) Z(q1)"])))
    kernel, apart = PytketKernel(split, place), PytketKernel(split, place, fuse_pairs=False)
    for row in special_points(split, np.random.default_rng(4)):
        circuit = kernel.bind(row)
        wanted = naive_circuit(kernel, row).get_statevector()
        assert abs(np.vdot(wanted, circuit.get_statevector())) == pytest.approx(1.0, abs=1e-9)
        assert kernel._price.circuit(circuit) <= apart._price.circuit(apart.bind(row))
    row = np.array([0.3, 0.5, 0.7, 0.2])
    assert kernel.bind(row).n_2qb_gates() < apart.bind(row).n_2qb_gates()
    assert kernel.bind_many(row[None]) == (kernel.bind(row),)


def test_cartan_of_any_matrix():
    random = np.random.default_rng(3)
    middles = random.choice([0, pi / 4, pi / 2, pi, -pi / 2, 0.3, 1e-9, 1e-13], (60, 3))
    pairs = np.array([np.kron(p, p) for p in PAULIS])
    exact = np.array([scipy.linalg.expm(-0.5j * np.einsum("k,kij->ij", angles, pairs)) for angles in middles])
    before, after = (kron(*(turns_about(random.normal(size=(60, 3))) for _ in range(2))) for _ in range(2))
    generic = np.linalg.qr(random.normal(size=(60, 4, 4)) + 1j * random.normal(size=(60, 4, 4)))[0]
    for matrices in (exact, after @ exact @ before, generic):
        parts = cartan(matrices)
        ordered = in_order(parts)
        without = in_order(without_swap(parts))
        for found, wanted in (
            (parts, matrices),
            (reduced(parts), matrices),
            (ordered, matrices),
            (without, SWAP @ matrices),
        ):
            overlaps = np.einsum("rij,rij->r", wanted.conj(), unitaries_of(found)) / 4
            assert np.abs(overlaps) == pytest.approx(np.ones(len(wanted)), abs=1e-12)
        sizes = np.abs(ordered.angles)
        assert (np.diff(sizes, axis=1) < 1e-12).all()
        assert sizes.max() < pi / 2 + 1e-8


def test_what_commutes():
    """Against matrices, for every kind of operation on three tracks."""

    def matrix(item):
        strings = [item.letters] if item.letters else [(letter,) * 2 for letter in "XYZ"]
        generator = np.zeros((8, 8), dtype=complex)
        for string in strings:
            letters = dict(zip(item.tracks, string, strict=True))
            parts = [PAULIS["XYZ".index(letters[track])] if track in letters else np.eye(2) for track in range(3)]
            generator += np.kron(np.kron(parts[0], parts[1]), parts[2])
        return scipy.linalg.expm(-0.37j * generator)

    items = [Item((a, b), 0) for a, b in ((0, 1), (1, 2), (0, 2))]
    items += [Item((a,), 0, (p,)) for a in range(3) for p in "XYZ"]
    items += [Item((a, b), 0, (p, q)) for a, b in ((0, 1), (2, 1)) for p in "XYZ" for q in "XYZ"]
    for first in items:
        for second in items:
            a, b = matrix(first), matrix(second)
            assert commute(first, second) == np.allclose(a @ b, b @ a), (first, second)


def test_blocks_keep_the_order_of_what_does_not_commute():
    random = Random(5)
    for _ in range(30):
        items = [Item(tuple(random.sample(range(4), random.choice([1, 2]))), 0) for _ in range(25)]
        items = [item._replace(letters=tuple(random.choice("XYZ") for _ in item.tracks)) for item in items]
        blocks = fused(items)
        order = [member for block in blocks for member in block]
        assert sorted(order) == list(range(25))
        for block in blocks:
            assert len({track for member in block for track in items[member].tracks}) <= 2
        place = {member: k for k, member in enumerate(order)}
        for a in range(25):
            for b in range(a + 1, 25):
                assert commute(items[a], items[b]) or place[a] < place[b]


@pytest.mark.parametrize("rows", [1, 2, 64, 65])
def test_turns_are_multiplied_alike_in_any_company(rows):
    second, first = np.random.default_rng(rows).normal(size=(2, rows, 4))
    one, other = tuple(second[0].tolist()), tuple(first[0].tolist())
    for found, pairs in (
        (product(second, first), zip(second.tolist(), first.tolist(), strict=True)),
        (product(one, first), ((one, each) for each in first.tolist())),
        (product(second, other), ((each, other) for each in second.tolist())),
    ):
        assert found.tolist() == [list(after(*pair)) for pair in pairs]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("place", [H2, HELIOS], ids=["TK2", "ZZPhase"])
def test_blocks_are_taken_where_they_are_cheaper(monkeypatch, place, seed):
    """Whether it is seen at once, or by making both circuits."""
    split = split_program(random_program(seed))
    quick = PytketKernel(split, place)
    monkeypatch.setattr(kernel_module, "gates_apart", lambda *_, **__: 0)
    slow = PytketKernel(split, place)
    assert (quick._blocks is None) == (slow._blocks is None)
    if slow._blocks is not None:
        assert quick.prices_in_blocks == slow.prices_in_blocks
        sample = slow._structure.sample
        written = slow._written(slow._blocks, as_arrays(sample))
        assert slow._price.batch(written) == slow._price.circuit(BatchCircuits(written).circuit(0))


def test_orders_of_joining_end_where_none_can_be_better(monkeypatch):
    """Two that something on another pair is between are never joined, whatever is joined before."""
    random = Random(3)
    for _ in range(20):
        pairs = [tuple(random.sample(range(4), 2)) for _ in range(20)]
        items = [Item(pair, 0, (random.choice("XYZ"), random.choice("XYZ"))) for pair in pairs]
        found = fused(items)
        monkeypatch.setattr(_Joining, "joinable", lambda *_: True)
        assert fused(items) == found
        monkeypatch.undo()
