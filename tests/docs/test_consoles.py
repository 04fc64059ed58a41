"""The commands on the pages about repairs and about circuits of other packages print what the pages show.

A file is the text or TOML block after the paragraph that names it last; a circuit is one of those of
`tests/qffc/importing/circuits`, as its block says. A line `...` stands for any lines. Numbers are compared to six
digits.
"""

import re
import shutil
from pathlib import Path

import pytest
from consoles import need_what_is_shown

ROOT = Path(__file__).resolve().parents[2]
REPAIR, IMPORT = (ROOT / "docs" / f"howto-{word}.md" for word in ("repair", "import"))
CIRCUITS = ROOT / "tests" / "qffc" / "importing" / "circuits"

pytestmark = pytest.mark.skipif(not REPAIR.is_file(), reason="needs the source tree")


def sections() -> dict[str, str]:
    """The sections of the page about circuits that show commands, by title."""
    parts = re.split(r"^##+ ", IMPORT.read_text(encoding="utf-8"), flags=re.MULTILINE) if IMPORT.is_file() else []
    return {part.partition("\n")[0]: part for part in parts if "```console" in part}


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
