"""Verdicts as text for people; the JSON of a certificate holds every digit."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from qffc.passes.equivariance.verdict import Carried, Counterexample, Failure, OpReference, Transform, Verdict

_MOST_NUMBERS = 24
"""Of one table or response; the JSON of the certificate holds all."""
_WIDTH = 110


def render_verdict(verdict: Verdict, reason: str) -> list[str]:
    """Return a verdict as lines of text.

    Args:
        verdict: what to write.
        reason: why its rule proves something.
    """
    error = "" if verdict.bits is None else f", with an error below 2^-{verdict.bits}"
    lines = [f"{verdict.generator}: {verdict.status.upper()}{error}"]
    if verdict.status == "proven":
        lines.append(f"  by {verdict.rule}: {reason}")
        lines += _render_carried(verdict.carried)
    else:
        lines.append(f"  rule tried: {verdict.rule}")
    if verdict.failure is not None:
        lines += _render_failure(verdict.failure)
    if verdict.status == "undecided" and verdict.points:
        lines.append(f"  largest deviation at {verdict.points} random points: {verdict.deviation:.3g}")
    if verdict.counterexample is not None:
        lines += _render_counterexample(verdict.counterexample)
    if verdict.survives:
        lines.append(f"  survives: {', '.join(verdict.survives)}")
    if verdict.note:
        lines.append(f"  note: {verdict.note}")
    return lines


def _render_carried(carried: Carried | None) -> list[str]:
    if carried is None:
        return []
    return [
        f"  proven by {carried.rule} of the program with digest {carried.digest[:12]}",
        f"  kept by {', '.join(carried.passes)}",
    ]


def _render_failure(failure: Failure) -> list[str]:
    lines = []
    if failure.op is not None:
        lines.append(f"  operation {_render_op(failure.op)}")
    if failure.image is not None:
        lines.append(f"  its image, from operation {_render_op(failure.image)}")
    return [*lines, f"  residual: {failure.residual}"]


def _render_op(op: OpReference) -> str:
    return f"{op.index}{f' at {op.where}' if op.where else ''}: {op.text}"


def _render_counterexample(example: Counterexample) -> list[str]:
    lines = ["  counterexample, positions in Angstrom:"]
    width = max(map(len, example.sites))
    for site, symbol, place in zip(example.sites, example.species, example.positions, strict=True):
        lines.append(f"    {site:<{width}} {symbol:<2} {''.join(f'{x:8.2f}' for x in place)}")
    for table in example.parameters:
        lines += _numbers(f"    {table.name} = ", table.entries)
    if example.channel:
        lines.append(f"    channel {example.channel}")
    lines += _render_transform(example.transform)
    if example.transform.internal is not None:
        return [*lines, *_numbers("    distance of the state, and of what the readout sees: ", example.transformed)]
    lines += _numbers("    response before: ", example.response)
    lines += _numbers("    response after:  ", example.transformed)
    lines.append(f"    difference:      {example.difference:.6g}")
    return lines


def _numbers(start: str, numbers: Sequence[float]) -> list[str]:
    """Numbers to six digits, so that the text is one on all machines; long tables are cut."""
    shown = [f"{number + 0.0:.6g}" for number in numbers[:_MOST_NUMBERS]]
    if len(numbers) > _MOST_NUMBERS:
        shown.append(f"... ({len(numbers)} numbers)")
    return wrap(", ".join(shown), _WIDTH, initial_indent=start, subsequent_indent=" " * len(start))


def _render_transform(transform: Transform) -> list[str]:
    lines = [f"    {transform.words}"]
    if transform.words.endswith("matrix"):
        lines += ["      " + "".join(f"{x:7.2f}" for x in row) for row in transform.matrix]
    if any(transform.shift):
        lines[0] += f" ({', '.join(map(repr, transform.shift))}) Angstrom"
    return lines
