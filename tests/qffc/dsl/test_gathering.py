"""Sums over neighbours and rounds, as an author writes them."""

import pytest

import qffc as qf
from qffc.ir import parse_program
from qffc.ir.diagnostics import QffcError

SPECIES = ("C", "H", "O")


def written(body, **head):
    @qf.ansatz(name="star", scope="atom", species=SPECIES, **head)
    def star(a):
        first, second = a.qubits(2)
        a.singlet(first, second)
        return body(a, first, second)

    return star.program


def test_tables_of_layers_have_an_entry_for_each_channel_and_round():
    def body(a, first, second):
        a.channels(3)
        a.rounds(4, vectors=5, basis_size=6, cutoff=4)
        centre, near = a.centre(), a.gathered()
        for layer in a.layers(2):
            f, g = layer.radials("f", 2, centre, near, size=7, cutoff=3)
            (s,) = layer.scalars("s", 1, near)
            u, v = layer.vectors("u", 2, centre)
            a.rotate(first, a.sum(near, f * (1 + s) * near.direction) + u)
            a.exchange(first, second, angle=layer.param("J", centre) * a.sum(near, g))
            a.rotate(second, v)
        return a.atomic_energy([a.dot(first, second)], hidden=(8, 4))

    program = written(body)
    shapes = {parameter.name: program.shape(parameter) for parameter in program.parameters}
    assert shapes == {
        "f": (3, 4, 2, 2, 3, 3, 7),
        "s": (3, 3, 2, 1, 3, 8),  # nothing is carried into the first round
        "u": (3, 3, 2, 2, 3, 5),
        "J": (3, 4, 2, 3),
    }
    assert program.symmetry == ("rotation", "inversion", "translation", "exchange")
    assert program.text.splitlines()[-1].endswith("rounds 4 vectors 5 radial bessel 6 cutoff 4 head 8, 4 silu")
    assert parse_program(program.text) == program
    again = qf.ROUND
    assert again == "round"


def test_one_round_carries_nothing():
    def body(a, first, second):
        a.rounds(1)
        centre, near = a.centre(), a.gathered()
        for layer in a.layers(1):
            a.rotate(first, a.sum(near, layer.radial("f", centre, near) * near.direction))
        return a.atomic_energy([a.dot(first, second)], hidden=(8,))

    program = written(body)
    assert "round" not in program.text
    assert program.round_count == 1


def test_a_table_of_its_own_may_have_a_round_axis():
    def body(a, first, second):
        a.rounds(2)
        a.centre()
        near = a.gathered()
        table = a.param("J", qf.ROUND, 2)
        a.rotate(first, a.sum(near, table[1] * near.cutoff(4) * near.direction))
        return a.atomic_energy([a.dot(first, second)], hidden=(8,))

    assert str(written(body).ops[1].value) == "sum(j, J[round, 1]*cutoff(norm(r(c, j)), 4)*unit(r(c, j)))"


def test_factors_stand_in_front_of_sums_and_sums_of_sums_are_apart():
    def body(a, first, second):
        a.centre()
        near = a.gathered()
        a.rotate(first, a.sum(near, 2 * near.position - near.direction))
        return a.atomic_energy([a.dot(first, second)], hidden=(8,))

    assert str(written(body).ops[1].value) == "2*sum(j, r(c, j)) + -1*sum(j, unit(r(c, j)))"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (lambda a, f, s: a.gathered(), "neighbours without a centre"),
        (lambda a, f, s: (a.centre(), a.layers(1)[0].param("J"), a.rounds(2)), "rounds after a parameter"),
        (lambda a, f, s: a.rounds(0), "number of rounds"),
        (lambda a, f, s: a.rounds(2, vectors=0), "number of vectors"),
        (lambda a, f, s: a.sum("j", a.centre().to(a.gathered())), "unknown site"),
        (lambda a, f, s: a.sum(a.centre(), 1.5), "sum over an atom that is not gathered"),
    ],
)
def test_mistakes(body, words):
    with pytest.raises(QffcError, match=words):
        written(body)


def test_only_circuits_of_atoms_gather():
    @qf.ansatz(name="water")
    def water(a):
        a.centre("O")
        a.gathered()

    with pytest.raises(QffcError, match="gathered neighbours in scope molecule"):
        water.program  # noqa: B018
