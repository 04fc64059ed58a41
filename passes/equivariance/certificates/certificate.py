"""The result of the equivariance check as a document: bound to a program, readable, exact in JSON."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version

from qffc.ir.diagnostics import error
from qffc.ir.program import Program
from qffc.ir.rich_display import html_of
from qffc.ir.short_repr import short_repr
from qffc.passes.equivariance.certificates.certificate_schemas import as_in_newest
from qffc.passes.equivariance.certificates.certificate_text import render_verdict
from qffc.passes.equivariance.certificates.listing import listing
from qffc.passes.equivariance.certificates.source_lines import source_of
from qffc.passes.equivariance.finding import IDENTITY_TEST
from qffc.passes.equivariance.rules.listed import PROVING
from qffc.passes.equivariance.verdict import Verdict
from qffc.passes.plain_data import from_plain, to_plain
from qffc.passes.strict_documents import parse_json

SCHEMA = 5
CARRIED = "carried over"

RULES = {
    **{rule.name: rule.why for rule in PROVING},
    IDENTITY_TEST.name: IDENTITY_TEST.why,
    CARRIED: "a rule proves it of an earlier program, and the passes since then keep the response",
}
"""Every rule that can prove something, and why it does."""


@dataclass(frozen=True)
class Origin:
    """Where the proof starts: with it, a certificate can be checked again by itself.

    Args:
        text: the program that the rules are applied to first.
        digest: of this text.
        passes: what ran from there to the program of the certificate, as texts of a pipeline, in order; those that
            changed nothing are left out. Empty when the certificate is about this text itself.
        target: the name of the target that they ran for; None without passes.
    """

    text: str
    digest: str
    passes: tuple[str, ...] = ()
    target: str | None = None


@dataclass(frozen=True)
class Certificate:
    """What was checked, of which program, and how it came out.

    Args:
        program: name of the program.
        digest: of its text; a certificate says nothing about any other text.
        symmetry: everything that the program declares: ``rotation`` and so on, then ``generator`` or ``conserved`` and
            a name.
        verdicts: one for each generator, exchange split into transpositions of like sites.
        qffc: version of this package, for people: nobody can check it.
        python: version of the interpreter, likewise.
        origin: where the proof starts; None in certificates of schema 1, which need their program beside them.
        rules_only: whether the identity test was left out.
        text: of the program, for checkers that have nothing else; None in certificates before schema 5.
    """

    program: str
    digest: str
    symmetry: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    qffc: str
    python: str
    origin: Origin | None = None
    rules_only: bool = False
    text: str | None = None

    _repr_html_ = html_of

    def __repr__(self) -> str:
        found = {
            status: [v.generator for v in self.verdicts if v.status == status]
            for status in ("proven", "refuted", "undecided")
        }
        told = [f"{', '.join(names)} {status}" for status, names in found.items() if names]
        return short_repr(self, f"of '{self.program}'", f"digest {self.digest[:12]}", *told)

    @property
    def holds(self) -> bool:
        """Whether every declared symmetry is proven."""
        named = {verdict.generator.split()[0] for verdict in self.verdicts}
        named |= {verdict.generator for verdict in self.verdicts}
        return set(self.symmetry) <= named and all(verdict.status == "proven" for verdict in self.verdicts)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that proved something, each once, in the order of the verdicts."""
        proven = [verdict for verdict in self.verdicts if verdict.status == "proven"]
        used = [rule for v in proven for rule in ((v.rule,) if v.carried is None else (v.carried.rule, v.rule))]
        return tuple(dict.fromkeys(used))

    def to_json(self) -> str:
        """Return the certificate as JSON; :meth:`from_json` gives it back exactly, but for places in source files."""
        data = to_plain(self)
        return json.dumps({"schema": SCHEMA, **data, "sha256": _checksum(data)}, indent=2, allow_nan=False) + "\n"

    @staticmethod
    def from_json(text: str) -> Certificate:
        """Return the certificate of a JSON text.

        Raises:
            QffcError: when the text is no certificate of a known schema, or was changed after it was written.
        """
        try:
            data = parse_json(text)
        except ValueError as problem:
            raise error(
                "certificate that is not JSON",
                found=str(problem),
                expected="a JSON object",
                help="write it again with 'qffc check'",
            ) from None
        schema = data.pop("schema", None) if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(schema, int) or schema is True or not 1 <= schema <= SCHEMA:
            raise error(
                "certificate of an unknown schema",
                found="no schema: this is no certificate" if schema is None else f"schema {schema!r}",
                expected=f"schema 1 to {SCHEMA}",
                help="write one with this version of qffc: qffc check PROGRAM --certificate FILE.json",
            )
        if schema == 1:
            return from_plain(Certificate, as_in_newest(data, schema))
        claimed = data.pop("sha256", None)
        certificate = from_plain(Certificate, as_in_newest(data, schema))
        if claimed != _checksum(data):
            raise error(
                "certificate that was changed after it was written",
                found=f"checksum {str(claimed)[:12]}",
                expected=f"checksum {_checksum(data)[:12]} of what it says",
                help="do not trust it; check the program again",
            )
        return certificate

    def render(self, program: Program | None = None) -> str:
        """Return the certificate as plain text for people.

        Args:
            program: what was checked; its lines are shown with what the failed verdicts say about them, as its author
                wrote them where the file is there and says the same.
        """
        outcome = "holds" if self.holds else "does not hold"
        lines = [
            f"program {self.program}: the declared symmetry {outcome}",
            f"  declared: {', '.join(self.symmetry) or 'nothing'}",
            f"  digest:   {self.digest}",
            f"  checked:  qffc {self.qffc}, Python {self.python}",
        ]
        for verdict in self.verdicts:
            lines += ["", *render_verdict(verdict, RULES.get(verdict.rule, ""))]
        if program is not None and any(verdict.failure is not None for verdict in self.verdicts):
            source = source_of(program)
            shown = listing(program, self.verdicts, source).rstrip("\n")
            lines += ["", f"{source.name}, and where its proofs stop:", shown]
        return "\n".join(lines) + "\n"


def make_certificate(program: Program, verdicts: tuple[Verdict, ...], *, rules_only: bool = False) -> Certificate:
    """Return the certificate of a program with the versions that run now."""
    origin = Origin(program.text, program.digest)
    return Certificate(
        program.name, program.digest, program.declared, verdicts, *_versions(), origin, rules_only, program.text
    )


@cache
def _versions() -> tuple[str, str]:
    """Of qffc and of Python; looked up once, which reads files."""
    try:
        own = version("qffc")
    except PackageNotFoundError:
        own = "unknown"
    return own, platform.python_version()


def _checksum(data: dict[str, object]) -> str:
    """It finds damage and careless edits; whoever wants to forge can compute it, and is found by a new check."""
    return sha256(json.dumps(data, sort_keys=True, allow_nan=False).encode()).hexdigest()
