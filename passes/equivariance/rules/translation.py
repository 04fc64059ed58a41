"""Translation: a program that only uses differences of positions does not see where the molecule is.

**Lemma.** If every value of a program, the readout included, is the same at x and at x + t for every shift t of all
sites, then so is the response, whatever the gates are.

A value is the same when no absolute position enters (*displacements only*); when positions enter only in sums with
rational coefficients that add up to zero; or when it is a polynomial in atoms whose derivative along a shift is zero
(*positions cancel*, ``motions.py``, which has the hypotheses of that).
"""

from __future__ import annotations

from fractions import Fraction

from qffc.ir.declarations import readout_value
from qffc.ir.printer import print_readout
from qffc.ir.program import Program
from qffc.ir.values import Add, Position, Value, split_coefficient, walk
from qffc.passes.equivariance.finding import Finding, Rule
from qffc.passes.equivariance.polynomials.motions import residual
from qffc.passes.equivariance.transforms import SHIFT
from qffc.passes.equivariance.verdict import Failure, op_reference

DISPLACEMENTS_ONLY = Rule("displacements only", "no value uses an absolute position")
POSITIONS_CANCEL = Rule("positions cancel", "the derivative of every value along a translation is exactly 0")


def check_translation(program: Program) -> tuple[Finding]:
    """Prove by type, else by exact derivatives."""
    absolute = any(_is_absolute(value) for _, value in classical_values(program))
    rule = POSITIONS_CANCEL if absolute else DISPLACEMENTS_ONLY
    return (Finding("translation", rule, SHIFT, translation_failure(program)),)


def translation_failure(program: Program) -> Failure | None:
    """Return the first value that sees where the molecule stands, or None when translation is proven."""
    for index, value in classical_values(program):
        text = None if _uses_differences(value) else residual(value, "translation")
        if text is not None:
            return failure_at(program, index, text)
    return None


def failure_at(program: Program, index: int | None, text: str) -> Failure:
    """Return a failure at a value of :func:`classical_values`."""
    if index is None:
        return Failure(text, line=print_readout(program.readout))
    return Failure(text, op_reference(program, index))


def classical_values(program: Program) -> tuple[tuple[int | None, Value], ...]:
    """Return every value of a program with the index of its operation; the readout comes last, with None."""
    values = ((index, op.value) for index, op in enumerate(program.ops) if op.value is not None)
    return (*values, (None, readout_value(program.readout)))


def _is_absolute(value: Value) -> bool:
    return any(isinstance(node, Position) for node in walk(value))


def _uses_differences(value: Value) -> bool:
    """Whether positions enter only in sums with coefficients that add up to 0; False when that cannot be seen."""
    if isinstance(value, Position):
        return False
    if not isinstance(value, Add):
        return all(_uses_differences(child) for child in value.children)
    total = Fraction(0)
    for term in value.terms:
        coefficient, body = split_coefficient(term)
        if isinstance(body, Position):
            total += coefficient
        elif not _uses_differences(body):
            return False
    return total == 0
