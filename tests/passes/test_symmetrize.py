from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from qffc.ir.diagnostics import QffcError
from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.observables import DotObservable, PauliObservable, ProductObservable, SumObservable
from qffc.ir.ops import Exchange, PauliRotation, Rotate, Singlet, Zero
from qffc.ir.parser import parse_program, parse_value
from qffc.ir.pauli import LETTERS, PauliSum, dot_product, triple_product
from qffc.ir.program import Parameter, Qubit
from qffc.ir.reference import dense, moments, response
from qffc.ir.values import ParameterEntry, as_value
from qffc.library import load
from qffc.passes.check_equivariance import check_equivariance
from qffc.passes.pipeline import run_pipeline
from qffc.passes.pipeline_text import parse_pipeline
from qffc.passes.symmetrize import Symmetrize
from qffc.passes.symmetrize_twirl import mean_number, mean_vector, twirl_gate, twirl_observable, twirl_string
from qffc.targets import target
from qffc.testing import instances, programs, symmetric_programs

IDEAL = target("ideal")
CUBE = Rotation.create_group("O").as_matrix()
"""The 24 rotations of a cube: averages over them are exact for tensors up to rank 3."""
ICOSAHEDRON = Rotation.create_group("I").as_matrix()
"""The 60 rotations of an icosahedron: exact up to rank 5."""

REFUSALS = (
    "preparation that no average repairs",
    "Pauli rotation with too many letters to average",
    "observable that averages to nothing",
    "observable with too many letters to average",
    "readout that depends on the frame",
    "translation that cannot be repaired",
    "copies of a pair circuit",
)

TEXT = """qffc 1
program broken
symmetry {symmetry}
scope molecule
species O, H
site O: O centre
site A: H neighbour
site B: H neighbour
parameter J
parameter K
qubit a: A
qubit b: A
qubit c: B
qubit d: B
singlet a, b
singlet c, d
rotate a, r(O, A)
rotate c, r(O, B)
exchange a, c, 1/3
{line}
observable m = {observable}
energy moment(m){readout}
"""


def broken(line="", symmetry="rotation", observable="dot(a, c)", readout=""):
    return parse_program(TEXT.format(line=line, symmetry=symmetry, observable=observable, readout=readout))


def repair(program, **options):
    return Symmetrize(**options).run(program, IDEAL)


def strings(most):
    for count in range(1, most + 1):
        for letters in product(LETTERS, repeat=count):
            yield tuple(enumerate(letters))


@cache
def spin_turns(group):
    """U_R of one spin for each rotation R of a group."""
    found = []
    for x, y, z, w in Rotation.create_group(group).as_quat():
        i, j, k = (dense(PauliSum.of({((0, letter),): 1}), (0,)) for letter in LETTERS)
        found.append(w * np.eye(2) - 1j * (x * i + y * j + z * k))
    return found


def turned(matrix, turn):
    size = int(np.log2(len(matrix)))
    unitary = np.eye(1)
    for _ in range(size):
        unitary = np.kron(unitary, turn)
    return unitary @ matrix @ unitary.conj().T


def projected(matrix, group):
    return np.mean([turned(matrix, turn) for turn in spin_turns(group)], axis=0)


def dense_terms(terms, count):
    total = PauliSum(())
    for weight, structure in terms:
        factor = None
        for qubits in structure:
            part = dot_product(*qubits) if len(qubits) == 2 else triple_product(*qubits)
            factor = part if factor is None else factor * part
        total = total + factor.scaled(weight)
    return dense(total, tuple(range(count)))


# --------------------------------------------------------------------------- averages


@pytest.mark.parametrize("string", [*strings(4)], ids=lambda string: "".join(letter for _, letter in string))
def test_the_average_of_a_string_is_that_over_a_finite_group(string):
    count = len(string)
    matrix = dense(PauliSum.of({string: 1}), tuple(range(count)))
    expected = projected(matrix, "O" if count < 4 else "I")
    np.testing.assert_allclose(dense_terms(twirl_string(string), count), expected, atol=1e-12)


