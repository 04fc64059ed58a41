"""Golden refusals of the pass ``symmetrize``: every NAME.qffc is beyond repair, NAME.txt what the pass says about it.

After a message was changed on purpose: ``QFFC_REWRITE_ERRORS=1 pytest tests/errors_symmetrize``, then read the
difference.
"""

import os
from pathlib import Path

import pytest

from qffc.ir import QffcError, parse_program
from qffc.passes.symmetrize.repair import Symmetrize
from qffc.targets.catalogue import target

FOLDER = Path(__file__).resolve().parent
CASES = sorted(path.stem for path in FOLDER.glob("*.qffc"))


@pytest.mark.parametrize("name", CASES)
def test_golden_refusal(name: str) -> None:
    program = parse_program((FOLDER / f"{name}.qffc").read_text(encoding="utf-8"), f"{name}.qffc")
    with pytest.raises(QffcError) as caught:
        Symmetrize().run(program, target("ideal"))
    said = caught.value.diagnostic.render() + "\n"
    golden = FOLDER / f"{name}.txt"
    if os.environ.get("QFFC_REWRITE_ERRORS"):
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")


def test_every_golden_text_has_its_program() -> None:
    texts = sorted(path.stem for path in FOLDER.glob("*.txt"))
    assert texts == CASES
