"""The commands on the page about repairs print what the page shows.

A program is the text block after the paragraph that names its file last. A line `...` stands for any lines. Numbers
are compared to six digits.
"""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

from qffc.cli import run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto-repair.md"
BLOCK = re.compile(r"^```(text|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LONG_NUMBER = re.compile(r"-?\d+\.\d{7,}")

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="needs the source tree")


def rounded(text: str) -> str:
    return re.sub(r" +", " ", LONG_NUMBER.sub(lambda found: f"{float(found[0]):.6f}", text))


def pattern(shown: str) -> str:
    """A regular expression for what is shown, in which lines `...` are any lines."""
    lines = [r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in rounded(shown).splitlines()]
    return "".join(lines)


def said_by(command: str) -> str:
    """What a command prints, results and talk in their order."""
    program, *arguments = shlex.split(command)
    assert program == "qffc"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        run(arguments)
    return printed.getvalue()


def test_the_page_shows_what_the_commands_print(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text(encoding="utf-8")
    commands = 0
    for block in BLOCK.finditer(page):
        kind, text = block.groups()
        if kind == "text":
            name = re.findall(r"`(\S+\.qffc)`", page[: block.start()])[-1]
            Path(name).write_text(text, encoding="utf-8")
            continue
        for entry in text.split("$ ")[1:]:
            command, _, shown = entry.partition("\n")
            said = rounded(said_by(command))
            assert re.fullmatch(pattern(shown), said), f"$ {command}\n{said}"
            commands += 1
    assert commands >= 7
