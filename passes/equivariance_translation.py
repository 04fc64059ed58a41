"""Translation: a program that only uses differences of positions does not see where the molecule is."""

from __future__ import annotations

from collections.abc import Iterator

from qffc.ir.program import EnergyReadout, Program
from qffc.ir.values import Position, Value, walk
from qffc.passes.coordinates import residual
from qffc.passes.counterexample import SHIFT, judge
from qffc.passes.verdict import Failure, Verdict, op_reference, proven

DISPLACEMENTS_ONLY = "displacements only"
POSITIONS_CANCEL = "positions cancel"


def check_translation(program: Program) -> Verdict:
    """Prove by type, else by exact derivatives, else compare numbers."""
    sites = tuple(site.name for site in program.sites)
    rule = DISPLACEMENTS_ONLY
    for index, value in classical_values(program):
        if not any(isinstance(node, Position) for node in walk(value)):
            continue
        rule = POSITIONS_CANCEL
        text = residual(value, "translation", sites)
        if text is not None:
            op = None if index is None else op_reference(program, index)
            return judge(program, "translation", rule, Failure(text, op), SHIFT)
    return proven("translation", rule)


def classical_values(program: Program) -> Iterator[tuple[int | None, Value]]:
    """Yield every value of a program with the index of its operation; the readout comes last, with None."""
    for index, op in enumerate(program.ops):
        if op.value is not None:
            yield index, op.value
    readout = program.readout
    yield None, readout.value if isinstance(readout, EnergyReadout) else readout.weight
