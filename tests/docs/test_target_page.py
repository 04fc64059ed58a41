"""The commands on the page about targets that show a device of others print what the page shows."""

import re
from pathlib import Path

import pytest
from consoles import need_what_is_shown

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto-targets.md"

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="needs the source tree")


def test_device_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pytket_pecos")
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (section,) = (each for each in sections if each.startswith("Other gates"))
    monkeypatch.chdir(tmp_path)
    assert need_what_is_shown(section) == 2