def test_the_finite_groups_are_large_enough():
    # The dimension of the invariants of a tensor power, from characters: as for all rotations, 0, 1, 1, 3, 6.
    for group, invariants in ((CUBE, (0, 1, 1)), (ICOSAHEDRON, (0, 1, 1, 3, 6))):
        traces = np.trace(group, axis1=1, axis2=2)
        found = [np.mean(traces**rank) for rank in range(1, len(invariants) + 1)]
        np.testing.assert_allclose(found, invariants, atol=1e-9)
    assert np.mean(np.trace(CUBE, axis1=1, axis2=2) ** 4) == pytest.approx(4)  # one too many for four letters


@pytest.mark.parametrize("letters", ["Z", "XX", "XY", "XYZ", "ZYX", "ZZX", "XXXX", "XXZZ"])
def test_the_average_of_a_string_is_that_over_many_random_rotations(letters):
    string = tuple(enumerate(letters))
    matrix = dense(PauliSum.of({string: 1}), tuple(range(len(letters))))
    quaternions, count = np.random.default_rng(5).normal(size=(20000, 4)), 20000
    quaternions /= np.linalg.norm(quaternions, axis=1, keepdims=True)
    spins = np.array([np.eye(2), *(-1j * dense(PauliSum.of({((0, letter),): 1}), (0,)) for letter in LETTERS)])
    one = np.einsum("nk,kab->nab", quaternions, spins)
    turns = one
    for _ in letters[1:]:
        turns = np.einsum("nab,ncd->nacbd", turns, one).reshape(count, 2 * turns.shape[1], -1)
    average = np.einsum("nab,bc,ndc->ad", turns, matrix, turns.conj(), optimize=True) / count
    error = dense_terms(twirl_string(string), len(letters)) - average
    assert np.abs(error).max() < 5 / np.sqrt(count)  # entries of the summands are at most 1


@pytest.mark.parametrize("string", [*strings(3)], ids=lambda string: "".join(letter for _, letter in string))
def test_a_gate_gets_the_average_of_its_generator(string):
    op = PauliRotation(string, as_value(Fraction(7, 5)))
    qubits = tuple(range(len(string)))
    after = twirl_gate(op).op
    found = dense(PauliSum(()) if after is None else after.generator, qubits)
    np.testing.assert_allclose(found, projected(dense(op.generator, qubits), "O"), atol=1e-12)


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("pauli_rotation X(a) X(b), J", "exchange a, b, 1/6*J"),
        ("pauli_rotation Z(d) Z(b), 2*K*norm(r(A, B))", "exchange b, d, 1/3*K*norm(r(A, B))"),
        ("pauli_rotation X(a) Y(b) Z(c), J", "chirality a, b, c, 1/12*J"),
        ("pauli_rotation Y(a) X(b) Z(c), J", "chirality a, b, c, -1/12*J"),
        ("pauli_rotation Z(a), component(r(O, A), z)", "rotate a, 1/3*r(O, A)"),
        ("rotate a, vector(component(r(O, A), x), J + component(r(O, A), y), 0)", "rotate a, 2/3*r(O, A)"),
        ("rotate a, J*r(O, A) + vector(0, 0, K)", "rotate a, J*r(O, A)"),
        ("exchange a, b, J + component(r(O, A), x)", "exchange a, b, J"),
        ("chirality a, b, c, J + component(r(O, A), x)", "chirality a, b, c, J"),
    ],
)
def test_replaced(line, after):
    result = repair(broken(line))
    assert result.changed
    assert f"\n{after}\n" in result.program.text
    (change,) = result.output.of_kind("replaced")
    assert (change.after, change.why) == (after, "its average over rotations")
    assert change.before.startswith("operation 5 at ")
    assert check_equivariance(result.program).holds


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("pauli_rotation Z(a), J", "is zero"),
        ("pauli_rotation X(a) Y(b), J", "is zero"),
        ("pauli_rotation X(a) X(b) Z(c), J", "is zero"),
        ("rotate a, vector(0, J, 1)", "is zero"),
        ("rotate a, cross(vector(0, 0, 1), r(O, A))", "is zero"),
        ("rotate a, component(r(O, A), x)*r(O, A)", "is zero"),
        ("exchange a, b, component(r(O, A), x)", "is zero"),
        ("rotate a, unit(vector(component(r(O, A), x), 0, 0))", "no closed form"),
        ("exchange a, b, cos(component(r(O, A), x))", "no closed form"),
        ("pauli_rotation X(a) X(b), component(r(O, A), x)", "no operation"),
    ],
)
def test_dropped(line, why):
    result = repair(broken(line))
    assert result.program == broken()
    (change,) = result.output.of_kind("dropped")
    assert why in change.why
    assert change.after == ""


