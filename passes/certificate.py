"""The result of the equivariance check as a document: bound to a program, readable, exact in JSON."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from qffc.ir.diagnostics import error
from qffc.ir.program import Program, Symmetry
from qffc.passes.certificate_text import render_verdict
from qffc.passes.listing import listing
from qffc.passes.plain_data import from_plain, to_plain
from qffc.passes.verdict import Verdict

SCHEMA = 1

RULES = {
    "pauli-commutators": "state, gates, observables and readout turn with the molecule: [J_a, G] = i d_a G exactly",
    "displacements only": "no value uses an absolute position",
    "positions cancel": "the derivative of every value along a translation is exactly 0",
    "even values": "no value changes under inversion",
    "two independent vectors": "the vectors that enter lie in a plane, where inversion is a rotation by pi",
    "average over inversion": "the response is averaged over the molecule and its mirror image",
    "relabelling modulo commutation": "sites renamed is qubits renamed, up to the order of commuting operations",
    "average over exchange": "the response is averaged over the assignments of like atoms to sites",
    "no like sites": "no two sites have one role and one species",
}
"""Every rule that can prove something, and why it does."""


@dataclass(frozen=True)
class Certificate:
    """What was checked, of which program, and how it came out.

    Args:
        program: name of the program.
        digest: of its text; a certificate says nothing about any other text.
        symmetry: the generators that the program declares.
        verdicts: one for each generator, exchange split into transpositions of like sites.
        qffc: version of this package.
        python: version of the interpreter.
    """

    program: str
    digest: str
    symmetry: tuple[Symmetry, ...]
    verdicts: tuple[Verdict, ...]
    qffc: str
    python: str

    @property
    def holds(self) -> bool:
        """Whether every declared symmetry is proven."""
        named = {verdict.generator.split()[0] for verdict in self.verdicts}
        return set(self.symmetry) <= named and all(verdict.status == "proven" for verdict in self.verdicts)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that proved something, each once, in the order of the verdicts."""
        return tuple(dict.fromkeys(verdict.rule for verdict in self.verdicts if verdict.status == "proven"))

    def to_json(self) -> str:
        """Return the certificate as JSON; :meth:`from_json` gives it back exactly."""
        return json.dumps({"schema": SCHEMA, **to_plain(self)}, indent=2, allow_nan=False) + "\n"

    @staticmethod
    def from_json(text: str) -> Certificate:
        """Return the certificate of a JSON text.

        Raises:
            QffcError: when the text is no certificate of this schema.
        """
        try:
            data = json.loads(text, parse_constant=_no_constant)
        except ValueError as problem:
            raise error(
                "certificate that is not JSON",
                found=str(problem),
                expected="a JSON object",
                help="write it again with 'qffc check'",
            ) from None
        schema = data.pop("schema", None) if isinstance(data, dict) else None
        if schema != SCHEMA or isinstance(schema, bool):
            raise error(
                "certificate of an unknown schema",
                found=f"schema {schema!r}",
                expected=f"schema {SCHEMA}",
                help="write it again with this version of qffc",
            )
        return from_plain(Certificate, data)

    def render(self, program: Program | None = None) -> str:
        """Return the certificate as plain text for people.

        Args:
            program: what was checked; its lines are shown with what the failed verdicts say about them.
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
        shown = "" if program is None else listing(program, self.verdicts)
        if shown:
            lines += ["", "the text of the program, and where its proofs stop:", shown.rstrip("\n")]
        return "\n".join(lines) + "\n"


def make_certificate(program: Program, verdicts: tuple[Verdict, ...]) -> Certificate:
    """Return the certificate of a program with the versions that run now."""
    try:
        own = version("qffc")
    except PackageNotFoundError:
        own = "unknown"
    return Certificate(program.name, program.digest, program.symmetry, verdicts, own, platform.python_version())


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")
