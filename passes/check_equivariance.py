"""The pass ``check-equivariance``: proves or refutes each symmetry that a program declares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from qffc.ir.diagnostics import error
from qffc.ir.program import Program
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.certificate import Certificate, make_certificate
from qffc.passes.equivariance_exchange import check_exchange
from qffc.passes.equivariance_inversion import check_inversion
from qffc.passes.equivariance_rotation import check_rotation
from qffc.passes.equivariance_translation import check_translation
from qffc.passes.target import Target
from qffc.passes.verdict import Verdict


@dataclass(frozen=True)
class CheckEquivariance(Pass[Certificate]):
    """Checks the declared symmetries, generator by generator; rewrites nothing.

    *Proven* is said by an exact rule and never by sampling; *refuted* only with numbers that show it; all else is
    *undecided*. Cost: about linear in the operations for each generator; numbers only where a rule fails.
    """

    name: ClassVar[str] = "check-equivariance"
    preserves: ClassVar[Preserves] = "everything"

    def run(self, program: Program, target: Target) -> PassResult[Certificate]:
        """Return the program as it is, and its certificate; the target plays no part."""
        return PassResult(program, check_equivariance(program))


def check_equivariance(program: Program) -> Certificate:
    """Return the certificate of a program for the symmetries that it declares.

    Example:
        >>> from qffc.ir import parse_program
        >>> program = parse_program('''qffc 1
        ... program bond
        ... symmetry rotation, exchange
        ... scope molecule
        ... species H
        ... site A: H free
        ... site B: H free
        ... qubit a: A
        ... qubit b: B
        ... singlet a, b
        ... rotate a, r(B, A)
        ... rotate b, r(A, B)
        ... observable m = dot(a, b)
        ... energy moment(m)
        ... ''')
        >>> [f"{verdict.generator}: {verdict.status}" for verdict in check_equivariance(program).verdicts]
        ['rotation: proven', 'exchange A B: proven']
    """
    return make_certificate(program, tuple(_verdicts(program)))


def verify_certificate(certificate: Certificate, program: Program) -> None:
    """Check a certificate against a program: the digest, and every verdict by checking again.

    Raises:
        QffcError: when the certificate belongs to another program, or says what a new check does not.
    """
    if (certificate.digest, certificate.program) != (program.digest, program.name):
        raise error(
            "certificate of another program",
            found=f"'{certificate.program}' with digest {certificate.digest[:12]}",
            expected=f"'{program.name}' with digest {program.digest[:12]}",
            help="check the program as it is now",
        )
    again = check_equivariance(program)
    claimed, found = _claims(certificate), _claims(again)
    if claimed != found:
        raise error(
            "certificate that a new check does not confirm",
            found="; ".join(claimed) or "no verdict",
            expected="; ".join(found) or "no verdict",
            help="do not trust this certificate; check the program again",
        )


def _verdicts(program: Program) -> Iterator[Verdict]:
    for symmetry in program.symmetry:
        match symmetry:
            case "rotation":
                yield check_rotation(program)
            case "inversion":
                yield check_inversion(program)
            case "translation":
                yield check_translation(program)
            case "exchange":
                yield from check_exchange(program)


def _claims(certificate: Certificate) -> list[str]:
    verdicts = [f"{verdict.generator} {verdict.status} by {verdict.rule}" for verdict in certificate.verdicts]
    return [f"declared {', '.join(certificate.symmetry)}", *verdicts]
