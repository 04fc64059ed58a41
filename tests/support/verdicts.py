"""Verdicts that tests ask for; refutations are computed again."""

import numpy as np
import pytest

from qffc.ir.program import Program
from qffc.ir.reference import response
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.numbers.before_and_after import measured, observed
from qffc.passes.equivariance.verdict import Counterexample, Verdict


def verdict(program: Program, generator: str) -> Verdict:
    """What rules and numbers say: the identity test has tests of its own."""
    return next(v for v in check_equivariance(program, rules_only=True).verdicts if v.generator == generator)


def assert_refuted(program: Program, generator: str) -> Verdict:
    """The verdict is refuted, and its numbers come again from the reference simulator alone."""
    found = verdict(program, generator)
    assert found.status == "refuted"
    assert found.failure is not None
    assert found.failure.residual
    assert found.counterexample is not None
    assert_reproduces(program, found.counterexample)
    assert not check_equivariance(program).holds
    return found


def assert_reproduces(program: Program, example: Counterexample) -> None:
    """The numbers of a counterexample come again, and differ; without averages from the reference simulator alone."""
    seen = observed if program.average else response
    if example.transform.internal is None:
        before, after = (seen(program, instance) for instance in example.instances(program))
    else:
        before, after = measured(program, example)
    assert before == pytest.approx(example.response, abs=1e-12)
    assert after == pytest.approx(example.transformed, abs=1e-12)
    assert np.abs(before - after).max() > 1e-9


def assert_proven(program: Program) -> None:
    certificate = check_equivariance(program)
    assert certificate.holds, certificate.render()
