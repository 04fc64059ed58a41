"""The commands on the pages about repairs and about circuits of other packages print what the pages show.

A file is the text or TOML block after the paragraph that names it last; a circuit is one of those of
`tests/qffc/importing/circuits`, as its block says. A line `...` stands for any lines. Numbers are compared to six
digits.
"""

import contextlib
import io
import re
import shlex
import shutil
from pathlib import Path

import pytest

from qffc.cli import run

ROOT = Path(__file__).resolve().parents[2]
REPAIR, IMPORT = (ROOT / "docs" / f"howto-{word}.md" for word in ("repair", "import"))
CIRCUITS = ROOT / "tests" / "qffc" / "importing" / "circuits"
BLOCK = re.compile(r"^```(text|toml|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`(\S+\.(?:qffc|toml|qasm))`")
LONG_NUMBER = re.compile(r"-?\d+\.\d{7,}")

pytestmark = pytest.mark.skipif(not REPAIR.is_file(), reason="needs the source tree")


def sections() -> dict[str, str]:
    """The sections of the page about circuits that show commands, by title."""
    parts = re.split(r"^##+ ", IMPORT.read_text(encoding="utf-8"), flags=re.MULTILINE) if IMPORT.is_file() else []
    return {part.partition("\n")[0]: part for part in parts if "```console" in part}


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


def test_page_about_repairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert need_what_is_shown(REPAIR.read_text(encoding="utf-8")) >= 7


@pytest.mark.parametrize("title", sections())
def test_page_about_circuits(title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = sections()[title]
    for circuit in CIRCUITS.glob("*.qasm"):
        shutil.copy(circuit, tmp_path)
        if f" {circuit.name}" in section and "OPENQASM 3" in circuit.read_text(encoding="utf-8"):
            pytest.importorskip("openqasm3", reason="the extra 'qasm3'")
    monkeypatch.chdir(tmp_path)
    assert need_what_is_shown(section) >= 2


def test_page_about_circuits_has_five_of_others() -> None:
    assert len(sections()) >= 5
