"""A certificate in plain words: what is proven, what that means for a molecule, and by what."""

from __future__ import annotations

from html import escape

from qffc.html_page import table
from qffc.passes.equivariance.certificates.certificate import RULES, Certificate
from qffc.passes.equivariance.verdict import Verdict

_MEANINGS = {
    "rotation": "turning the molecule in space leaves its energy as it is, and turns its forces along",
    "inversion": "the mirror image of a molecule has the same energy",
    "translation": "moving the molecule as a whole changes nothing",
    "exchange": "like atoms can change places: their names in a file do not matter",
    "generator": "a symmetry of the circuit that its author declared",
    "conserved": "a quantity that the circuit conserves, as its author declared",
}


def certificate_html(certificate: Certificate) -> str:
    """Return what a certificate says as a table with a sentence before it.

    Example:
        >>> import qffc as qf
        >>> "turning the molecule" in certificate_html(qf.check("lib:sivqlm-lih"))
        True
    """
    if certificate.holds:
        outcome = "<p><span class=good>Every declared symmetry is proven</span>, for all geometries and all parameters"
    else:
        outcome = "<p><span class=bad>Not every declared symmetry is proven</span>"
    opening = (
        f"{outcome}: of the program <code>{escape(certificate.program)}</code> with digest "
        f"<code>{certificate.digest[:12]}</code>, by qffc {escape(certificate.qffc)}.</p>"
    )
    rows = [_row(verdict) for verdict in certificate.verdicts]
    bad = ["" if verdict.status == "proven" else "bad" for verdict in certificate.verdicts]
    return opening + table(("symmetry", "means", "by", "verdict"), rows, 4, bad)


def _row(verdict: Verdict) -> tuple[str, str, str, str]:
    kind = verdict.generator.split()[0]
    certain = "" if verdict.bits is None else f", wrong with a probability below 2<sup>−{verdict.bits}</sup>"
    reason = RULES.get(verdict.rule, "") if verdict.status == "proven" else f"tried: {verdict.rule}"
    name = f"<strong>{escape(verdict.rule)}</strong>: " if verdict.status == "proven" else ""
    return (
        escape(verdict.generator),
        escape(_MEANINGS.get(kind, "")),
        f"{name}{escape(reason)}{certain}",
        escape(verdict.status),
    )
