from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from broken import IDEAL, broken, repair
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from qffc.ir.declarations import Parameter, Qubit
from qffc.ir.diagnostics import QffcError
from qffc.ir.evaluate import Instance
from qffc.ir.ops import Exchange, PauliRotation, Rotate, Singlet, Zero
from qffc.ir.pauli import LETTERS
from qffc.ir.reference import moments, response
from qffc.ir.text.parser import parse_program, parse_value
from qffc.ir.values import ParameterEntry
from qffc.library import load
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.pipeline import run_pipeline
from qffc.passes.pipeline_text import parse_pipeline
from qffc.passes.symmetrize.repair import Symmetrize
from qffc.testing import instances, programs, symmetric_programs

REFUSALS = (
    "preparation that no average repairs",
    "Pauli rotation with too many letters to average",
    "observable that averages to nothing",
    "observable with too many letters to average",
    "readout that depends on the frame",
    "translation that cannot be repaired",
    "copies of a pair circuit",
    "copies of an atom circuit",
)


def attempt(program, **options):
    """The result, or the title of a refusal."""
    try:
        return repair(program, **options)
    except QffcError as refusal:
        if refusal.diagnostic.title not in REFUSALS:
            raise
        return refusal.diagnostic.title


def with_singlets(program):
    """The program with its qubits in singlets, one more if need be, and without a claim about translation."""
    count = len(program.qubits)
    qubits = program.qubits + (Qubit("extra"),) * (count % 2)
    start = [Singlet(k, k + 1) for k in range(0, count, 2)]
    rest = [op for op in program.ops if not isinstance(op, Singlet | Zero)]
    symmetry = tuple(name for name in program.symmetry if name != "translation")
    return replace(program, qubits=qubits, ops=(*start, *rest), symmetry=symmetry)


@given(st.one_of(programs(), programs().map(with_singlets)))
def test_any_program_is_proven_or_refused(program):
    result = attempt(program)
    if isinstance(result, str):
        return
    assert check_equivariance(result.program).holds
    assert result.changed != (result.program == program)
    assert parse_program(result.program.text) == result.program
    again = repair(result.program)
    assert again.program is result.program
    assert not again.changed


def test_random_programs_meet_all_cases():
    seen = Counter()

    @settings(derandomize=True, max_examples=100)
    @given(programs().map(with_singlets))
    def look(program):
        result = attempt(program)
        seen["refused" if isinstance(result, str) else "changed" if result.changed else "same"] += 1

    look()
    assert {"changed", "same"} <= set(seen)


@settings(max_examples=30)
@given(st.data())
def test_a_broken_symmetric_program_is_proven(data):
    program = data.draw(symmetric_programs())
    count, sites = len(program.qubits), tuple(site.name for site in program.sites)
    reach = f"component(r({sites[0]}, {sites[-1]}), x)"
    numbers = ("3/10", "pi", reach, f"2 + {reach}", f"cos({reach})")
    angles = st.sampled_from(numbers).map(parse_value)
    vectors = st.sampled_from([f"vector({x}, {y}, 1)" for x in numbers for y in numbers]).map(parse_value)
    ops = list(program.ops)
    for _ in range(data.draw(st.integers(1, 4))):
        on = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=3, unique=True))
        string = tuple((qubit, data.draw(st.sampled_from(LETTERS))) for qubit in on)
        bad = [PauliRotation(string, data.draw(angles)), Rotate(on[0], data.draw(vectors))]
        start = sum(isinstance(op, Singlet) for op in ops)
        ops.insert(data.draw(st.integers(start, len(ops))), bad[data.draw(st.integers(0, 1))])
    result = repair(replace(program, ops=tuple(ops), symmetry=("rotation",)))
    assert check_equivariance(result.program).holds
    instance = data.draw(instances(program, apart=True))
    before = response(result.program, instance)
    turn = Rotation.from_rotvec([0.3, -1.0, 0.8]).as_matrix()
    after = response(result.program, replace(instance, positions=instance.positions @ turn.T))
    np.testing.assert_allclose(after, before, rtol=1e-7, atol=1e-8)


@given(symmetric_programs())
def test_a_proven_program_is_returned_as_it_is(program):
    result = repair(program)
    assert result.program is program
    assert not result.changed
    assert result.output.changes == ()
    assert "nothing changed" in result.output.render()


def test_couplings_in_three_parts_stay():
    line = "\n".join(f"pauli_rotation {letter}(a) {letter}(c), J" for letter in "XYZ")
    program = broken(line)
    assert repair(program).program is program
    mixed = broken(f"{line}\npauli_rotation Z(a) Z(c), K\npauli_rotation Z(b), K")
    after = repair(mixed)
    assert len(after.output.changes) == 2
    assert after.program.ops[-1] == Exchange(0, 2, ParameterEntry("K") / 6)


def test_the_commutator_free_part_of_the_circuit_keeps_its_meaning():
    after = repair(broken("pauli_rotation Z(a), J")).program
    place = Instance(np.eye(3), np.array([0, 1, 1]), {"J": np.array(0.3), "K": np.array(0.1)})
    np.testing.assert_allclose(moments(after, place), moments(broken(), place))


# --------------------------------------------------------------------------- inversion and exchange


