"""The commands on the page about data print what the page shows."""

from pathlib import Path

import pytest
from consoles import need_what_is_shown

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto-data.md"

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="needs the source tree")


def test_page_about_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text(encoding="utf-8")
    assert need_what_is_shown(page.replace("```toml", "```ini")) >= 7
