"""The page about passes: its pass works from a file, as a package, and in its suite."""

import re
from pathlib import Path

import pytest
from consoles import need_what_is_shown
from suites import failed

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto-pass.md"
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
TOML = re.compile(r"^```toml\n(.*?)^```\n", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="needs the source tree")


def test_commands_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = PAGE.read_text(encoding="utf-8")
    step, program = PYTHON.findall(page)[:2]
    (tmp_path / "join.py").write_text(step)
    (tmp_path / "bond.py").write_text(program)
    announced = TOML.search(page)[1].replace('project.entry-points."qffc.passes"', "qffc.passes").replace('"', "")
    (tmp_path / "qffc_join-1.0.dist-info").mkdir()
    (tmp_path / "qffc_join-1.0.dist-info" / "entry_points.txt").write_text(announced)
    (tmp_path / "qffc_join-1.0.dist-info" / "METADATA").write_text("Name: qffc-join\nVersion: 1.0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    assert need_what_is_shown(TOML.sub("", page)) == 2


def test_suite_of_the_page_passes() -> None:
    names: dict[str, object] = {"__name__": "howto"}
    for code in (block for block in PYTHON.findall(PAGE.read_text(encoding="utf-8")) if "register" not in block):
        exec(code, names)
    suite = names["TestJoinExchanges"]
    suite.max_examples = 5
    assert failed(suite) == set()
