"""What is too large is not computed: the check says undecided and why, and nothing is allocated."""

from __future__ import annotations

import tracemalloc
from math import factorial, prod

import pytest
from verdicts import verdict

from qffc.ir import parse_program
from qffc.ir.diagnostics import QffcError
from qffc.ir.exchange_group import copy_count, count_text
from qffc.ir.program import Program
from qffc.ir.verification.sizes import MOST_NUMBERS, head_numbers, table_numbers
from qffc.library import load
from qffc.models.circuits.instances import MOST_COPIES, instances_of
from qffc.models.head import head_shapes
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.numbers import counterexample
from qffc.passes.symmetrize.repair import Symmetrize
from qffc.targets.catalogue import target

TEXT = """qffc 1
program large
symmetry rotation, exchange
scope molecule
species O, H
AVERAGE
site c: O centre
SITES
parameter J: AXES
qubit u: h0
qubit d: h1
singlet u, d
rotate u, component(r(c, h0), x)*J[FIRST]*r(c, h0)
observable m = dot(u, d)
energy moment(m)
"""


def program(hydrogens: int = 2, axes: str = "2", average: str = "average exchange") -> Program:
    sites = "\n".join(f"site h{k}: H neighbour" for k in range(hydrogens))
    first = ", ".join("0" for _ in axes.split(","))
    text = TEXT.replace("SITES", sites).replace("AXES", axes).replace("AVERAGE", average).replace("FIRST", first)
    return parse_program(text)


@pytest.mark.parametrize(
    ("large", "why"),
    [
        (program(200), "more than 10^15 copies of the circuit are too many to simulate here"),
        (program(10), "3,628,800 copies of the circuit are too many to simulate here"),
        (program(axes="1000, 1001"), "tables with 1,001,000 numbers are too large to write down"),
    ],
    ids=["200 atoms", "10 atoms", "table"],
)
def test_a_check_that_is_too_large_is_undecided(large: Program, why: str) -> None:
    tracemalloc.start()
    found = verdict(large, "rotation")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.status, found.points, found.deviation) == ("undecided", 0, 0.0)
    assert found.note == f"no random points: {why}"
    assert peak < 20e6
    certificate = check_equivariance(large)
    if "copies" in why:
        assert why.split(" copies")[0] in certificate.verdicts[0].note.split("the identity test")[1]
    assert Certificate.from_json(certificate.to_json()) == certificate
    assert verdict(large, "exchange h0 h1").rule == "average over exchange"


def test_operations_may_be_too_many(monkeypatch) -> None:
    monkeypatch.setattr(counterexample, "_BUDGET", 100)
    found = verdict(program(average=""), "rotation")
    assert found.note == "no random points: 2 operations on 2 qubits are too many to simulate here"


def test_few_copies_are_compared() -> None:
    assert verdict(program(4), "rotation").status == "refuted"


@pytest.mark.parametrize(
    "options",
    [{}, {"messages": 2, "hidden": (8, 4)}, {"species": ("O", "H", "C"), "by_species": True}],
    ids=str,
)
def test_numbers_of_the_head_are_counted_without_it(options) -> None:
    model = load("pair", **options)
    assert head_numbers(model) == sum(map(prod, head_shapes(model).values()))


@pytest.mark.parametrize("options", [{}, {"rounds": 1}, {"channels": 3, "hidden": (7,), "vectors": 5}], ids=str)
def test_numbers_of_rounds_are_counted_without_them(options) -> None:
    model = load("gathered", **options)
    assert head_numbers(model) == sum(map(prod, head_shapes(model).values()))


def test_copies_are_those_of_the_group() -> None:
    assert copy_count(program(200)) == factorial(200)
    assert count_text(copy_count(program(200))) == "more than 10^15"
    assert table_numbers(program(axes="3, 4")) == 12
    assert MOST_NUMBERS > counterexample._MOST_NUMBERS


def test_a_model_of_too_many_copies_is_refused() -> None:
    large = program(10)
    assert copy_count(large) > MOST_COPIES
    with pytest.raises(QffcError, match=r"too many copies to average over(.|\n)*3,628,800 copies of 'large'"):
        instances_of(large, [8] + [1] * 10)
    assert len(instances_of(program(4), [8] + [1] * 4)) == 24


DIMER = """qffc 1
program dimer
symmetry exchange
scope molecule
species O, H
site OA: O free molecule A
site HA1: H free molecule A
site HA2: H free molecule A
site OB: O free molecule B
site HB1: H free molecule B
site HB2: H free molecule B
qubit u: HA1
qubit d: HB2
singlet u, d
rotate u, r(OA, HA1)
observable m = dot(u, d)
energy moment(m)*norm(r(OA, HB1))
"""


def test_a_repair_counts_the_copies_of_molecules() -> None:
    made = Symmetrize().run(parse_program(DIMER), target("ideal"))
    assert made.program.average == ("exchange",)
    numbers = [8, 1, 1, 8, 1, 1]
    assert made.output.circuits_after == len(instances_of(made.program, numbers)) == 8
