"""From what the rules found to verdicts: what they do not prove is left to numbers, here and nowhere else."""

from __future__ import annotations

from qffc.ir.program import Program
from qffc.passes.equivariance.finding import Finding
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
