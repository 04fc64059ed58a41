"""Sums over neighbours and rounds: proven by rule for any number of neighbours, and refuted where they are broken."""

from __future__ import annotations

import numpy as np
import pytest

from qffc.ir import parse_program
from qffc.ir.diagnostics import QffcError
from qffc.ir.evaluate import Instance
from qffc.ir.reference import response
from qffc.library import load
from qffc.passes.circuit.written_out import WrittenOut, plain
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.numbers.before_and_after import measured
from qffc.passes.equivariance.numbers.counterexample import sample
from qffc.passes.equivariance.rules.listed import CHECKS
from qffc.passes.equivariance.rules.reduced_circuit import ANY_TARGET
from qffc.passes.simplify.canonicalize import Canonicalize
from qffc.passes.simplify.light_cone import LightCone
from qffc.passes.simplify.slide_singlet import SlideSinglet
from qffc.passes.symmetrize.repair import Symmetrize

LIBRARY = load("gathered", channels=2, depth=2, rounds=2, hidden=(4,), vectors=2)


def changed(old: str, new: str, count: int = -1) -> object:
    text = LIBRARY.text.replace(old, new, count)
    assert text != LIBRARY.text
    return parse_program(text)


def verdicts(program):
    return {verdict.generator: verdict for verdict in check_equivariance(program).verdicts}


def test_all_four_are_proven_and_nothing_is_averaged():
    found = verdicts(LIBRARY)
    assert {name: verdict.rule for name, verdict in found.items()} == {
        "rotation": "pauli-commutators",
        "inversion": "relabelled mirror image",
        "translation": "displacements only",
        "exchange neighbours": "sums over neighbours",
    }
    assert all(verdict.status == "proven" for verdict in found.values())
    assert not LIBRARY.average


@pytest.mark.parametrize("name", ["rotation", "inversion", "translation", "exchange"])
def test_numbers_agree_with_the_rules(name):
    for finding in CHECKS[name](LIBRARY):
        assert finding.failure is None
        sampling = sample(LIBRARY, finding.transform)
        assert sampling.points > 5
        assert sampling.counterexample is None


