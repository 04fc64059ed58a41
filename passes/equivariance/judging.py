"""From findings to verdicts: what no rule proves is left to numbers and to exact arithmetic, here and nowhere else."""

from __future__ import annotations

from dataclasses import replace

from qffc.ir.program import Program
from qffc.passes.equivariance.finding import IDENTITY_TEST, Finding
from qffc.passes.equivariance.identities.identity_test import compare_exactly
from qffc.passes.equivariance.numbers.counterexample import sample
from qffc.passes.equivariance.verdict import Verdict


def judge(program: Program, finding: Finding) -> Verdict:
    """Return the verdict: proven by the rule, else refuted by numbers of this program, else undecided.

    Example:
        >>> from qffc.library import load
        >>> from qffc.passes.equivariance.rules.listed import CHECKS
        >>> program = load("water-demo", depth=1)
        >>> [judge(program, found).status for name in ("translation", "inversion") for found in CHECKS[name](program)]
        ['proven', 'refuted']
    """
    if finding.failure is None:
        return Verdict(finding.generator, "proven", finding.rule.name, note=finding.note)
    sampling = sample(program, finding.transform)
    return Verdict(
        finding.generator,
        "undecided" if sampling.counterexample is None else "refuted",
        finding.rule.name,
        sampling.points,
        sampling.deviation,
        finding.failure,
        sampling.counterexample,
        sampling.why_none,
        finding.survives(),
        rounding=sampling.rounding,
    )


def judge_exactly(program: Program, finding: Finding, open_: Verdict) -> Verdict:
    """Return the verdict on what rules and numbers leave open: proven by the identity test, or open as before.

    That exact arithmetic shows a difference refutes nothing: what is free in it may depend on one another in numbers. A
    note says so.

    Args:
        program: that was judged.
        finding: what the rules found.
        open_: the verdict on it, undecided.
    """
    found = compare_exactly(program, finding.transform)
    if found.outcome == "equal":
        return Verdict(
            open_.generator, "proven", IDENTITY_TEST.name, points=found.points, note=finding.note, bits=found.bits
        )
    different = "the identity test: as functions of all that is free, the responses differ"
    note = found.why if found.outcome == "unknown" else different
    return replace(open_, note="; ".join(filter(None, (open_.note, note))))
