"""Levels change circuits and never what they compute, and are what the page says."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

import qffc as qf
from qffc.compiling.levels import DEFAULT_LEVEL, LEVELS, at_level, level, optimized
from qffc.ir.diagnostics import QffcError
from qffc.ir.operation import Coupling
from qffc.ir.program import Program
from qffc.ir.reference import response
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.passes.certificate_verify import verify_certificate
from qffc.passes.equivariance.numbers.random_point import random_point
from qffc.passes.equivariance.verdict import Transform
from qffc.targets.catalogue import target
from qffc.testing import symmetric_programs

PAGE = Path(__file__).resolve().parents[3] / "docs" / "howto-compile.md"
NUMBERS = range(len(LEVELS))
WATER = np.array([8, 1, 1]), np.array([[[0.0, 0.0, 0.1], [0.76, 0.59, 0.0], [-0.71, 0.62, 0.05]]])


def responses(before: Program, after: Program, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """What both programs respond, at one random point."""
    point = random_point(before, Transform("nothing"), np.random.default_rng(seed))
    instance, _ = point.instances(before)
    return response(before, instance), response(after, instance)


@given(symmetric_programs())
@settings(max_examples=6)
def test_no_level_changes_the_response_or_loses_a_proof(program: Program) -> None:
    proven = qf.check(program)
    for number in NUMBERS:
        compiled = qf.compile(program, "H2-1", number)
        one, other = responses(program, compiled.program, number)
        assert np.allclose(one, other, atol=1e-9, equal_nan=True)
        assert compiled.certificate.holds >= proven.holds
        assert compiled.counts.other == 0


@pytest.mark.parametrize("reference", ["lib:pair", "lib:sivqlm-nh3:depth=2", "lib:water-demo:tied=true,breaking=false"])
@pytest.mark.parametrize("number", NUMBERS)
def test_levels_on_the_library(reference: str, number: int) -> None:
    compiled = qf.compile(reference, "H2-1", number)
    one, other = responses(compiled.source, compiled.program, number)
    assert np.allclose(one, other, atol=1e-9)
    assert compiled.certificate.holds
    verify_certificate(compiled.certificate, compiled.program, target)


def test_level_0_leaves_the_program_alone() -> None:
    compiled = qf.compile("lib:ring:qubits=4,depth=2", "H2-1", 0)
    assert compiled.program == compiled.source
    assert compiled.counts == compiled.counts_as_written


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_order_once_given_stays(number: int) -> None:
    compiled = qf.compile("lib:ring:qubits=8,depth=2", "H2-1", number)
    assert compiled.counts.two_qubit_depth < compiled.counts_as_written.two_qubit_depth
    assert all(op.unordered is None for op in compiled.program.ops if isinstance(op, Coupling))
    first = qf.compile("lib:ring:qubits=8,depth=2").program
    again = qf.compile(first, "H2-1", number).program
    one, other = responses(first, again, 3)
    assert np.allclose(one, other, atol=1e-9)


def test_a_model_is_never_scheduled() -> None:
    free = load("ring", qubits=4, depth=1)
    for number in NUMBERS:
        couplings = [op for op in optimized(free, target("ideal"), number).ops if isinstance(op, Coupling)]
        assert [op.angle for op in couplings] == [op.angle for op in free.ops if isinstance(op, Coupling)]
        assert all(op.unordered for op in couplings)
    one, other = responses(free, optimized(free, target("ideal"), 2), 1)
    assert np.allclose(one, other, atol=1e-9)


def test_a_model_predicts_the_same_where_it_runs() -> None:
    model = untrained(load("pair", channels=2), seed=3)
    numbers, positions = WATER
    energies, forces = model.predict(numbers, positions)
    shorter = at_level(model, target("H2-1LE"), DEFAULT_LEVEL)
    assert len(shorter.program.ops) < len(model.program.ops)
    again = shorter.predict(numbers, positions)
    assert np.allclose(energies, again[0], atol=1e-10)
    assert np.allclose(forces, again[1], atol=1e-9)


@pytest.mark.parametrize("number", [-1, len(LEVELS)])
def test_unknown_levels_are_refused(number: int) -> None:
    with pytest.raises(QffcError, match="unknown optimization level"):
        level(number)


def test_options_of_the_lowering_come_from_the_pipeline() -> None:
    compiled = qf.compile("lib:sivqlm-lih", "H2-1", 2, "lower-pytket{fold-swaps=false}")
    assert (compiled.lowering, compiled.kernel.fold_swaps) == ("lower-pytket{fold-swaps=false}", False)
    assert qf.compile("lib:sivqlm-lih", "H2-1", 0).kernel.fold_swaps is False


@pytest.mark.skipif(not PAGE.is_file(), reason="needs the source tree")
def test_the_page_says_what_the_levels_are() -> None:
    rows = re.findall(
        r"^\| `-O(\d)` \| (.*?) \| `(.*?)` \| `(.*?)` \| (.*?) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    said = [(int(n), about, passes, lowering, how == "planned") for n, about, passes, lowering, how in rows]
    assert said == [(each.number, each.about, each.passes, each.lowering, each.planned) for each in LEVELS]


@pytest.mark.skipif(not PAGE.is_file(), reason="needs the source tree")
@pytest.mark.parametrize("number", NUMBERS)
def test_the_figures_of_the_page(number: int) -> None:
    rows = re.findall(rf"^\| `(lib:\S+)` \| {number} \|(.*)\|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(rows) >= 4
    for reference, figures in rows:
        compiled = qf.compile(reference, "H2-1", number)
        counts = compiled.counts
        native = [counts.two_qubit, counts.two_qubit_depth, counts.phased_x, counts.cost]
        assert [float(part) for part in figures.split("|")] == [
            *native,
            compiled.split.slot_count,
            len(compiled.measurements.settings),
        ]