def test_exchange_is_averaged_where_it_is_not_proven():
    program = load("water-demo", depth=1, breaking=False)
    result = repair(program)
    assert result.program == replace(program, average=("exchange",))
    assert (result.output.circuits_before, result.output.circuits_after) == (1, 2)
    assert check_equivariance(result.program).holds


def test_inversion_is_averaged_only_where_it_is_not_proven():
    program = broken("rotate b, r(O, A)\nchirality a, b, c, J", "rotation, inversion")
    assert check_equivariance(program).holds
    assert repair(program).program is program
    odd = broken("chirality a, b, c, dot(cross(r(O, A), r(O, B)), x(O))", "rotation, inversion")
    result = repair(odd)
    assert result.program == replace(odd, average=("inversion",))
    assert check_equivariance(result.program).holds


def test_a_rotation_repair_can_save_inversion_and_lose_exchange():
    both = "pauli_rotation Z(a) Z(b), J\npauli_rotation Z(b) Z(c), J\npauli_rotation Z(c) Z(d), J"
    program = broken(f"rotate b, vector(0, 0, K)\n{both}", "rotation, inversion, exchange")
    result = repair(program)
    assert result.program.average == ("exchange",)
    assert check_equivariance(result.program).holds


def test_undeclared_symmetries_are_left_alone():
    program = broken("pauli_rotation Z(a), J", "translation")
    assert repair(program).program is program


def test_all_at_once():
    program = load("water-demo", depth=2)
    result = run_pipeline(parse_pipeline("symmetrize,check-equivariance"), program, IDEAL)
    assert result.output("check-equivariance").holds
    report = result.output("symmetrize")
    assert (len(report.of_kind("dropped")), len(report.of_kind("added"))) == (8, 1)
    assert report.unused == ("epsilon",)
    assert report.before.one_qubit - report.after.one_qubit == 8
    assert result.records[0].report == report.render()
    assert result.records[1].report == ""
    assert "    and 2 more\n" in report.render()


def test_copies_are_counted_with_channels():
    program = replace(load("sivqlm-nh3", depth=1), average=(), channels=2)
    report = repair(program).output
    assert (report.circuits_before, report.circuits_after) == (2, 24)


def test_options():
    program = load("water-demo", depth=1)
    result = repair(program, twirl=False, average=False)
    assert result.program is program
    assert result.output.left == ("rotation", "inversion", "exchange")
    assert "left alone: rotation, inversion, exchange" in result.output.render()
    assert repair(program, twirl=False).output.left == ("rotation",)
    assert repair(program, average=False).output.left == ("exchange",)
    assert parse_pipeline("symmetrize{twirl=false}") == (Symmetrize(twirl=False),)


# --------------------------------------------------------------------------- refusals

PAIR = """qffc 1
program pair_of_neighbours
symmetry exchange
scope pair
species H, O
site c: any centre
site a: any neighbour
site b: any neighbour
parameter J
qubit q: a
qubit p: b
singlet q, p
rotate q, J*r(c, a)
observable m = dot(q, p)
atomic weight 1 features m head 4 tanh
"""


@pytest.mark.parametrize(
    ("program", "title", "help_line"),
    [
        (lambda: parse_program(PAIR), REFUSALS[6], "lib:pair"),
        (lambda: broken("pauli_rotation X(a) X(b) X(c) X(d), J"), REFUSALS[1], "chiralities"),
        (lambda: broken(observable="Z(a)"), REFUSALS[2], "dot(a, b)"),
        (lambda: broken(readout=" + component(r(O, A), x)"), REFUSALS[4], "norm(...)"),
        (lambda: broken("rotate a, x(A)", "rotation, translation"), REFUSALS[5], "r(a, b)"),
    ],
)
def test_refusals(program, title, help_line):
    with pytest.raises(QffcError) as caught:
        repair(program())
    assert caught.value.diagnostic.title == title
    assert help_line in caught.value.diagnostic.help


def test_zero_is_refused_at_its_line():
    program = parse_program(broken().text.replace("singlet c, d", "zero c\nzero d"))
    with pytest.raises(QffcError) as caught:
        repair(program)
    assert caught.value.diagnostic.title == REFUSALS[0]
    assert caught.value.diagnostic.span is not None
    assert "singlet" in caught.value.diagnostic.help


def test_long_observables_are_refused():
    text = (
        broken()
        .text.replace("qubit d: B\n", "qubit d: B\nqubit e\nqubit f\n")
        .replace("singlet c, d\n", "singlet c, d\nsinglet e, f\n")
    )
    long = parse_program(text.replace("dot(a, c)", "Z(a) Z(b) Z(c) Z(d) Z(e)"))
    with pytest.raises(QffcError) as caught:
        repair(long)
    assert caught.value.diagnostic.title == REFUSALS[3]
    fine = parse_program(text.replace("dot(a, c)", "1*Z(a) Z(b) + 2*(dot(a, b)*dot(c, d)*dot(e, f))"))
    assert check_equivariance(repair(fine).program).holds


def test_unused_parameters_stay_declared():
    program = broken("pauli_rotation Z(a), J")
    program = replace(program, parameters=(Parameter("J", ()), Parameter("K", ())))
    result = repair(program)
    assert result.program.parameters == program.parameters
    assert result.output.unused == ("J",)
