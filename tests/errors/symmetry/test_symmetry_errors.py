"""What ``qffc check`` says about programs that are broken in one way each."""

import re
from pathlib import Path

import pytest
from golden import bad_files, need_golden, read_bad, topic_and_name
from verdicts import assert_reproduces

from qffc.passes.equivariance.check import check_equivariance

VERSIONS = re.compile(r"^  (digest|checked): .*\n", re.MULTILINE)
# Responses are printed to six digits, which machines agree on. Not so deviations that are rounding alone.
ROUNDING = re.compile(r"(?<=random points: )(0|\S+e-1[0-9])$", re.MULTILINE)


@pytest.mark.parametrize("path", bad_files("symmetry"), ids=topic_and_name)
def test_golden_refusal(path: Path) -> None:
    program = read_bad(path)
    # What rules leave open mostly falls to the identity test, which has no long story to tell: see below.
    certificate = check_equivariance(program, rules_only=path.parent.name == "undecided")
    assert not certificate.holds
    need_golden(path, ROUNDING.sub("rounding", VERSIONS.sub("", certificate.render(program))))
    undecided = any(verdict.status == "undecided" for verdict in certificate.verdicts)
    assert undecided == (path.parent.name == "undecided")
    for verdict in certificate.verdicts:
        if verdict.counterexample is not None:
            assert_reproduces(program, verdict.counterexample)


@pytest.mark.parametrize("path", [p for p in bad_files("symmetry") if p.parent.name == "undecided"], ids=topic_and_name)
def test_what_the_identity_test_says_of_them(path: Path) -> None:
    open_by_rules = {
        v.generator for v in check_equivariance(read_bad(path), rules_only=True).verdicts if v.status != "proven"
    }
    (found,) = (v for v in check_equivariance(read_bad(path)).verdicts if v.generator in open_by_rules)
    if path.stem in ("undecided-response-not-finite", "undecided-too-many-qubits"):
        assert found.status == "undecided"  # they are broken, and no number can be computed that shows it
        assert "as functions of all that is free, the responses differ" in found.note
    else:
        assert (found.status, found.rule, found.bits) == ("proven", "the identity test", 80)
