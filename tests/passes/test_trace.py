"""Letters that are said to commute do, and equal normal forms mean equal unitaries."""

from itertools import product

import numpy as np
import pytest

from qffc.ir.ops import Chirality, Exchange, Op, PauliRotation, Rotate, Singlet
from qffc.ir.pauli import PauliSum
from qffc.ir.reference import dense
from qffc.ir.values import Displacement, Number, ParameterEntry, Value, cross, norm, unit
from qffc.passes.circuit.trace import independent, letter_of, make_letter, normal_form

R, S = Displacement("a", "b"), Displacement("a", "c")
T = ParameterEntry("t")
GATES: tuple[Op, ...] = (
    Rotate(0, T * R),
    Rotate(0, norm(S) * unit(R)),
    Rotate(0, S),
    Rotate(0, cross(R, S)),
    Rotate(1, R),
    Exchange(0, 1, T),
    Exchange(1, 0, norm(R)),
    Exchange(1, 2, T),
    Chirality(0, 1, 2, T),
    Chirality(1, 2, 3, T),
    PauliRotation(((0, "X"), (1, "X")), T),
    PauliRotation(((0, "Z"), (1, "Z")), T),
    PauliRotation(((0, "Z"), (1, "Z"), (2, "X")), T),
    PauliRotation(((0, "X"), (1, "Y"), (2, "Z")), T),
    PauliRotation(((2, "Z"),), T),
)


def matrix(op: Op) -> np.ndarray:
    """The generator at fixed numbers: r = (1, 2, 3), s = (-1, 0.5, 2), all angles one."""
    numbers = {"r(a, b)": (1.0, 2.0, 3.0), "r(a, c)": (-1.0, 0.5, 2.0), "cross(r(a, b), r(a, c))": (2.5, -5.0, 2.5)}
    if not isinstance(op, Rotate):
        assert isinstance(op, Exchange | Chirality | PauliRotation)
        ones = {string: Number(1) for string, _ in op.generator.terms}  # type: ignore[arg-type]  # 1 is rational enough
        signs = {string: -1 if part.text.startswith("-") else 1 for string, (part, _) in op.generator.terms}
        return dense(PauliSum.of({string: signs[string] for string in ones}), (0, 1, 2, 3))
    vector = next(v for text, v in reversed(numbers.items()) if text in op.vector.text.replace("norm(r(a, c))*", ""))
    parts = [v * dense(PauliSum.of({((op.qubit, l),): 1}), (0, 1, 2, 3)) for v, l in zip(vector, "XYZ", strict=True)]  # type: ignore[dict-item]  # X, Y, Z
    return np.asarray(sum(parts))


@pytest.mark.parametrize(("a", "b"), list(product(GATES, GATES)))
def test_independent_letters_commute(a: Op, b: Op) -> None:
    said = independent(letter_of(a, a.value).shape, letter_of(b, b.value).shape)
    commutes = np.allclose(matrix(a) @ matrix(b), matrix(b) @ matrix(a))
    assert commutes or not said
    if not isinstance(a, Rotate) and not isinstance(b, Rotate):
        assert said == commutes


def test_nothing_passes_a_preparation_of_its_qubit() -> None:
    singlet = letter_of(Singlet(0, 1), None).shape
    assert not independent(singlet, letter_of(Exchange(0, 1, T), T).shape)
    assert independent(singlet, letter_of(Exchange(2, 3, T), T).shape)


def word(*ops: Op) -> list[object]:
    return [letter_of(op, op.value) for op in ops]


def test_normal_form_tells_order_apart() -> None:
    ab, bc, cd = Exchange(0, 1, T), Exchange(1, 2, T), Exchange(2, 3, T)
    assert normal_form(word(ab, cd, bc)) == normal_form(word(cd, ab, bc))  # type: ignore[arg-type]  # letters
    assert normal_form(word(ab, bc, cd)) != normal_form(word(bc, ab, cd))  # type: ignore[arg-type]  # letters
    assert normal_form(word(ab, ab, bc)) != normal_form(word(ab, bc, ab))  # type: ignore[arg-type]  # letters
    other = Exchange(0, 1, norm(R))
    assert normal_form(word(ab, other)) == normal_form(word(other, ab))  # type: ignore[arg-type]  # letters
    assert normal_form(word(ab, bc, other)) != normal_form(word(other, bc, ab))  # type: ignore[arg-type]  # letters


def test_chirality_takes_the_sign_of_its_permutation() -> None:
    value: Value = T
    one = make_letter("chirality", (0, 1, 2), value)
    assert make_letter("chirality", (2, 0, 1), value) == one
    assert make_letter("chirality", (1, 0, 2), -value) == one
    assert make_letter("chirality", (1, 0, 2), value) != one
    assert one.moved({0: 1, 1: 0, 2: 2}).value == -value


def test_pauli_letters_travel_with_their_qubits() -> None:
    op = PauliRotation(((0, "X"), (1, "Z")), T)
    moved = letter_of(op, T).moved({0: 5, 1: 3})
    assert (moved.shape.qubits, moved.shape.paulis) == ((3, 5), "ZX")
