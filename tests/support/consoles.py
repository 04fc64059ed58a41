"""Commands as pages show them: what they print is compared, numbers to six digits; `...` stands for any lines."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

from qffc.cli import run

BLOCK = re.compile(r"^```(text|toml|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`(\S+\.(?:qffc|toml|qasm))`")
LONG_NUMBER = re.compile(r"-?\d+\.\d{7,}")


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


def need_what_is_shown(page: str) -> int:
    """Write the files of a page, run its commands; returns how many."""
    commands = 0
    for block in BLOCK.finditer(page):
        kind, text = block.groups()
        if kind == "console":
            for entry in text.split("$ ")[1:]:
                command, _, shown = entry.partition("\n")
                said = rounded(said_by(command))
                assert re.fullmatch(pattern(shown), said), f"$ {command}\n{said}"
                commands += 1
            continue
        if page[: block.start()].rstrip().endswith("```"):
            continue  # what the Python above it prints
        name = Path(NAMED.findall(page[: block.start()])[-1])
        if name.suffix == ".qasm":
            assert re.fullmatch(pattern(text), rounded(name.read_text(encoding="utf-8")))
        else:
            name.write_text(text, encoding="utf-8")
    return commands
