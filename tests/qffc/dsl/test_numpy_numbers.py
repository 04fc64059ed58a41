"""Authors may use numbers of NumPy wherever numbers stand: the program is that of the same numbers of Python."""

from __future__ import annotations

import numpy as np
import pytest

import qffc as qf
from qffc.ir.diagnostics import QffcError
from qffc.library import load


def molecule(whole, real):
    @qf.ansatz(channels=whole(2))
    def water(a):
        a.centre("O")
        hydrogens = a.neighbours("H", whole(2))
        twins = [a.twins(h) for h in hydrogens]
        spare = a.qubits(whole(2))
        a.zero(*spare)
        table = a.param("t", whole(3), default=real(0.1))
        a.generator("turn", qubits={spare[0]: spare[1], spare[1]: spare[0]})
        a.generator("cycle", entries={table: {whole(0): whole(1), whole(1): whole(0)}})
        for layer in a.layers(whole(2)):
            for h, (upper, _) in zip(hydrogens, twins, strict=True):
                radial = layer.radial("f", h, h.centre, size=whole(4), cutoff=real(4.5))
                a.rotate(upper, real(0.25) * radial * h.direction)
            a.exchange(twins, angle=[*layer.params("J", whole(2), default=real(0.3)), real(0.3)])
            a.exchange(spare[0], spare[1], angle=real(0.1) * table[whole(2)])
        a.rotate(spare[0], hydrogens[0].distance ** whole(2) * hydrogens[1].direction)
        spins = [real(2) * a.dot(twins[0].upper, twins[1].upper), a.dot(twins[0].lower, twins[1].lower) * real(0.1)]
        return a.energy(spins, weights=[real(0.7), whole(2)])

    return water


def pairs(whole, real):
    @qf.ansatz(scope="pair", species=("O", "H"))
    def pair(a, depth=1):
        a.centre()
        first, second = a.neighbour_pair()
        upper, lower = a.twins(first)
        f = a.radial("f", whole(2), size=whole(3), cutoff=real(5))
        for _ in a.layers(depth):
            a.rotate(upper, f(first, second, whole(1)) * first.direction * first.cutoff(real(4.5)))
        return a.atomic_energy(
            [a.dot(upper, lower)],
            hidden=np.array([8, 4]) if whole is np.int64 else (8, 4),
            messages=whole(1),
            basis_size=whole(5),
            cutoff=real(5),
        )

    return pair(depth=whole(1))


@pytest.mark.parametrize("real", [np.float64, np.float32, np.array], ids=["float64", "float32", "array"])
@pytest.mark.parametrize("make", [lambda whole, real: molecule(whole, real).program, pairs], ids=["molecule", "pair"])
def test_programs_are_the_same(make, real) -> None:
    assert make(np.int64, real).text == make(int, float).text


def test_options_of_library_programs() -> None:
    given = {"depth": np.int64(1), "cutoff": np.float32(4.1), "hidden": (np.int32(8), np.int64(4))}
    plain = {"depth": 1, "cutoff": 4.1, "hidden": (8, 4)}
    assert load("pair", **given) == load("pair", **plain)
    assert load("water-demo", depth=np.array(1), breaking=np.False_) == load("water-demo", depth=1, breaking=False)
    with pytest.raises(QffcError, match="number that is not finite"):
        load("pair", cutoff=np.float64("nan"))
    with pytest.raises(QffcError, match=r"value of an option(.|\n)*an integer"):
        load("pair", depth=np.float64(2))


def test_counts_are_whole() -> None:
    for count in (np.float64(2), np.True_, np.array([2]), 0):
        with pytest.raises(QffcError, match="an integer of at least 1"):
            molecule(lambda number, count=count: count if number == 2 else number, float).program  # noqa: B018


def test_weights_in_an_array() -> None:
    def make(weights):
        @qf.ansatz
        def spins(a):
            q = a.qubits(a.atoms("H", "O"))
            a.zero(*q)
            return a.energy([a.pauli("Z", wire) for wire in q], weights=weights)

        return spins.program.text

    assert make(np.array([0.5, 2.0])) == make([0.5, 2])
    with pytest.raises(QffcError, match="3 weights"):
        make(np.ones(3))


@pytest.mark.parametrize(
    "declare",
    [
        lambda a: a.layers(10**9),
        lambda a: a.neighbours("H", 10**9),
        lambda a: a.qubits(10**9),
        lambda a: a.layers(2)[0].params("J", 10**9),
        lambda a: a.layers(np.int64(10**9)),
    ],
)
def test_counts_that_would_fill_the_memory_are_refused(declare) -> None:
    @qf.ansatz
    def water(a):
        a.centre("O")
        declare(a)

    with pytest.raises(QffcError, match=r"1,000,000,000(.|\n)*at most 10,000"):
        water()


def test_tables_that_would_fill_the_memory_are_refused_at_their_line() -> None:
    @qf.ansatz
    def graph(a):
        (q,) = a.qubits(a.atoms("H"))
        table = a.param("A", 10**6, 10**6)
        a.zero(q)
        a.pauli_rotation("Z", q, angle=table[0, 1])
        return a.energy(a.pauli("Z", q))

    with pytest.raises(QffcError, match="too many numbers in tables") as caught:
        graph()
    assert "a.param(" in caught.value.diagnostic.span.line_text()
