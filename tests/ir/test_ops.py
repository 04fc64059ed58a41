"""Operations: generators, and what they refuse."""

import pytest

from qffc.ir import (
    Chirality,
    DotObservable,
    Exchange,
    PauliObservable,
    PauliRotation,
    ProductObservable,
    QffcError,
    Relabel,
    Rotate,
    Singlet,
    Span,
    SumObservable,
    Zero,
)
from qffc.ir.values import ParameterEntry, Pi, Position

J, U = ParameterEntry("J"), Position("u")


def test_generators() -> None:
    assert str(Exchange(1, 0, J).generator) == "J X(0) X(1) + J Y(0) Y(1) + J Z(0) Z(1)"
    assert str(PauliRotation(((1, "Z"), (0, "X")), J).generator) == "1/2*J X(0) Z(1)"
    assert str(Rotate(0, U).generator) == (
        "1/2*component(x(u), x) X(0) + 1/2*component(x(u), y) Y(0) + 1/2*component(x(u), z) Z(0)"
    )
    assert len(Chirality(0, 1, 2, J).generator.terms) == 6


def test_qubits_and_values() -> None:
    assert Singlet(1, 0).qubits == (1, 0)
    assert Zero(3).qubits == (3,)
    assert Zero(3).value is None
    assert Rotate(2, U).value == U
    assert Chirality(2, 0, 1, Pi()).qubits == (2, 0, 1)
    assert Relabel(((1, 0), (0, 1))).qubits == (0, 1)


def test_a_place_does_not_count_in_equality() -> None:
    assert Zero(0, span=Span("a", 1)) == Zero(0)
    assert hash(Zero(0, span=Span("a", 1))) == hash(Zero(0))


@pytest.mark.parametrize(
    ("build", "title"),
    [
        (lambda: Rotate(0, J), "a scalar where a vector belongs"),
        (lambda: Exchange(0, 1, U), "a vector where a scalar belongs"),
        (lambda: Chirality(0, 1, 2, U), "a vector where a scalar belongs"),
        (lambda: PauliRotation(((0, "X"),), U), "a vector where a scalar belongs"),
        (lambda: PauliRotation((), J), "not a Pauli string"),
        (lambda: PauliRotation(((0, "X"), (0, "Y")), J), "not a Pauli string"),
        (lambda: PauliRotation(((0, "X"), (1, "A")), J), "not a Pauli string"),
        (lambda: PauliRotation("XX", J), "not a Pauli string"),
        (lambda: Relabel(((0, 1),)), "relabel is no permutation"),
        (lambda: Relabel(((0, 1), (0, 0))), "relabel is no permutation"),
        (lambda: Relabel(()), "relabel is no permutation"),
        (lambda: DotObservable(1, 1), "dot of a qubit with itself"),
        (lambda: PauliObservable(()), "not a Pauli string"),
        (lambda: PauliObservable(((0, "X"), (0, "Y"))), "not a Pauli string"),
        (lambda: ProductObservable((DotObservable(0, 1),)), "product of observables that share a qubit"),
        (
            lambda: ProductObservable((DotObservable(0, 1), DotObservable(1, 2))),
            "product of observables that share a qubit",
        ),
        (lambda: SumObservable(()), "empty sum of observables"),
    ],
)
def test_refusal(build: object, title: str) -> None:
    assert callable(build)
    with pytest.raises(QffcError) as caught:
        build()
    assert caught.value.diagnostic.title == title


def test_observables_are_kept_in_order() -> None:
    assert DotObservable(3, 1) == DotObservable(1, 3)
    product = ProductObservable((DotObservable(2, 3), DotObservable(0, 1)))
    assert product == ProductObservable((DotObservable(0, 1), DotObservable(3, 2)))
    assert len(product.paulis.terms) == 9
    assert product.relabelled({0: 2, 1: 3, 2: 0, 3: 1}) == product
