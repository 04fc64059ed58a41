"""Whether a certificate claims something false, by a new check and the dense simulator."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from qffc.ir import Program, parse_program
from qffc.ir.diagnostics import QffcError
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.numbers.before_and_after import measured
from qffc.passes.equivariance.numbers.counterexample import sample
from qffc.passes.equivariance.verdict import Transform


def false_claim(data: dict[str, Any], check: Callable[[Program], Certificate]) -> str:
    """Return what a certificate claims that qffc itself does not find; empty when all is true.

    Args:
        data: the certificate.
        check: makes a certificate of a program.
    """
    try:
        program = parse_program(data["text"])
    except QffcError:
        return ""  # it speaks of no program
    fresh = check(program)
    found = {verdict.generator: verdict for verdict in fresh.verdicts}
    if (program.name, list(program.declared), list(found)) != (
        data["program"],
        data["symmetry"],
        [verdict["generator"] for verdict in data["verdicts"]],
    ):
        return "about other symmetries"
    claimed = Certificate.from_json(json.dumps(data))
    for verdict in claimed.verdicts:
        own = found[verdict.generator]
        # What is undecided is true as far as numbers tell: none of the points that were compared shows a difference.
        unseen = verdict.status == "proven" and own.status == "undecided" and own.points > 0
        if verdict.status in ("proven", "refuted") and own.status != verdict.status and not unseen:
            return f"{verdict.generator}: {verdict.status}, and it is {own.status}"
        for part in set(verdict.survives) - set(own.survives):
            if verdict.generator != "rotation" or not turns_alone(program, part[-1:]):
                return f"{verdict.generator}: {part} survives, and does not"
        example = verdict.counterexample
        if example is not None:
            before, after = measured(program, example)
            # Of a symmetry of states alone the checker computes the first number, how far the state is from its image.
            known = 1 if example.transform.internal is not None else len(before)
            pairs = ((before, example.response), (after, example.transformed))
            same = all(np.allclose(mine[:known], theirs[:known], atol=1e-6) for mine, theirs in pairs)
            if not same or np.abs(before - after).max() < 1e-9:
                return f"{verdict.generator}: numbers that do not come again"
    return ""


def turns_alone(program: Program, axis: str) -> bool:
    """Whether turns about one axis change nothing, as far as numbers tell."""
    cosine, sine = 0.6, 0.8
    place = "xyz".find(axis)
    a, b = (place + 1) % 3, (place + 2) % 3
    matrix = np.eye(3)
    matrix[[a, a, b, b], [a, b, a, b]] = cosine, -sine, sine, cosine
    rows = tuple(tuple(map(float, row)) for row in matrix)
    transform = Transform(f"rotation about {axis}", matrix=rows)  # type: ignore[arg-type]  # three rows of three
    found = sample(program, transform)
    return place >= 0 and found.points > 0 and found.deviation < 1e-9
