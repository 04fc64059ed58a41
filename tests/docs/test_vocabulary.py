"""A search for a word of the vocabulary finds the file that the page names, whatever folder that is in."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "vocabulary.md"
FOLDERS = ("ir", "passes", "qffc", "benchmarks")  # qffc/ir and qffc/passes are links, which rglob does not follow

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="needs the source tree")


def entries(page: str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The words of each row of the tables, and the names of its files."""
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")]
    return [
        (tuple(words.strip().split(", ")), tuple(re.findall(r"`(\S+\.\w+)`", files)))
        for words, _, files in rows
        if words.strip() != "the field says"
    ]


def files_by_name() -> dict[str, list[Path]]:
    found = defaultdict(list)
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            found[path.name].append(path)
    return found


def holds(path: Path, word: str) -> bool:
    """Whether a search finds the word, or its plural, on a line of the file, as a word and in letters of any size."""
    return bool(re.search(rf"(?<!\w){re.escape(word)}s?(?!\w)", path.read_text(encoding="utf-8"), re.IGNORECASE))


def missing(page: str) -> list[str]:
    known = files_by_name()
    return [
        f"{word}: {name}"
        for words, names in entries(page)
        for name in names
        for word in words
        if not any(holds(path, word) for path in known[name])
    ]


def test_every_word_is_found_where_the_page_says() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(entries(page)) > 50
    assert all(words and names for words, names in entries(page))
    assert missing(page) == []


def test_no_word_is_explained_twice() -> None:
    words = [word.lower() for row, _ in entries(PAGE.read_text(encoding="utf-8")) for word in row]
    assert len(words) == len(set(words))


def test_what_is_not_there_is_missed() -> None:
    page = "| the field says | | where |\n| twirling, warp drive | | `twirl.py` |\n| ZBL | | `gone.py` |\n"
    assert missing(page) == ["warp drive: twirl.py", "ZBL: gone.py"]
