"""The pass ``check-equivariance``: proves or refutes each symmetry that a program declares.

Circuits that pass are equivariant quantum neural networks, in the words of geometric quantum machine learning: SU(2)
turns all spins when SO(3) turns the molecule, and permutations of like atoms are permutations of qubits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from qffc.ir.program import Program
from qffc.ir.telling import told
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.equivariance.certificates.certificate import Certificate, make_certificate
from qffc.passes.equivariance.finding import Finding
from qffc.passes.equivariance.judging import judge, judge_exactly
from qffc.passes.equivariance.rules.generators import check_generators
from qffc.passes.equivariance.rules.listed import CHECKS
from qffc.passes.equivariance.rules.reduced_circuit import of_reduced, reduced_circuit
from qffc.passes.target import Target


@dataclass(frozen=True)
class CheckEquivariance(Pass[Certificate]):
    """Checks the declared symmetries, generator by generator; rewrites nothing.

    *Proven* is said by an exact rule, or by the identity test with the probability of an error; *refuted* only with
    numbers that show it; all else is *undecided*. What is undecided of a circuit may be proven of the shorter one that
    ``canonicalize`` and ``light-cone`` make; the rule then says so. What is still undecided goes to the identity test,
    which computes states in finite fields. Cost: about linear in the operations for each generator; numbers, shorter
    circuits and states only where a rule fails.
    """

    name: ClassVar[str] = "check-equivariance"
    preserves: ClassVar[Preserves] = "everything"
    rules_only: bool = False
    """Leave undecided what no rule proves."""

    def run(self, program: Program, target: Target) -> PassResult[Certificate]:
        """Return the program as it is, and its certificate; the target plays no part."""
        return PassResult(program, check_equivariance(program, rules_only=self.rules_only))


def check_equivariance(program: Program, *, rules_only: bool = False) -> Certificate:
    """Return the certificate of a program for the symmetries that it declares.

    Args:
        program: any program.
        rules_only: leave undecided what no rule proves and no number refutes.

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
    findings = _of_response(program)
    verdicts = [judge(program, finding) for finding in told("symmetries, by rules and numbers:", findings)]
    # Numbers come before the shorter circuit: a fault of the passes that shorten it may not prove what they refute.
    open_ = {v.generator for v in verdicts if v.status == "undecided"}
    proofs = {f.generator: f for f in _proofs_of_shorter(program, open_)} if open_ else {}
    declared = check_generators(program)
    decided = [judge(program, proofs[v.generator]) if v.generator in proofs else v for v in verdicts]
    decided += [judge(program, finding) for finding in told("declared symmetries:", declared)]
    if not rules_only:
        decided = [
            judge_exactly(program, finding, verdict) if verdict.status == "undecided" else verdict
            for finding, verdict in told(
                "symmetries, by the identity test:", list(zip((*findings, *declared), decided, strict=True))
            )
        ]
    return make_certificate(program, tuple(decided), rules_only=rules_only)


def _of_response(program: Program) -> tuple[Finding, ...]:
    return tuple(finding for symmetry in program.symmetry for finding in CHECKS[symmetry](program))


def _proofs_of_shorter(program: Program, generators: Collection[str]) -> Iterator[Finding]:
    """What the rules prove, of these generators, of a shorter circuit with the same response."""
    shorter = reduced_circuit(program)
    if shorter is None:
        return
    names = {generator.split()[0] for generator in generators}
    for finding in _of_response(replace(shorter, symmetry=tuple(name for name in shorter.symmetry if name in names))):
        if finding.failure is None and finding.generator in generators:
            yield replace(finding, rule=of_reduced(finding.rule))
