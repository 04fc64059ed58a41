"""Circuits of other origin: the catalogue is whole, figures of right circuits are right, and wrong ones are caught."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("benchmarks.circuits", reason="needs the source tree on the path: python -m pytest")

from benchmarks.circuits.catalogue import sources
from benchmarks.circuits.dense import dense_state
from benchmarks.circuits.figures import exact_moments, figures, measured
from benchmarks.circuits.table import Row, lines, row_from_json, row_of
from benchmarks.circuits.with_pytket import compiled_by_pytket
from benchmarks.circuits.with_qffc import figures_of_qffc
from qffc.ir.reference import statevector

SOURCES = {source.name: source for source in sources()}


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> Row:
    return row_of(SOURCES["hopping-4"], (1, 2), (), tmp_path_factory.mktemp("peers"))


def test_catalogue_has_four_known_circuits_and_forty_more() -> None:
    assert len(SOURCES) == len(sources()) == 44
    assert all(4 <= source.circuit.n_qubits <= 12 for source in SOURCES.values())


@pytest.mark.parametrize("name", ["four-spin-gates", "tfim-cx-6", "gadgets-6"])
def test_program_is_the_circuit(name: str) -> None:
    """Vectors as Euler angles, a program that is not imported, boxes."""
    source = SOURCES[name]
    point = source.point()
    for state in (source.bound(point).get_statevector(), statevector(source.program, point)):
        assert abs(np.vdot(dense_state(source.bound(point)), state)) == pytest.approx(1, abs=1e-9)
    exact = exact_moments(source, point)
    compiled = compiled_by_pytket(measured(source, point), "ZZ", 0)
    assert figures(compiled, source.plan, exact).deviation < 1e-10
    assert figures_of_qffc(source, point, exact, 1).deviation < 1e-10


def test_row_and_table(row: Row) -> None:
    assert not row.wrong
    assert row.best.price <= min(each.price for each in row.pytket)
    assert row_from_json(json.loads(json.dumps(row.as_json()))) == row
    text = "\n".join(lines([row]))
    assert f"| hopping-4 | 4 | 1 | {row.ours[0].text} | {row.ours[1].text} | {row.best.text} |" in text
    dear = replace(row, ours=(replace(row.ours[0], price=1e3), replace(row.ours[1], price=1.0)))
    text = "\n".join(lines([dear]))
    assert "-O1: dearer than the best pytket level: 1 of 1: hopping-4" in text
    assert "-O2: dearer than the best pytket level: 0 of 1\n" in text


def test_another_circuit_is_wrong(row: Row) -> None:
    source = SOURCES["hopping-4"]
    point = source.point()
    circuits = compiled_by_pytket(measured(source, point), "TK2", 2)
    other = source.circuit.copy()
    other.XXPhase(1e-3, 0, 1)
    changed = exact_moments(replace(source, circuit=other), point)
    found = figures(circuits, source.plan, changed)
    assert found.deviation > 1e-8
    assert replace(row, pytket=(found,)).wrong == ["pytket "]
    assert replace(row, ours=(replace(found, deviation=float("nan"), label="-O1"),)).wrong == ["qffc -O1"]
