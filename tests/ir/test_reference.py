"""The reference simulator against matrix exponentials written here from the definitions of the operations."""

from dataclasses import replace
from functools import reduce
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.spatial.transform import Rotation

from qffc.ir import (
    Chirality,
    Collective,
    Evaluator,
    Exchange,
    FourSpin,
    Instance,
    PauliRotation,
    Program,
    QffcError,
    Qubit,
    Relabel,
    Rotate,
    Singlet,
    Zero,
    parse_program,
)
from qffc.ir.reference import moments, response, statevector
from qffc.testing import instances, programs, symmetric_programs

PAULI = {"X": np.array([[0, 1], [1, 0]]), "Y": np.array([[0, -1j], [1j, 0]]), "Z": np.diag([1.0, -1.0])}


def on(count: int, letters: dict[int, str]) -> Any:
    """A Pauli string as a full matrix, qubit 0 leftmost."""
    return reduce(np.kron, [PAULI[letters[q]] if q in letters else np.eye(2) for q in range(count)])


def exchange(count: int, a: int, b: int) -> Any:
    return sum(on(count, {a: letter, b: letter}) for letter in "XYZ")


def triple(count: int, qubits: tuple[int, int, int]) -> Any:
    signs = {"XYZ": 1, "YZX": 1, "ZXY": 1, "XZY": -1, "ZYX": -1, "YXZ": -1}
    return sum(sign * on(count, dict(zip(qubits, word, strict=True))) for word, sign in signs.items())


def permutation(count: int, moves: dict[int, int]) -> Any:
    matrix = np.zeros((2**count, 2**count))
    for index in range(2**count):
        bits = format(index, f"0{count}b")
        target = list(bits)
        for source, goal in moves.items():
            target[goal] = bits[source]
        matrix[int("".join(target), 2), index] = 1
    return matrix


def matrix_of(op: Any, count: int, evaluate: Evaluator) -> Any:
    match op:
        case Zero():
            return np.eye(2**count)
        case Singlet(a, b):
            # X on b, then a rotation of |01> onto the singlet, written as one map of |00>.
            flip_b, flip_a = on(count, {b: "X"}), on(count, {a: "X"})
            return (flip_b - flip_a) / np.sqrt(2)
        case Rotate(q, vector):
            v = np.asarray(evaluate(vector))
            return expm(-0.5j * sum(v[k] * on(count, {q: "XYZ"[k]}) for k in range(3)))
        case Exchange(a, b, angle):
            return expm(-1j * evaluate(angle) * exchange(count, a, b))
        case Chirality(a, b, c, angle):
            return expm(-1j * evaluate(angle) * triple(count, (a, b, c)))
        case FourSpin(a, b, c, d, angle):
            return expm(-1j * evaluate(angle) * exchange(count, a, b) @ exchange(count, c, d))
        case Collective(members=members, angle=angle):
            return expm(-1j * evaluate(angle) * sum(exchange(count, a, b) for a, b in combinations(members, 2)))
        case PauliRotation(string, angle):
            return expm(-0.5j * evaluate(angle) * on(count, dict(string)))
        case Relabel(moves):
            return permutation(count, dict(moves))
    raise AssertionError(op)


@given(st.data(), programs())
def test_against_matrix_exponentials(data: st.DataObject, program: Program) -> None:
    instance = data.draw(instances(program))
    count = len(program.qubits)
    evaluate = Evaluator(program, instance)
    state = np.zeros(2**count, dtype=complex)
    state[0] = 1
    for op in program.ops:
        state = matrix_of(op, count, evaluate) @ state
    np.testing.assert_allclose(statevector(program, instance), state, atol=1e-8)
    assert abs(np.linalg.norm(state) - 1) < 1e-8
    for (_, observable), found in zip(program.observables, moments(program, instance), strict=True):
        matrix = sum(float(re.value) * on(count, dict(string)) for string, (re, _) in observable.paulis.terms)
        expected = np.vdot(state, matrix @ state) if observable.paulis.terms else 0.0
        assert abs(expected - found) < 1e-7


