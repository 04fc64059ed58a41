"""Each mistake of an author has one bad program and the message that it gets, which points at the author's line."""

import linecache
from pathlib import Path

import pytest

from qffc.ir.diagnostics import QffcError

FOLDER = Path(__file__).resolve().parents[2] / "errors_dsl"
PROGRAMS = sorted(FOLDER.glob("*.py"))


def message(path: Path) -> str:
    """The message that running a file ends in, with the bare name of the file."""
    source = path.read_text()
    linecache.cache[path.name] = (len(source), None, source.splitlines(keepends=True), path.name)
    with pytest.raises(QffcError) as caught:
        exec(compile(source, path.name, "exec"), {"__name__": path.stem})
    return f"{caught.value}\n"


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_message(path: Path) -> None:
    assert message(path) == path.with_suffix(".txt").read_text()


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_message_points_at_the_author(path: Path) -> None:
    assert f"at:       {path.name}:" in message(path)


def test_every_text_has_a_program() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in PROGRAMS}
