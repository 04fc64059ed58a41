"""From findings to verdicts: what no rule proves is left to numbers and to exact arithmetic, here and nowhere else."""

from __future__ import annotations

from dataclasses import replace

from qffc.ir.generators import Conserved, Generator
from qffc.ir.program import Program
from qffc.passes.equivariance.finding import IDENTITY_TEST, Finding
from qffc.passes.equivariance.verdict import Verdict

_OF_WHAT: dict[type[object], str] = {
    Generator: "of the response: operations need not be those of the image, one by one",
    Conserved: "of the last state and the readout: operations need not commute with the charge, one by one",
}

_OF_STATES = "of the last state and the readout: operations need not be those of the image, one by one"


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
        return Verdict(finding.generator, "proven", finding.rule.name, note=finding.note, witness=finding.witness)
    from qffc.passes.equivariance.numbers.counterexample import sample  # what proofs by rule do not wait for

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
    from qffc.passes.equivariance.identities.identity_test import compare_exactly, compare_images

    declared = next((item for item in program.generators if item.title == finding.generator), None)
    of_states = isinstance(declared, Generator) and (declared.qubits or declared.paulis or declared.is_internal)
    if isinstance(declared, Generator) and of_states:
        found = compare_images(program, finding.transform, declared)
    else:
        found = compare_exactly(program, finding.transform)
    if found.outcome == "equal":
        return Verdict(
            open_.generator,
            "proven",
            IDENTITY_TEST.name,
            points=found.points,
            note="; ".join(filter(None, (finding.note, _OF_STATES if of_states else _OF_WHAT.get(type(declared), "")))),
            bits=found.bits,
        )
    different = "the identity test: as functions of all that is free, the responses differ"
    note = found.why if found.outcome == "unknown" else different
    return replace(open_, note="; ".join(filter(None, (open_.note, note))))
