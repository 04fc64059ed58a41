"""Letters that are said to commute do, and equal normal forms mean equal unitaries."""

from collections.abc import Sequence
from itertools import product
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qffc.ir.operation import Op
from qffc.ir.ops import Chirality, Exchange, PauliRotation, Rotate, Singlet
from qffc.ir.pauli import PauliSum
from qffc.ir.reference import dense
from qffc.ir.values import Displacement, Number, ParameterEntry, Value, cross, norm, unit
from qffc.passes.circuit import trace
from qffc.passes.circuit.singlet_form import singlet_form
from qffc.passes.circuit.trace import Letter, Shape, independent, letter_of, levels, make_letter, normal_form, touched

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


# --------------------------------------------------------------------------- words, against plain definitions

SINGLETS = tuple(make_letter("singlet", (k, k + 1), None) for k in (0, 2, 4))
QUBITS = range(6)


def random_letter(random: Random) -> Letter:
    """A gate out of few, so that letters repeat and commute."""
    a, b, c = random.sample(QUBITS, 3)
    value = random.choice((T, norm(R)))
    match random.randrange(6):
        case 0:
            return letter_of(Rotate(a, R), random.choice((1, 2)) * random.choice((R, S)))
        case 1:
            return make_letter("pauli_rotation", (a,), value, random.choice("XZ"))
        case 2:
            return make_letter("pauli_rotation", (a, b), value, random.choice(("XX", "ZZ", "ZX")))
        case 3:
            return make_letter("chirality", (a, b, c), value)
        case _:
            return make_letter("exchange", (a, b), value)


def random_word(random: Random, length: int) -> list[Letter]:
    return [*SINGLETS, *(random_letter(random) for _ in range(length))]


def depends(a: Letter, b: Letter) -> bool:
    return a == b or not independent(a.shape, b.shape)


def plain_levels(word: Sequence[Letter]) -> list[int]:
    found: list[int] = []
    for k, letter in enumerate(word):
        found.append(1 + max((found[j] for j in range(k) if depends(word[j], letter)), default=0))
    return found


def disturbed(word: Sequence[Letter], random: Random) -> list[Letter]:
    """The word with neighbours swapped, gates replaced, moved to the other half and renamed, each now and then."""
    result = list(word)
    start = word[len(SINGLETS)]
    if random.random() < 0.5 and start.value is not None and len(start.shape.qubits) == 1:
        moved = make_letter(start.shape.kind, (start.shape.qubits[0] ^ 1,), None, start.shape.paulis)
        result[len(SINGLETS)] = moved.with_value(-start.value)
    for _ in range(random.randrange(4)):
        k = random.randrange(len(SINGLETS), len(word) - 1)
        if random.random() < 0.7 or not depends(result[k], result[k + 1]):
            result[k], result[k + 1] = result[k + 1], result[k]
    if random.random() < 0.3:
        result[random.randrange(len(SINGLETS), len(word))] = random_letter(random)
    if random.random() < 0.5:
        a, b = random.choice(((0, 1), (2, 4), (1, 3)))
        places = {qubit: {a: b, b: a}.get(qubit, qubit) for qubit in QUBITS}
        result = [letter.moved(places) for letter in result]
    return result


@given(st.integers(0, 2**32 - 1), st.integers(0, 30))
def test_levels_are_those_of_the_definition(seed: int, length: int) -> None:
    letters = random_word(Random(seed), length)
    assert levels(letters) == plain_levels(letters)


@given(st.integers(0, 2**32 - 1), st.integers(2, 12))
def test_words_are_equal_when_what_is_touched_is(seed: int, length: int) -> None:
    random = Random(seed)
    letters = random_word(random, length)
    image = disturbed(letters, random)
    mine, other = touched(letters, image)
    assert (normal_form(mine) == normal_form(other)) == (normal_form(letters) == normal_form(image))
    slid = normal_form(singlet_form(letters)) == normal_form(singlet_form(image))
    assert (normal_form(singlet_form(mine)) == normal_form(singlet_form(other))) == slid


def test_nothing_is_touched_where_nothing_differs() -> None:
    letters = random_word(Random(0), 20)
    assert touched(letters, list(letters)) == ([], [])
    turn = make_letter("pauli_rotation", (3,), T, "X")
    mine, other = touched([*SINGLETS, turn], [*SINGLETS, turn.with_value(norm(R))])
    assert [letter.shape.qubits for letter in mine] == [(2, 3), (3,)]
    assert [letter.value for letter in other] == [None, norm(R)]


@given(st.integers(0, 2**32 - 1), st.integers(0, 12))
def test_letters_of_a_singlet_form_are_canonical(seed: int, length: int) -> None:
    for letter in singlet_form(random_word(Random(seed), length)):
        if letter.shape.kind == "rotate":
            assert letter.value is not None
            assert letter == letter_of(Rotate(letter.shape.qubits[0], letter.value), letter.value)


@pytest.mark.parametrize("count", [8, 16, 32])
def test_levels_look_at_the_last_letters_alone(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    visits = 0

    def counted(a: Shape, b: Shape) -> bool:
        nonlocal visits
        visits += 1
        return independent(a, b)

    monkeypatch.setattr(trace, "independent", counted)
    pairs = [(a, b) for a in range(count) for b in range(a)]
    letters = [make_letter("exchange", pair, T) for _ in range(3) for pair in pairs]
    levels(letters)
    assert visits <= 2 * len(letters)  # once a qubit, although each qubit has seen count - 1 shapes


def test_strings_and_couplings_commute_where_their_commutator_is_zero():
    random = Random(5)
    kinds = (("exchange", 2), ("chirality", 3), ("four_spin", 4), ("pauli_rotation", 2), ("pauli_rotation", 3))
    for _ in range(150):
        pair = []
        for kind, count in random.choices(kinds, k=2):
            letters = "".join(random.choices("XYZ", k=count)) if kind == "pauli_rotation" else ""
            pair.append(make_letter(kind, random.sample(range(6), count), T, letters).shape)
        one, other = pair
        same_pair = one.kind == other.kind == "exchange" and one.qubits == other.qubits
        wanted = trace.unit_generator(one).commutator(trace.unit_generator(other)).is_zero
        assert independent(one, other) == (wanted or same_pair)
