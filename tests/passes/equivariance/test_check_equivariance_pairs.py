"""Circuits of one centre and two neighbours: symmetric under their exchange, or refuted with numbers that reproduce."""

from dataclasses import replace
from fractions import Fraction

import pytest
from verdicts import assert_proven, assert_refuted, verdict

from qffc.ir.declarations import AtomicReadout, Parameter, Qubit, Site
from qffc.ir.observables import DotObservable, ProductObservable, SumObservable
from qffc.ir.operation import Op
from qffc.ir.ops import Exchange, Rotate, Singlet
from qffc.ir.program import Program
from qffc.ir.values import ChannelIndex, Cutoff, Displacement, ParameterEntry, SpeciesOf, Value, as_value, norm, unit
from qffc.passes.equivariance.check import check_equivariance

ALL = ("rotation", "inversion", "translation", "exchange")
PAIR_SITES = (Site("c", None, "centre"), Site("a", None, "neighbour"), Site("b", None, "neighbour"))


def angle(site: str) -> Value:
    return ParameterEntry("J", (SpeciesOf("c"), SpeciesOf(site))) * norm(Displacement("c", site))


def pair(
    singlets: tuple[tuple[int, int], ...], ops: tuple[Op, ...], weight: Value, features: tuple[str, ...]
) -> Program:
    return Program(
        "pair",
        ALL,
        "pair",
        ("H", "C", "O"),
        PAIR_SITES,
        (Parameter("J", ("species", "species")), Parameter("K", ("channel", 2))),
        tuple(Qubit(name, name[0]) for name in ("a1", "a2", "b1", "b2")),
        (*(Singlet(*s) for s in singlets), *ops),
        (
            ("twins", SumObservable(((Fraction(1), DotObservable(0, 1)), (Fraction(1), DotObservable(2, 3))))),
            ("cross", SumObservable(((Fraction(1, 2), DotObservable(0, 2)), (Fraction(1, 2), DotObservable(1, 3))))),
            ("all", ProductObservable((DotObservable(0, 1), DotObservable(2, 3)))),
            ("left", DotObservable(0, 1)),
        ),
        AtomicReadout(weight, features, (4,)),
        channels=2,
    )


def twin_ops(first: str = "a", second: str = "b") -> tuple[Op, ...]:
    table = {0: ParameterEntry("K", (ChannelIndex(), 0)), 1: ParameterEntry("K", (ChannelIndex(), 1))}
    turns = tuple(Rotate(q, angle(s) * unit(Displacement("c", s))) for q, s in ((0, first), (2, second)))
    return (
        *turns,
        Exchange(0, 2, table[0]),
        Exchange(1, 3, table[1]),
        Exchange(0, 1, table[0]),
        Exchange(3, 2, table[0]),
    )


def falloff(*sites: str) -> Value:
    value: Value = as_value(1)
    for site in sites:
        value = value * Cutoff(norm(Displacement("c", site)), Fraction(5))
    return value


TWINS = ((0, 1), (2, 3))
FEATURES = ("twins", "cross", "all")


def test_twin_circuit_is_proven() -> None:
    certificate = check_equivariance(pair(TWINS, twin_ops(), falloff("a", "b"), FEATURES))
    assert certificate.holds, certificate.render()
    assert certificate.verdicts[-1].generator == "exchange a b"


@pytest.mark.parametrize(
    "program",
    [
        pair(TWINS, twin_ops("a", "a"), falloff("a", "b"), FEATURES),
        pair(TWINS, twin_ops(), falloff("a"), FEATURES),
        pair(TWINS, twin_ops(), falloff("a", "b"), (*FEATURES, "left")),
        pair(TWINS, (*twin_ops()[:4], Exchange(1, 2, as_value(1)), *twin_ops()[4:]), falloff("a", "b"), FEATURES),
        pair(((0, 3), (1, 2)), twin_ops()[:-1], falloff("a", "b"), FEATURES),
    ],
    ids=["one neighbour twice", "weight", "feature", "one coupling more", "one twin less"],
)
def test_broken_pair_circuit_is_refuted(program: Program) -> None:
    found = assert_refuted(program, "exchange a b")
    assert found.counterexample is not None
    assert found.counterexample.species[1] == found.counterexample.species[2]


def test_species_of_the_centre_is_not_that_of_a_neighbour() -> None:
    def program(site: str, other: str) -> Program:
        own = ParameterEntry("J", (SpeciesOf("c"), SpeciesOf("a")))
        right = ParameterEntry("J", (SpeciesOf("c"), SpeciesOf(other)))
        turns = (
            Rotate(0, own * Displacement("c", "a")),
            Rotate(2, right * Displacement("c", site)),
        )
        return pair(TWINS, (*turns, Exchange(0, 2, as_value(0.4)), *turns), falloff("a", "b"), FEATURES)

    assert_proven(program("b", "b"))
    assert_proven(program("b", "a"))  # like neighbours have one entry
    assert_refuted(program("b", "c"), "exchange a b")


def test_mixed_neighbours_are_exchanged_as_the_named_species() -> None:
    def program(entry: str) -> Program:
        turns = (
            Rotate(0, ParameterEntry("J", (SpeciesOf("c"), SpeciesOf("a"))) * Displacement("c", "a")),
            Rotate(2, ParameterEntry("J", (SpeciesOf("c"), SpeciesOf(entry))) * Displacement("c", "b")),
        )
        ops = (*turns, Exchange(0, 2, as_value(0.4)), *turns)
        sites = (PAIR_SITES[0], Site("a", "H", "neighbour"), PAIR_SITES[2])
        return replace(pair(TWINS, ops, falloff("a", "b"), FEATURES), sites=sites)

    assert_proven(program("b"))
    found = assert_refuted(program("c"), "exchange a b").counterexample
    assert found is not None
    assert found.species[1:] == ("H", "H")


def test_unlike_neighbours_need_no_exchange() -> None:
    sites = (PAIR_SITES[0], Site("a", "H", "neighbour"), Site("b", "O", "neighbour"))
    found = verdict(replace(pair(TWINS, twin_ops("a", "a"), falloff("a"), ("left",)), sites=sites), "exchange")
    assert found.rule == "no like sites"
