"""Scope pair with species named at its atoms, as an author writes it."""

from __future__ import annotations

import pytest

import qffc as qf
from qffc.ir.declarations import SYMMETRIES
from qffc.ir.diagnostics import QffcError


def three_body(centre, neighbours, species=("O", "H", "C")):
    """A program whose neighbours are declared by a function of the author object."""

    @qf.ansatz(scope="pair", species=species)
    def written(a):
        middle = a.centre(centre)
        around = neighbours(a)
        twins = [a.twins(atom) for atom in around]
        for layer in a.layers(1):
            for atom, (upper, lower) in zip(around, twins, strict=True):
                a.rotate(upper, layer.radial("f", middle, atom) * atom.direction)
                a.rotate(lower, layer.radial("g", middle, atom) * atom.direction)
            a.exchange(twins, angle=layer.params("J", 3, middle))
        return a.atomic_energy(a.dot(twins), hidden=(4,))

    return written.program


def sites(program):
    return [(site.name, site.species) for site in program.sites]


@pytest.mark.parametrize(
    ("centre", "neighbours", "expected", "observables"),
    [
        ("O", lambda a: a.neighbours("H", 2), [("O", "O"), ("H1", "H"), ("H2", "H")], 4),
        (None, lambda a: [a.neighbour("H"), a.neighbour("C")], [("c", None), ("H", "H"), ("C", "C")], 6),
        ("O", lambda a: [a.neighbour("H"), a.neighbour()], [("O", "O"), ("H", "H"), ("a", None)], 4),
        ("O", lambda a: [a.neighbour(), a.neighbour()], [("O", "O"), ("a", None), ("b", None)], 4),
        ("H", lambda a: a.neighbour_pair(), [("H", "H"), ("a", None), ("b", None)], 4),
        ("H", lambda a: a.neighbours("H", 2), [("H", "H"), ("H2", "H"), ("H3", "H")], 4),
    ],
)
def test_species_of_pairs(centre, neighbours, expected, observables):
    program = three_body(centre, neighbours)
    assert sites(program) == expected
    # Like atoms trade places in the molecule, whichever sites they take.
    assert program.symmetry == SYMMETRIES
    # Of neighbours that may be alike, observables are summed over their exchange.
    assert len(program.observables) == observables
    assert qf.check(program).holds


def test_species_are_those_of_the_sites_where_all_are_named():
    assert three_body("O", lambda a: a.neighbours("H", 2), species=None).species == ("O", "H")


def test_a_named_neighbour_beside_any_must_be_written_alike():
    @qf.ansatz(scope="pair", species=("O", "H"))
    def lopsided(a):
        a.centre()
        named, other = a.neighbour("H"), a.neighbour()
        twins = [a.twins(named), a.twins(other)]
        a.rotate(twins[0].upper, a.param("K") * named.position)
        return a.atomic_energy(a.dot(twins))

    (verdict,) = [each for each in qf.check(lopsided).verdicts if each.generator.startswith("exchange")]
    assert verdict.status == "refuted"
    assert verdict.counterexample.species[1:] == ("H", "H")


def test_an_order_of_exchanges_looks_at_neighbours_that_may_be_alike():
    def written(centre, first, second):
        @qf.ansatz(scope="pair", species=("O", "H"))
        def crowded(a):
            atoms = [a.centre(centre), a.neighbour(first), a.neighbour(second)]
            a.exchange([a.twins(atom) for atom in atoms], angle=0.1)
            return a.atomic_energy([a.dot(a.qubit(), a.qubit())])

        return crowded.program

    for second in ("H", None):
        with pytest.raises(QffcError, match="no symmetric order of exchanges"):
            written("O", "H", second)
    with pytest.raises(QffcError, match="never prepared"):
        written(None, "H", "O")
