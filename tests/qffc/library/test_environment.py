"""The two architectures of atoms' environments: what their parameters belong to, and which symmetries they have."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from qffc.library import load
from qffc.library.environment import bonds
from qffc.passes.equivariance.check import check_equivariance

SMALL = {"slots": 3, "depth": 1, "channels": 1}


@pytest.mark.parametrize("count", [2, 3, 4, 5, 8])
def test_bonds_are_those_of_the_graph_each_once(count: int) -> None:
    ring = {(min(k, (k + 1) % count), max(k, (k + 1) % count)) for k in range(count)}
    assert sorted(bonds(count, "ring")) == sorted(ring)
    assert sorted(bonds(count, "all-pairs")) == list(combinations(range(count), 2))


@pytest.mark.parametrize("count", [4, 6, 8])
def test_bonds_come_in_rounds_that_run_side_by_side(count: int) -> None:
    for kind, rounds in (("ring", 2), ("all-pairs", count - 1)):
        found = bonds(count, kind)  # type: ignore[arg-type]  # a plain text in the loop
        size = count // 2
        assert len(found) == rounds * size
        for start in range(0, len(found), size):
            assert len({slot for pair in found[start : start + size] for slot in pair}) == count


def test_parameters_of_initial_belong_to_slots_and_those_of_revised_to_species() -> None:
    initial, revised = load("initial", slots=8), load("revised", slots=8)
    assert not any("species" in parameter.axes for parameter in initial.parameters)
    assert {parameter.name: parameter.axes for parameter in initial.parameters}["alpha"] == ("channel", 4, 8)
    assert all("species" in parameter.axes for parameter in revised.parameters)
    assert load("revised", slots=5).parameters == revised.parameters


def test_an_odd_number_of_slots_is_padded() -> None:
    for name in ("initial", "revised"):
        program = load(name, slots=5)
        assert [qubit.site for qubit in program.qubits] == ["n1", "n2", "n3", "n4", "n5", None]


@pytest.mark.parametrize("name", ["initial", "revised"])
@pytest.mark.parametrize("mirror", [False, True])
def test_what_is_declared_is_proven(name: str, mirror: bool) -> None:
    certificate = check_equivariance(load(name, slots=8, mirror=mirror))
    assert certificate.holds
    assert ("inversion" in certificate.symmetry) == mirror


@pytest.mark.parametrize("name", ["initial", "revised"])
def test_what_is_not_declared_fails(name: str) -> None:
    claimed = replace(load(name, **SMALL), symmetry=("rotation", "inversion", "translation", "exchange"))
    verdicts = {verdict.generator: verdict for verdict in check_equivariance(claimed).verdicts}
    assert verdicts["rotation"].status == "proven"
    assert verdicts["inversion"].status == "refuted"
    assert verdicts["exchange n1 n2"].status == "refuted" or verdicts["exchange n2 n3"].status == "refuted"
    for verdict in verdicts.values():
        assert verdict.counterexample is None or verdict.counterexample.difference > 1e-6


def test_two_molecules_of_water_can_be_exchanged() -> None:
    program = load("sivqlm-h2o-dimer", depth=1)
    certificate = check_equivariance(program)
    assert certificate.holds
    assert [verdict.generator for verdict in certificate.verdicts][3:] == [
        "exchange H1 H2",
        "exchange H3 H4",
        "exchange molecules A B",
    ]
    alone = check_equivariance(replace(program, average=()))
    refuted = {verdict.generator for verdict in alone.verdicts if verdict.status == "refuted"}
    assert "exchange molecules A B" in refuted
    assert "rotation" not in check_equivariance(load("sivqlm-h2o-dimer", depth=1, breaking=True)).symmetry
