"""The result of the equivariance check as a document: bound to a program, readable, exact in JSON."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from qffc.ir.diagnostics import error
from qffc.ir.program import Program, Symmetry
from qffc.passes.plain_data import from_plain, to_plain
from qffc.passes.verdict import Counterexample, Failure, OpReference, Transform, Verdict

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

    def render(self) -> str:
        """Return the certificate as plain text for people."""
        outcome = "holds" if self.holds else "does not hold"
        lines = [
            f"program {self.program}: the declared symmetry {outcome}",
            f"  declared: {', '.join(self.symmetry) or 'nothing'}",
            f"  digest:   {self.digest}",
            f"  checked:  qffc {self.qffc}, Python {self.python}",
        ]
        for verdict in self.verdicts:
            lines += ["", *_render_verdict(verdict)]
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


def _render_verdict(verdict: Verdict) -> list[str]:
    lines = [f"{verdict.generator}: {verdict.status.upper()}"]
    if verdict.status == "proven":
        lines.append(f"  by {verdict.rule}: {RULES.get(verdict.rule, '')}")
    else:
        lines.append(f"  rule tried: {verdict.rule}")
    if verdict.failure is not None:
        lines += _render_failure(verdict.failure)
    if verdict.status == "undecided" and verdict.points:
        lines.append(f"  largest deviation at {verdict.points} random points: {verdict.deviation:.3g}")
    if verdict.counterexample is not None:
        lines += _render_counterexample(verdict.counterexample)
    if verdict.note:
        lines.append(f"  note: {verdict.note}")
    return lines


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
        lines.append(f"    {table.name} = {', '.join(map(repr, table.entries))}")
    if example.channel:
        lines.append(f"    channel {example.channel}")
    lines += _render_transform(example.transform)
    lines.append(f"    response before: {', '.join(map(repr, example.response))}")
    lines.append(f"    response after:  {', '.join(map(repr, example.transformed))}")
    lines.append(f"    difference:      {example.difference!r}")
    return lines


def _render_transform(transform: Transform) -> list[str]:
    lines = [f"    {transform.words}"]
    if transform.words.endswith("matrix"):
        lines += ["      " + "".join(f"{x:7.2f}" for x in row) for row in transform.matrix]
    if any(transform.shift):
        lines[0] += f" ({', '.join(map(repr, transform.shift))}) Angstrom"
    return lines
