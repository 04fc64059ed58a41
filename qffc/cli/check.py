"""The verb ``check``: proves or refutes the declared symmetries of a program, and tests a trained model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.output import AsJson, emit, say
from qffc.ir.diagnostics import QffcError, error
from qffc.ir.given_values import why_unread

if TYPE_CHECKING:
    from qffc.ir.program import Program
    from qffc.models.force_field import ForceField
    from qffc.passes.equivariance.certificates.certificate import Certificate


def check(
    program: Annotated[
        str,
        typer.Argument(
            help="lib:NAME, FILE.qffc, FILE.py:NAME, a trained model, or a certificate FILE.json to check again"
        ),
    ],
    certificate: Annotated[Path | None, typer.Option(help="write the certificate to this file as JSON")] = None,
    counterexample: Annotated[
        Path | None,
        typer.Option(help="write the first counterexample to this folder, as files that 'qffc energy' takes"),
    ] = None,
    rules_only: Annotated[
        bool, typer.Option("--rules-only", help="leave undecided what no rule proves: no identity test")
    ] = False,
    subject: Annotated[str | None, typer.Option("--program", help="the program of a certificate FILE.json")] = None,
    as_json: AsJson = False,
) -> None:
    """Prove or refute the declared symmetries, test a model; exit 1 unless all are proven and the model passes."""
    if Path(program).suffix == ".json":
        _check_again(Path(program), subject, as_json)
        return
    if subject is not None:
        raise error(
            "two programs",
            found=f"'{program}' and --program '{subject}'",
            expected="--program only beside a certificate FILE.json",
            help="leave --program out",
        )
    from qffc.atomic_files import write_text
    from qffc.passes.equivariance.check import check_equivariance  # not the toolchain, which loads the compiler
    from qffc.progress_line import shown_as
    from qffc.references.programs import resolve_program

    model = _model(program)
    source = resolve_program(program) if model is None else model.program
    stored = None if model is None else _stored(model)
    check_program = shown_as("check")(check_equivariance)
    made = check_program(source, rules_only=rules_only) if stored is None else _confirmed(stored, source, as_json)
    if certificate is not None:
        write_text(certificate, made.to_json())
        say(f"certificate written to {certificate}")
    if counterexample is not None:
        from qffc.cli.reproduction import write_counterexample

        say(write_counterexample(made, source, program, counterexample))
    text, data, holds = made.render(source), _data(made), made.holds
    if model is not None:
        from qffc.models.checks.model_check import check_model

        tested = check_model(model)
        origin = "the model holds none: made now" if stored is None else "of the model, confirmed by a new check"
        text, holds = f"certificate: {origin}\n\n{text}\n{tested.render()}", holds and tested.holds
        data = {**data, "holds": holds, "stored": stored is not None, "model": tested.to_json()}
    emit(text, data, as_json)
    if not holds:
        raise typer.Exit(1)


def _model(text: str) -> ForceField | None:
    """The trained model that a text names, or None for a program."""
    from qffc.references.programs import names_model

    if not names_model(text):
        return None
    from qffc.models.files.model_file import load_model  # loads JAX

    return load_model(text)


def _stored(model: ForceField) -> Certificate | None:
    """The certificate that a model was trained with; None when it has none."""
    from qffc.passes.equivariance.certificates.certificate import Certificate

    text = model.metadata.get("certificate")
    return None if text is None else Certificate.from_json(text)


def _check_again(file: Path, subject: str | None, as_json: bool) -> None:
    from qffc.passes.equivariance.certificates.certificate import Certificate
    from qffc.references.programs import resolve_program

    given = Certificate.from_json(_read(file))
    program = None if subject is None else resolve_program(subject)
    if program is None and given.origin is None:
        raise error(
            "certificate without its program",
            found=f"'{file}' alone, in schema 1, which does not hold the text",
            expected="the program that it was made for",
            help=f"qffc check {file} --program PROGRAM",
        )
    made = _confirmed(given, program, as_json)
    emit(f"confirmed by a new check\n\n{made.render(program)}", {"confirmed": True, **_data(made)}, as_json)
    if not made.holds:
        raise typer.Exit(1)


def _confirmed(given: Certificate, program: Program | None, as_json: bool) -> Certificate:
    """The certificate that a new check makes of what another one is about; exit 1 when they differ."""
    from qffc.passes.certificate_verify import verify_certificate
    from qffc.targets.catalogue import target

    try:
        return verify_certificate(given, program, target)
    except QffcError as problem:
        # A wrong certificate is an answer, not a misuse.
        refusal = {"confirmed": False, "holds": given.holds, "error": problem.diagnostic.to_json()}
        emit(f"not confirmed\n{problem.diagnostic.render()}", refusal, as_json)
        raise typer.Exit(1) from None


def _data(certificate: Certificate) -> dict[str, object]:
    data = {"holds": certificate.holds, "certificate": json.loads(certificate.to_json())}
    places = _places(certificate)
    return {**data, "places": places} if places else data


def _places(certificate: Certificate) -> dict[str, dict[str, str]]:
    """Where the operations that a verdict points at are in the author's file; certificates leave that out."""
    found = {}
    for verdict in certificate.verdicts:
        failure = verdict.failure
        ops = {} if failure is None else {"op": failure.op, "image": failure.image}
        known = {name: op.where for name, op in ops.items() if op is not None and op.where is not None}
        if known:
            found[verdict.generator] = known
    return found


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise error(
            "certificate that cannot be read",
            found=f"'{file}': {why_unread(problem)}",
            expected="a file written by 'qffc check PROGRAM --certificate FILE'",
            help="check the path",
        ) from None
