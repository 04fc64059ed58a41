"""Golden refusals: every NAME.qffc is broken in one way, NAME.txt what ``qffc check`` says about it.

After a message was changed on purpose: ``QFFC_REWRITE_ERRORS=1 pytest tests/errors_symmetry``, then read the
difference.
"""

import os
import re
from pathlib import Path

import pytest
from verdicts import assert_reproduces

from qffc.ir import parse_program
from qffc.ir.program import Program
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.check import check_equivariance

FOLDER = Path(__file__).resolve().parent
CASES = sorted(path.stem for path in FOLDER.glob("*.qffc"))
VERSIONS = re.compile(r"^  (digest|checked): .*\n", re.MULTILINE)
# Responses are printed to six digits, which machines agree on. Not so deviations that are rounding alone.
ROUNDING = re.compile(r"(?<=random points: )(0|\S+e-1[0-9])$", re.MULTILINE)


def check(name: str) -> tuple[Program, Certificate]:
    program = parse_program((FOLDER / f"{name}.qffc").read_text(encoding="utf-8"), f"{name}.qffc")
    return program, check_equivariance(program)


@pytest.mark.parametrize("name", CASES)
def test_golden_refusal(name: str) -> None:
    program, certificate = check(name)
    assert not certificate.holds
    said = ROUNDING.sub("rounding", VERSIONS.sub("", certificate.render(program)))
    golden = FOLDER / f"{name}.txt"
    if os.environ.get("QFFC_REWRITE_ERRORS"):
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")
    undecided = any(verdict.status == "undecided" for verdict in certificate.verdicts)
    assert undecided == name.startswith("undecided-")
    for verdict in certificate.verdicts:
        if verdict.counterexample is not None:
            assert_reproduces(program, verdict.counterexample)


def test_every_golden_text_has_its_program() -> None:
    texts = sorted(path.stem for path in FOLDER.glob("*.txt"))
    assert texts == CASES
    assert len(CASES) >= 40