FIRST = "rotate q0, "
MUTANTS = {
    "rotation": changed(FIRST, FIRST + "component(vectors(u[channel, round, 0, 0, Z(c)], c), x)*", 1),
    "inversion": changed("rotate q2, -1*", "rotate q2, ", 1),
    "translation": changed("unit(r(c, j))", "unit(x(j))", 1),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_refuted_and_its_counterexample_reproduces(name):
    verdict = verdicts(MUTANTS[name])[name]
    assert verdict.status == "refuted"
    example = verdict.counterexample
    assert example is not None
    before, after = measured(MUTANTS[name], example)
    np.testing.assert_allclose(before, example.response, atol=1e-12)
    np.testing.assert_allclose(after, example.transformed, atol=1e-12)
    assert np.abs(before - after).max() > 1e-6
    assert set(example.sites) == {site.name for site in plain(MUTANTS[name]).sites}


def test_vectors_that_do_not_change_their_sign_are_not_carried():
    axial = changed("*unit(r(c, j)))", "*cross(unit(r(c, j)), vectors(u[channel, round, 0, 0, Z(c)], c)))", 1)
    verdict = verdicts(axial)["inversion"]
    assert verdict.status != "proven"
    assert "atoms carry vectors made of" in verdict.failure.residual


def test_a_sum_counts_as_one_vector():
    text = """qffc 1
program star
symmetry rotation, inversion
scope atom
species H
site c: any centre
site j: any gathered
parameter f: 3, species radial bessel 4 cutoff 5
qubit a
qubit b
singlet a, b
rotate a, sum(j, radial(f[0, Z(j)], norm(r(c, j)))*unit(r(c, j)))
exchange a, b, 1
rotate b, sum(j, radial(f[1, Z(j)], norm(r(c, j)))*unit(r(c, j)))
observable m = dot(a, b)
atomic weight 1 features m head linear
"""
    two = parse_program(text)
    assert verdicts(two)["inversion"].rule == "two independent vectors"
    assert verdicts(two)["inversion"].status == "proven"
    third = "exchange a, b, 2\nrotate a, sum(j, radial(f[2, Z(j)], norm(r(c, j)))*unit(r(c, j)))\nobservable"
    assert verdicts(parse_program(text.replace("observable", third, 1)))["inversion"].status != "proven"
    # A sum of pseudoscalars may have any number of vectors in it; here it is zero, which no rule sees.
    pseudo = "exchange a, b, sum(j, dot(r(c, j), cross(sum(j, unit(r(c, j))), sum(j, r(c, j)))))"
    assert verdicts(parse_program(text.replace("exchange a, b, 1", pseudo, 1)))["inversion"].status == "undecided"


@pytest.mark.parametrize("neighbours", [0, 1, 4])
def test_a_program_written_out_has_so_many_neighbours(neighbours):
    out = WrittenOut(LIBRARY, neighbours, numbers=1, vectors=1)
    program = out.program
    assert program.gathered is None
    assert len(out.neighbour_sites) == neighbours
    assert parse_program(program.text) == program


def test_written_out_for_two_neighbours_more_a_far_one_changes_nothing():
    two, three = (WrittenOut(LIBRARY, count, round=0) for count in (2, 3))
    random = np.random.default_rng(0)
    places = {"c": (0, 0, 0), "j_1": (1.0, 0.2, 0), "j_2": (0, 1.1, 0.4), "j_3": (0, 0, 5.0)}
    tables = {p.name: random.normal(size=three.program.shape(p)) for p in three.program.parameters}
    responses = []
    for out in (two, three):
        names = [site.name for site in out.program.sites]
        instance = Instance(np.array([places[name] for name in names]), np.zeros(len(names), dtype=int), tables)
        responses.append(response(out.program, instance))
    np.testing.assert_allclose(responses[0], responses[1], atol=1e-12)


BASE = """qffc 1
program base
symmetry rotation, inversion, translation, exchange
scope atom
species H
site c: any centre
site j: any gathered
parameter U: round over vectors
qubit a
qubit b
qubit d
qubit e
singlet a, b
singlet d, e
rotate a, sum(j, r(c, j)) + vectors(U[round], c)
rotate d, VECTOR
observable m = dot(a, b)
atomic weight 1 features m rounds 2 vectors 2 radial bessel 4 cutoff 5 head 4 silu
"""
AXIAL = "sum(j, norm(r(c, j))^2*cross(r(c, j), sum(j, norm(r(c, j))*r(c, j))))"


@pytest.mark.parametrize(
    ("name", "vector"), [("rotation", "vector(1, 0, 0)"), ("translation", "x(c)"), ("inversion", AXIAL)]
)
def test_what_turns_a_qubit_that_is_not_measured_is_carried_on(name, vector):
    program = parse_program(BASE.replace("VECTOR", vector))
    assert verdicts(program)[name].status != "proven"
    for step in (Canonicalize(), LightCone(), SlideSinglet()):
        assert step.run(program, ANY_TARGET).program == program


@pytest.mark.parametrize(
    "vector",
    [
        f"sum(j, r(c, j)) + {AXIAL}",
        "sum(j, unit(r(c, j) + norm(r(c, j))*cross(r(c, j), sum(j, norm(r(c, j))*r(c, j)))))",
    ],
)
def test_a_sum_that_is_not_polar_is_not_one_vector(vector):
    text = BASE.replace("VECTOR", "sum(j, r(c, j))").replace(" + vectors(U[round], c)", "")
    text = text.replace("parameter U: round over vectors\n", "")
    text = text.replace(" rounds 2 vectors 2 radial bessel 4 cutoff 5", "")
    program = parse_program(text.replace("rotate a, sum(j, r(c, j))", f"rotate a, {vector}"))
    assert verdicts(program)["inversion"].status == "refuted"


def test_carried_vectors_that_are_not_polar_are_not_repaired():
    program = parse_program(BASE.replace("VECTOR", AXIAL))
    with pytest.raises(QffcError, match="vectors that atoms carry, which no average mirrors"):
        Symmetrize().run(program, ANY_TARGET)
