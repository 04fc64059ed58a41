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
    certificate = check_equivariance(program)
    assert not certificate.holds
    need_golden(path, ROUNDING.sub("rounding", VERSIONS.sub("", certificate.render(program))))
    undecided = any(verdict.status == "undecided" for verdict in certificate.verdicts)
    assert undecided == (path.parent.name == "undecided")
    for verdict in certificate.verdicts:
        if verdict.counterexample is not None:
            assert_reproduces(program, verdict.counterexample)