@given(st.data(), symmetric_programs())
def test_a_symmetric_program_does_not_see_rotations_and_shifts(data: st.DataObject, program: Program) -> None:
    instance = data.draw(instances(program))
    angles = data.draw(st.lists(st.floats(-3, 3), min_size=3, max_size=3))
    turn, shift = Rotation.from_rotvec(angles).as_matrix(), np.array(angles)
    turned = replace(instance, positions=instance.positions @ turn.T + shift)
    expected = response(program, instance)
    np.testing.assert_allclose(response(program, turned), expected, atol=1e-6 * (1 + abs(expected).max()))


def small(ops: str, observable: str = "Z(u)", readout: str = "energy 2*moment(e)") -> Program:
    return parse_program(
        "qffc 1\nprogram p\nscope molecule\nspecies H\nsite a: H centre\nqubit u\nqubit v\nqubit w\n"
        f"{ops}\nobservable e = {observable}\n{readout}\n"
    )


def run(program: Program) -> Any:
    return response(program, Instance(np.array([[0.0, 0, 2]]), np.array([0]), {}))[0]


def test_a_program_that_is_not_symmetric_sees_rotations() -> None:
    program = small("zero u\nsinglet v, w\nrotate u, x(a)")
    one = response(program, Instance(np.array([[1.0, 0, 0]]), np.array([0]), {}))
    other = response(program, Instance(np.array([[0.0, 0, 1]]), np.array([0]), {}))
    assert abs(one - other) > 0.1


def test_relabel_moves_the_state() -> None:
    flipped = "zero u\nzero v\nzero w\npauli_rotation X(u), pi\n"
    cycle = "relabel u -> v, v -> w, w -> u"
    assert run(small(flipped, "Z(u)")) == pytest.approx(-2)
    assert run(small(flipped + cycle, "Z(u)")) == pytest.approx(2)
    assert run(small(flipped + cycle, "Z(v)")) == pytest.approx(-2)
    assert run(small(flipped + cycle + "\n" + cycle, "Z(w)")) == pytest.approx(-2)


def test_known_numbers() -> None:
    assert run(small("singlet u, v\nzero w", "dot(u, v)")) == pytest.approx(-6)
    assert run(small("zero u\nsinglet v, w\nrotate u, vector(pi/3, 0, 0)")) == pytest.approx(1)
    assert run(small("zero u\nsinglet v, w\nrotate u, x(a)", "Z(u)")) == pytest.approx(2)
    assert run(small("zero u\nzero v\nzero w\npauli_rotation X(v), pi\nexchange u, v, pi/4")) == pytest.approx(-2)
    weighted = "atomic weight norm(x(a)) features e head 4 tanh"
    assert run(small("singlet u, v\nzero w", "dot(u, v)", weighted)) == pytest.approx(-6)


def test_too_many_qubits_are_refused() -> None:
    program = small("zero u\nzero v\nzero w")
    many = replace(
        program,
        qubits=tuple(Qubit(f"q{index}") for index in range(15)),
        ops=tuple(Zero(index) for index in range(15)),
    )
    with pytest.raises(QffcError, match="at most 14"):
        run(many)


def test_sums_over_neighbours_have_to_be_written_out():
    program = parse_program("""qffc 1
program star
scope atom
species H
site c: any centre
site j: any gathered
qubit a
qubit b
singlet a, b
rotate a, sum(j, r(c, j))
observable m = dot(a, b)
atomic weight 1 features m head linear
""")
    instance = Instance(np.zeros((2, 3)), np.zeros(2, dtype=int), {})
    for simulate in (response, moments, statevector):
        with pytest.raises(QffcError, match=r"gathered site 'j' of 'star'[\s\S]*WrittenOut\(program, neighbours=2\)"):
            simulate(program, instance)