@pytest.mark.parametrize(
    "text",
    [
        "vector(component(r(O, A), x), component(r(O, B), y), J)",
        "vector(2*component(r(O, A), x) + component(r(O, B), x), norm(r(O, A))*component(r(O, A), z), 0)",
        "J*r(O, A) + component(r(O, A), x)*vector(1, 2, 3)",
        "cross(vector(component(r(O, A), x), 0, 0), r(O, B))",
        "component(r(O, A), x)*r(O, B)",
    ],
)
def test_the_average_of_a_vector_is_that_over_a_finite_group(text):
    value = parse_value(text)
    mean = mean_vector(value)
    assert mean.law.covariant
    program = broken()
    for seed in range(3):
        random = np.random.default_rng(seed)
        positions, tables = random.normal(size=(3, 3)), {"J": np.array(0.7), "K": np.array(0.2)}

        def at(vector, places, tables=tables):
            return Evaluator(program, Instance(places, np.array([0, 1, 1]), tables))(vector)

        expected = np.mean([turn.T @ at(value, positions @ turn.T) for turn in CUBE], axis=0)
        np.testing.assert_allclose(at(mean, positions), expected, atol=1e-12)


def test_the_average_of_a_number():
    assert str(mean_number(parse_value("J*(2 + component(r(O, A), x))"))) == "2*J"
    assert mean_number(parse_value("component(r(O, A), x)^2")) is None
    assert mean_number(parse_value("component(r(O, A), x)*component(r(O, B), x)")) is None


# --------------------------------------------------------------------------- observables


@pytest.mark.parametrize(
    ("observable", "after"),
    [
        ("Z(a) Z(c)", "1/3*dot(a, c)"),
        ("3*Z(a) Z(c)", "dot(a, c)"),
        ("1*X(a) X(c) + 1*Y(a) Y(c)", "2/3*dot(a, c)"),
        ("1*Z(a) + 1*dot(a, c)", "dot(a, c)"),
        ("Z(a) Z(b) Z(c) Z(d)", "1/15*(dot(a, b)*dot(c, d)) + 1/15*(dot(a, c)*dot(b, d)) + 1/15*(dot(a, d)*dot(b, c))"),
        ("(3*Z(a) Z(b))*dot(c, d)", "dot(a, b)*dot(c, d)"),
        (
            "X(a) X(b) Z(c) Z(d)",
            "2/15*(dot(a, b)*dot(c, d)) + -1/30*(dot(a, c)*dot(b, d)) + -1/30*(dot(a, d)*dot(b, c))",
        ),
    ],
)
def test_observables(observable, after):
    result = repair(broken(observable=observable))
    assert f"\nobservable m = {after}\n" in result.program.text
    assert check_equivariance(result.program).holds


