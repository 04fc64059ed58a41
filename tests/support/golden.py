"""Golden texts: beside a bad NAME.qffc or NAME.py stands NAME.txt, what qffc says about it.

After a message was changed on purpose: ``QFFC_REWRITE_ERRORS=1 pytest tests/errors``, then read the difference.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from qffc.ir.diagnostics import QffcError
from qffc.ir.program import Program
from qffc.ir.text.parser import parse_program

ERRORS = Path(__file__).resolve().parents[1] / "errors"


def bad_files(room: str, ending: str = ".qffc") -> list[Path]:
    """The bad files of a room, of all its topics."""
    return sorted(path for path in (ERRORS / room).rglob(f"*{ending}") if not path.name.startswith("test_"))


def topic_and_name(path: Path) -> str:
    """What a bad file is called in a list of tests."""
    return f"{path.parent.name}/{path.stem}"


def read_bad(path: Path) -> Program:
    """The program of a file, which messages call by its bare name."""
    return parse_program(path.read_text(encoding="utf-8"), path.name)


def refusal(call: Callable[[], object]) -> str:
    """What a call is refused with."""
    with pytest.raises(QffcError) as caught:
        call()
    return caught.value.diagnostic.render() + "\n"


def need_golden(path: Path, said: str) -> None:
    """Compare with the text beside a bad file, or write that anew."""
    golden = path.with_suffix(".txt")
    if os.environ.get("QFFC_REWRITE_ERRORS"):
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")
