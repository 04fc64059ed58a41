"""The demonstration circuit for water, operation by operation."""

from fractions import Fraction

import pytest

from qffc.ir.declarations import EnergyReadout, Parameter, Site
from qffc.ir.observables import DotObservable
from qffc.ir.ops import Exchange, PauliRotation, Rotate, Singlet
from qffc.ir.values import Displacement, Moment, ParameterEntry
from qffc.library import load

CARRIED = ("H1", "H2", "H1", "H2")
RING = ((0, 0, 1), (2, 2, 3), (1, 1, 2), (3, 3, 0))  # row of w, qubits


def encoding(layer: int, rows: tuple[int, ...]) -> list[Rotate]:
    return [Rotate(q, ParameterEntry("alpha", (rows[q], layer)) * Displacement("O", CARRIED[q])) for q in range(4)]


@pytest.mark.parametrize("breaking", [True, False])
@pytest.mark.parametrize("tied", [True, False])
def test_operations(breaking: bool, tied: bool) -> None:
    rows = (0, 0, 1, 1) if tied else (0, 1, 2, 3)
    ring = {0: 0, 1: 1, 2: 2, 3: 1} if tied else {0: 0, 1: 1, 2: 2, 3: 3}
    expected = [Singlet(0, 1), Singlet(2, 3), *encoding(0, rows)]
    for d in range(6):
        expected += [Exchange(a, b, ParameterEntry("w", (ring[q], d))) for q, a, b in RING]
        if breaking:
            expected += [PauliRotation(((q, "Z"),), ParameterEntry("epsilon", (d, rows[q]))) for q in range(4)]
        expected += encoding(d + 1, rows)
    assert list(load("water-demo", breaking=breaking, tied=tied).ops) == expected


def test_the_rest() -> None:
    program = load("water-demo")
    assert program.sites == (Site("O", "O", "centre"), Site("H1", "H", "neighbour"), Site("H2", "H", "neighbour"))
    assert [(qubit.name, qubit.site) for qubit in program.qubits] == [(f"q{q}", CARRIED[q]) for q in range(4)]
    assert program.parameters == (
        Parameter("alpha", (4, 7)),
        Parameter("w", (4, 6)),
        Parameter("epsilon", (6, 4), Fraction(0), frozen=True),
    )
    assert program.observables == (("m0", DotObservable(0, 1)),)
    assert program.readout == EnergyReadout(Moment("m0"))
    assert not program.average


def test_tied_tables() -> None:
    program = load("water-demo", tied=True, breaking=False, depth=3)
    assert program.parameters == (Parameter("alpha", (2, 4)), Parameter("w", (3, 3)))


def test_operations_know_where_they_are_written() -> None:
    spans = [op.span for op in load("water-demo").ops]
    assert all(span is not None and span.file.endswith("water_demo.py") for span in spans)