@pytest.mark.parametrize("observable", ["Z(a) Z(c)", "X(a) Y(b) Z(c)", "2*Z(a) + 1*Z(b) Z(d)", "X(a) Y(b) X(c) Y(d)"])
def test_an_averaged_observable_gives_the_average_energy(observable):
    before = broken(observable=observable)
    after = repair(before).program
    random = np.random.default_rng(2)
    place = Instance(random.normal(size=(3, 3)), np.array([0, 1, 1]), {"J": np.array(0.3), "K": np.array(0.1)})
    turns = [replace(place, positions=place.positions @ turn.T) for turn in ICOSAHEDRON]
    expected = np.mean([response(before, instance) for instance in turns])
    assert response(after, place)[0] == pytest.approx(expected, abs=1e-12)


@given(st.data())
def test_averages_of_random_observables_are_projections(data):
    pair = st.sampled_from([(0, 1), (2, 3), (0, 2)])
    string = st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True).flatmap(
        lambda on: st.tuples(*(st.tuples(st.just(q), st.sampled_from(LETTERS)) for q in on))
    )
    plain = st.one_of(string.map(PauliObservable), pair.map(lambda qubits: DotObservable(*qubits)))
    mixed = st.tuples(st.sampled_from(LETTERS), st.sampled_from(LETTERS)).map(
        lambda two: ProductObservable((DotObservable(0, 1), PauliObservable(((2, two[0]), (3, two[1])))))
    )
    weight = st.sampled_from([Fraction(1), Fraction(-2), Fraction(1, 3)])
    terms = data.draw(st.lists(st.tuples(weight, st.one_of(plain, mixed)), min_size=1, max_size=4))
    observable = SumObservable(tuple(terms))
    after = twirl_observable(observable)
    found = dense(PauliSum(()) if after is None else after.paulis, (0, 1, 2, 3))
    np.testing.assert_allclose(found, projected(dense(observable.paulis, (0, 1, 2, 3)), "I"), atol=1e-10)


def test_observables_that_nothing_reads_stay():
    program = broken()
    program = replace(program, observables=(*program.observables, ("idle", PauliObservable(((0, "Z"),)))))
    assert repair(program).program is program


# --------------------------------------------------------------------------- whole programs


def attempt(program, **options):
    """The result, or the title of a refusal."""
    try:
        return repair(program, **options)
    except QffcError as refusal:
        if refusal.diagnostic.title not in REFUSALS:
            raise
        return refusal.diagnostic.title


def with_singlets(program):
    """The program with its qubits in singlets, one more if need be, and without a claim about translation."""
    count = len(program.qubits)
    qubits = program.qubits + (Qubit("extra"),) * (count % 2)
    start = [Singlet(k, k + 1) for k in range(0, count, 2)]
    rest = [op for op in program.ops if not isinstance(op, Singlet | Zero)]
    symmetry = tuple(name for name in program.symmetry if name != "translation")
    return replace(program, qubits=qubits, ops=(*start, *rest), symmetry=symmetry)


@given(st.one_of(programs(), programs().map(with_singlets)))
def test_any_program_is_proven_or_refused(program):
    result = attempt(program)
    if isinstance(result, str):
        return
    assert check_equivariance(result.program).holds
    assert result.changed != (result.program == program)
    assert parse_program(result.program.text) == result.program
    again = repair(result.program)
    assert again.program is result.program
    assert not again.changed


def test_random_programs_meet_all_cases():
    seen = Counter()

    @settings(derandomize=True)
    @given(programs().map(with_singlets))
    def look(program):
        result = attempt(program)
        seen["refused" if isinstance(result, str) else "changed" if result.changed else "same"] += 1

    look()
    assert {"changed", "same"} <= set(seen)


