from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import product

import numpy as np
import pytest
from broken import broken, repair
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.observables import DotObservable, PauliObservable, ProductObservable, SumObservable
from qffc.ir.ops import PauliRotation
from qffc.ir.pauli import LETTERS, PauliSum, dot_product, triple_product
from qffc.ir.reference import dense, response
from qffc.ir.text.parser import parse_value
from qffc.ir.values import as_value
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.symmetrize.twirl import mean_number, mean_vector, twirl_gate, twirl_observable, twirl_string

CUBE = Rotation.create_group("O").as_matrix()
"""The 24 rotations of a cube: averages over them are exact for tensors up to rank 3."""
ICOSAHEDRON = Rotation.create_group("I").as_matrix()
"""The 60 rotations of an icosahedron: exact up to rank 5."""


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
