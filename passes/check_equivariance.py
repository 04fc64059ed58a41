"""The pass ``check-equivariance``: proves or refutes each symmetry that a program declares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from qffc.ir.program import Program
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.certificate import Certificate, make_certificate
from qffc.passes.equivariance_exchange import check_exchange
from qffc.passes.equivariance_generators import check_generators
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
    yield from check_generators(program)