@settings(max_examples=30)
@given(st.data())
def test_a_broken_symmetric_program_is_proven(data):
    program = data.draw(symmetric_programs())
    count, sites = len(program.qubits), tuple(site.name for site in program.sites)
    reach = f"component(r({sites[0]}, {sites[-1]}), x)"
    numbers = ("3/10", "pi", reach, f"2 + {reach}", f"cos({reach})")
    angles = st.sampled_from(numbers).map(parse_value)
    vectors = st.sampled_from([f"vector({x}, {y}, 1)" for x in numbers for y in numbers]).map(parse_value)
    ops = list(program.ops)
    for _ in range(data.draw(st.integers(1, 4))):
        on = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=3, unique=True))
        string = tuple((qubit, data.draw(st.sampled_from(LETTERS))) for qubit in on)
        bad = [PauliRotation(string, data.draw(angles)), Rotate(on[0], data.draw(vectors))]
        start = sum(isinstance(op, Singlet) for op in ops)
        ops.insert(data.draw(st.integers(start, len(ops))), bad[data.draw(st.integers(0, 1))])
    result = repair(replace(program, ops=tuple(ops), symmetry=("rotation",)))
    assert check_equivariance(result.program).holds
    instance = data.draw(instances(program, apart=True))
    before = response(result.program, instance)
    turn = Rotation.from_rotvec([0.3, -1.0, 0.8]).as_matrix()
    after = response(result.program, replace(instance, positions=instance.positions @ turn.T))
    np.testing.assert_allclose(after, before, rtol=1e-7, atol=1e-8)


@given(symmetric_programs())
def test_a_proven_program_is_returned_as_it_is(program):
    result = repair(program)
    assert result.program is program
    assert not result.changed
    assert result.output.changes == ()
    assert "nothing changed" in result.output.render()


def test_couplings_in_three_parts_stay():
    line = "\n".join(f"pauli_rotation {letter}(a) {letter}(c), J" for letter in "XYZ")
    program = broken(line)
    assert repair(program).program is program
    mixed = broken(f"{line}\npauli_rotation Z(a) Z(c), K\npauli_rotation Z(b), K")
    after = repair(mixed)
    assert len(after.output.changes) == 2
    assert after.program.ops[-1] == Exchange(0, 2, ParameterEntry("K") / 6)


def test_the_commutator_free_part_of_the_circuit_keeps_its_meaning():
    after = repair(broken("pauli_rotation Z(a), J")).program
    place = Instance(np.eye(3), np.array([0, 1, 1]), {"J": np.array(0.3), "K": np.array(0.1)})
    np.testing.assert_allclose(moments(after, place), moments(broken(), place))


# --------------------------------------------------------------------------- inversion and exchange


def test_exchange_is_averaged_where_it_is_not_proven():
    program = load("water-demo", depth=1, breaking=False)
    result = repair(program)
    assert result.program == replace(program, average=("exchange",))
    assert (result.output.circuits_before, result.output.circuits_after) == (1, 2)
    assert check_equivariance(result.program).holds


def test_inversion_is_averaged_only_where_it_is_not_proven():
    program = broken("rotate b, r(O, A)\nchirality a, b, c, J", "rotation, inversion")
    assert check_equivariance(program).holds
    assert repair(program).program is program
    odd = broken("chirality a, b, c, dot(cross(r(O, A), r(O, B)), x(O))", "rotation, inversion")
    result = repair(odd)
    assert result.program == replace(odd, average=("inversion",))
    assert check_equivariance(result.program).holds


def test_a_rotation_repair_can_save_inversion_and_lose_exchange():
    both = "pauli_rotation Z(a) Z(b), J\npauli_rotation Z(b) Z(c), J\npauli_rotation Z(c) Z(d), J"
    program = broken(f"rotate b, vector(0, 0, K)\n{both}", "rotation, inversion, exchange")
    result = repair(program)
    assert result.program.average == ("exchange",)
    assert check_equivariance(result.program).holds


def test_undeclared_symmetries_are_left_alone():
    program = broken("pauli_rotation Z(a), J", "translation")
    assert repair(program).program is program


