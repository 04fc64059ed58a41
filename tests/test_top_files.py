"""The standard files at the top of the tree say the same as pyproject.toml and the Makefile."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = ("CHANGELOG.md", "CITATION.cff", ".pre-commit-config.yaml", "Makefile")

pytestmark = pytest.mark.skipif(not all((ROOT / name).is_file() for name in FILES), reason="needs the source tree")
yaml = pytest.importorskip("yaml", reason="comes with the extra 'cluster'")

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def read_yaml(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_citation_is_of_this_version() -> None:
    citation = read_yaml("CITATION.cff")
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])
    assert citation["authors"] == PROJECT["authors"]
    assert citation["keywords"] == PROJECT["keywords"]


def test_citation_has_what_the_format_asks_for() -> None:
    """Required keys of version 1.2.0; versions and issues are texts, of which YAML would make numbers."""
    citation = read_yaml("CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= citation.keys()
    assert isinstance(citation["version"], str)
    for work in citation["references"]:
        assert {"type", "title", "authors"} <= work.keys()
        assert all(isinstance(work[key], str) for key in ("issue", "start") if key in work)


def test_cited_works_are_those_that_the_library_names() -> None:
    cited = {each["value"] for work in read_yaml("CITATION.cff")["references"] for each in work["identifiers"]}
    named = {
        number
        for path in (ROOT / "qffc" / "library").rglob("*.py")
        for number in re.findall(r"arXiv:\d{4}\.\d{5}", path.read_text(encoding="utf-8"))
    }
    assert cited == named


def test_changelog_begins_with_this_version() -> None:
    headings = re.findall(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == PROJECT["version"]


def test_hooks_are_the_steps_of_lint() -> None:
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    steps = {line.strip().removeprefix("$(BIN)/").removesuffix(" .") for line in recipe[1].splitlines()}
    (source,) = read_yaml(".pre-commit-config.yaml")["repos"]
    hooks = {hook["entry"].removeprefix(".venv/bin/").removesuffix(" --force-exclude") for hook in source["hooks"]}
    assert hooks == steps
    assert {hook["language"] for hook in source["hooks"]} == {"system"}
