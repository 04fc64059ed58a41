"""What becomes of a certificate when a pass has changed the program."""

from __future__ import annotations

from dataclasses import replace

from qffc.ir.diagnostics import InternalError
from qffc.ir.program import Program
from qffc.passes.base import Pass, keeps_symmetry
from qffc.passes.equivariance.certificates.certificate import CARRIED, Certificate, Origin
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.verdict import Carried, Verdict
from qffc.passes.pipeline_text import format_pass
from qffc.passes.target import Target

_OF_THE_RESPONSE = ("rotation", "inversion", "translation", "exchange")
"""Generators that move the molecule: what they say is about the response, whatever the circuit looks like."""


def carry(certificate: Certificate, step: Pass[object], after: Program, target: Target) -> Certificate:
    """Return the certificate of the program that a pass has made.

    All symmetries are proven again. What the rules do not prove of the new program, but was proven before a pass that
    keeps the response, is carried over; the certificate then says where the proof starts. All else is what the new
    check says.

    Args:
        certificate: of the program before the pass.
        step: the pass, which changed the program.
        after: the program that it returned.
        target: what the pass ran for.

    Raises:
        InternalError: when the pass keeps the response, and numbers refute what was proven or the other way round.
    """
    if not keeps_symmetry(step.preserves):
        return check_equivariance(after, rules_only=certificate.rules_only)
    # What was proven is kept, whatever proved it, so rules are enough unless something is left open.
    found = _carried(certificate, step, after, target, rules_only=True)
    if not certificate.rules_only and any(verdict.status == "undecided" for verdict in found.verdicts):
        found = _carried(certificate, step, after, target, rules_only=False)
    return replace(found, rules_only=certificate.rules_only)


def _carried(
    certificate: Certificate, step: Pass[object], after: Program, target: Target, *, rules_only: bool
) -> Certificate:
    fresh = check_equivariance(after, rules_only=rules_only)
    earlier = {verdict.generator: verdict for verdict in certificate.verdicts}
    text = format_pass(step)
    kept = tuple(_kept(certificate, earlier.get(v.generator), v, step, text) for v in fresh.verdicts)
    if kept == fresh.verdicts:
        return fresh
    origin = certificate.origin
    if origin is None:
        raise InternalError("a certificate that was just made has no origin")
    origin = Origin(origin.text, origin.digest, (*origin.passes, text), target.name)
    return replace(fresh, verdicts=kept, origin=origin)


def _kept(certificate: Certificate, old: Verdict | None, new: Verdict, step: Pass[object], text: str) -> Verdict:
    """The verdict on one generator after the pass, from the one before it and a new check."""
    if old is None or new.generator.split()[0] not in _OF_THE_RESPONSE:
        return new
    if {old.status, new.status} == {"proven", "refuted"}:
        raise InternalError(
            f"pass '{step.name}' preserves {step.preserves}, but {old.generator} is {old.status} before it and "
            f"{new.status} after it"
        )
    if old.status != "proven" or new.status == "proven":
        return new
    source = old.carried or Carried(old.rule, certificate.digest, ())
    carried = replace(source, passes=(*source.passes, text))
    return Verdict(new.generator, "proven", CARRIED, note=old.note, carried=carried, bits=old.bits)