def test_all_at_once():
    program = load("water-demo", depth=2)
    result = run_pipeline(parse_pipeline("symmetrize,check-equivariance"), program, IDEAL)
    assert result.output("check-equivariance").holds
    report = result.output("symmetrize")
    assert (len(report.of_kind("dropped")), len(report.of_kind("added"))) == (8, 1)
    assert report.unused == ("epsilon",)
    assert report.before.one_qubit - report.after.one_qubit == 8
    assert result.records[0].report == report.render()
    assert result.records[1].report == ""
    assert "    and 2 more\n" in report.render()


def test_copies_are_counted_with_channels():
    program = replace(load("sivqlm-nh3", depth=1), average=(), channels=2)
    report = repair(program).output
    assert (report.circuits_before, report.circuits_after) == (2, 24)


def test_options():
    program = load("water-demo", depth=1)
    result = repair(program, twirl=False, average=False)
    assert result.program is program
    assert result.output.left == ("rotation", "inversion", "exchange")
    assert "left alone: rotation, inversion, exchange" in result.output.render()
    assert repair(program, twirl=False).output.left == ("rotation",)
    assert repair(program, average=False).output.left == ("exchange",)
    assert parse_pipeline("symmetrize{twirl=false}") == (Symmetrize(twirl=False),)


# --------------------------------------------------------------------------- refusals

PAIR = """qffc 1
program pair_of_neighbours
symmetry exchange
scope pair
species H, O
site c: any centre
site a: any neighbour
site b: any neighbour
parameter J
qubit q: a
qubit p: b
singlet q, p
rotate q, J*r(c, a)
observable m = dot(q, p)
atomic weight 1 features m head 4 tanh
"""


@pytest.mark.parametrize(
    ("program", "title", "help_line"),
    [
        (lambda: parse_program(PAIR), REFUSALS[6], "lib:pair"),
        (lambda: broken("pauli_rotation X(a) X(b) X(c) X(d), J"), REFUSALS[1], "chiralities"),
        (lambda: broken(observable="Z(a)"), REFUSALS[2], "dot(a, b)"),
        (lambda: broken(readout=" + component(r(O, A), x)"), REFUSALS[4], "norm(...)"),
        (lambda: broken("rotate a, x(A)", "rotation, translation"), REFUSALS[5], "r(a, b)"),
    ],
)
def test_refusals(program, title, help_line):
    with pytest.raises(QffcError) as caught:
        repair(program())
    assert caught.value.diagnostic.title == title
    assert help_line in caught.value.diagnostic.help


def test_zero_is_refused_at_its_line():
    program = parse_program(broken().text.replace("singlet c, d", "zero c\nzero d"))
    with pytest.raises(QffcError) as caught:
        repair(program)
    assert caught.value.diagnostic.title == REFUSALS[0]
    assert caught.value.diagnostic.span is not None
    assert "singlet" in caught.value.diagnostic.help


def test_long_observables_are_refused():
    text = (
        broken()
        .text.replace("qubit d: B\n", "qubit d: B\nqubit e\nqubit f\n")
        .replace("singlet c, d\n", "singlet c, d\nsinglet e, f\n")
    )
    long = parse_program(text.replace("dot(a, c)", "Z(a) Z(b) Z(c) Z(d) Z(e)"))
    with pytest.raises(QffcError) as caught:
        repair(long)
    assert caught.value.diagnostic.title == REFUSALS[3]
    fine = parse_program(text.replace("dot(a, c)", "1*Z(a) Z(b) + 2*(dot(a, b)*dot(c, d)*dot(e, f))"))
    assert check_equivariance(repair(fine).program).holds


def test_unused_parameters_stay_declared():
    program = broken("pauli_rotation Z(a), J")
    program = replace(program, parameters=(Parameter("J", ()), Parameter("K", ())))
    result = repair(program)
    assert result.program.parameters == program.parameters
    assert result.output.unused == ("J",)
