"""Golden errors: every NAME.qffc is a bad program, NAME.txt what qffc says about it.

After a message was changed on purpose: ``QFFC_REWRITE_ERRORS=1 pytest tests/errors``, then read the difference.
"""

import os
from pathlib import Path

import pytest

from qffc.ir import QffcError, parse_program

FOLDER = Path(__file__).resolve().parent
CASES = sorted(path.stem for path in FOLDER.glob("*.qffc"))


@pytest.mark.parametrize("name", CASES)
def test_golden_error(name: str) -> None:
    text = (FOLDER / f"{name}.qffc").read_text(encoding="utf-8")
    with pytest.raises(QffcError) as caught:
        parse_program(text, f"{name}.qffc")
    said = caught.value.diagnostic.render() + "\n"
    golden = FOLDER / f"{name}.txt"
    if os.environ.get("QFFC_REWRITE_ERRORS"):
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")


def test_every_golden_text_has_its_program() -> None:
    texts = sorted(path.stem for path in FOLDER.glob("*.txt"))
    assert texts == CASES
