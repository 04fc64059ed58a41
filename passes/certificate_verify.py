"""A certificate checked again: the proofs by proving, and what passes have kept by running them again.

As with proof-carrying code, who receives a program need not trust who compiled it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from qffc.ir.diagnostics import error
from qffc.ir.program import Program
from qffc.ir.text.parser import parse_program
from qffc.passes.base import Pass
from qffc.passes.certificate_difference import first_difference
from qffc.passes.equivariance.certificates.certificate import Certificate, Origin
from qffc.passes.equivariance.check import CheckEquivariance, check_equivariance
from qffc.passes.pipeline import run_pipeline
from qffc.passes.pipeline_text import parse_pipeline
from qffc.passes.target import Target


def verify_certificate(
    certificate: Certificate,
    program: Program | None = None,
    find_target: Callable[[str], Target] | None = None,
) -> Certificate:
    """Check a certificate again: every verdict by a new check, after the passes that it names have run again.

    Args:
        certificate: what is in doubt.
        program: what it should be about; when left out, the certificate is held against itself alone.
        find_target: finds the target that passes ran for; needed by certificates whose origin has passes.

    Returns:
        The certificate that the new check makes: the same, but for the versions that made it and rounding.

    Raises:
        QffcError: when the certificate belongs to another program, or says what a new check does not.

    Example:
        >>> from qffc.library import load
        >>> program = load("sivqlm-lih", depth=1)
        >>> verify_certificate(check_equivariance(program), program).holds
        True
    """
    if program is not None and (certificate.digest, certificate.program) != (program.digest, program.name):
        raise error(
            "certificate of another program",
            found=f"'{certificate.program}' with digest {certificate.digest[:12]}",
            expected=f"'{program.name}' with digest {program.digest[:12]}",
            help="check the program as it is now",
        )
    again = _again(certificate, program, find_target)
    difference = first_difference(certificate, again)
    if difference is not None:
        raise error(
            "certificate that a new check does not confirm",
            found=f"{difference.claimed} in the certificate",
            expected=f"{difference.found}, as a new check finds",
            help="do not trust this certificate; check the program again",
            where=difference.where,
        )
    return again


def _again(
    certificate: Certificate, program: Program | None, find_target: Callable[[str], Target] | None
) -> Certificate:
    """The certificate that a new check makes."""
    origin = certificate.origin
    if origin is None:
        if program is None:
            raise error(
                "certificate without its program",
                found=f"a certificate of '{certificate.program}' in schema 1, which does not hold the text",
                expected="the program that it was made for",
                help="qffc check CERTIFICATE --program PROGRAM",
            )
        return check_equivariance(program, rules_only=certificate.rules_only)
    start = parse_program(origin.text, file="certificate[origin]")
    if start.digest != origin.digest:
        raise error(
            "certificate whose origin does not match its digest",
            found=f"a text with digest {start.digest[:12]}",
            expected=f"digest {origin.digest[:12]}",
            help="do not trust this certificate; check the program again",
        )
    # Places in the text of the origin would be taken for places in the author's file.
    start = start.with_ops(tuple(replace(op, span=None) for op in start.ops))
    again = _replay(start, certificate, origin, find_target)
    if (again.program, again.digest) != (certificate.program, certificate.digest):
        raise error(
            "certificate that does not lead to its program",
            found=f"'{again.program}' with digest {again.digest[:12]} after {', '.join(origin.passes) or 'no pass'}",
            expected=f"'{certificate.program}' with digest {certificate.digest[:12]}",
            help=f"it was made by qffc {certificate.qffc}; check the program again with the passes of this version",
        )
    return again


def _replay(
    start: Program, certificate: Certificate, origin: Origin, find_target: Callable[[str], Target] | None
) -> Certificate:
    if not origin.passes:
        return check_equivariance(start, rules_only=certificate.rules_only)
    if origin.target is None or find_target is None:
        raise error(
            "passes without their target",
            found=f"{', '.join(origin.passes)} for {'no target' if origin.target is None else origin.target}",
            expected="the target that they ran for",
            help="check the program again",
        )
    passes: tuple[Pass[object], ...] = (
        CheckEquivariance(certificate.rules_only),
        *parse_pipeline(",".join(origin.passes)),
    )
    result = run_pipeline(passes, start, find_target(origin.target))
    again = result.certificate
    # The first pass makes one.
    assert again is not None
    return again
