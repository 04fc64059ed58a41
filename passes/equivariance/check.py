"""The pass ``check-equivariance``: proves or refutes each symmetry that a program declares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from qffc.ir.program import Program
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.equivariance.certificate import Certificate, make_certificate
from qffc.passes.equivariance.exchange import check_exchange
from qffc.passes.equivariance.generators import check_generators
from qffc.passes.equivariance.inversion import check_inversion
from qffc.passes.equivariance.reduced_circuit import REDUCED, reduced_circuit
from qffc.passes.equivariance.rotation import check_rotation
from qffc.passes.equivariance.translation import check_translation
from qffc.passes.equivariance.verdict import Verdict
from qffc.passes.target import Target


@dataclass(frozen=True)
class CheckEquivariance(Pass[Certificate]):
    """Checks the declared symmetries, generator by generator; rewrites nothing.

    *Proven* is said by an exact rule and never by sampling; *refuted* only with numbers that show it; all else is
    *undecided*. What is undecided of a circuit may be proven of the shorter one that ``canonicalize`` and
    ``light-cone`` make; the rule then says so. Cost: about linear in the operations for each generator; numbers and
    shorter circuits only where a rule fails.
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
    verdicts = tuple(_verdicts(program))
    if any(verdict.status == "undecided" for verdict in verdicts):
        verdicts = _of_reduced(program, verdicts)
    return make_certificate(program, (*verdicts, *check_generators(program)))


def _of_reduced(program: Program, verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """The verdicts, with those in place that the rules prove of a shorter circuit with the same response."""
    shorter = reduced_circuit(program)
    if shorter is None:
        return verdicts
    open_ = {verdict.generator.split()[0] for verdict in verdicts if verdict.status == "undecided"}
    asked = replace(shorter, symmetry=tuple(name for name in shorter.symmetry if name in open_))
    found = {v.generator: v for v in _verdicts(asked) if v.status == "proven"}
    return tuple(
        replace(found[v.generator], rule=found[v.generator].rule + REDUCED)
        if v.status == "undecided" and v.generator in found
        else v
        for v in verdicts
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
