"""The site has every page and every public name, and pages of GitHub's Markdown are read as they are meant."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "docs" / "site" / "site_pages.py"

pytestmark = pytest.mark.skipif(not SOURCE.is_file(), reason="needs the source tree")


@pytest.fixture(scope="module")
def site() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("site_pages", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def entries(nav: list[dict[str, list[str]]]) -> list[str]:
    return [page for group in nav for pages in group.values() for page in pages]


def test_navigation_has_every_page_once(site: ModuleType) -> None:
    listed = entries(site.nav())
    assert len(listed) == len(set(listed))
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} <= set(listed)
    assert {"README.md", "CONTRIBUTING.md", "benchmarks/README.md", "ir/FORMAT.md", "docs/tour.md"} <= set(listed)


def test_new_pages_appear_by_themselves(site: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "README.md").write_text("# Name\n")
    (tmp_path / "docs" / "howto-fly.md").write_text("# How to fly\n[far](../other/far.md#part), `[not](absent.md)`\n")
    (tmp_path / "docs" / "wings.md").write_text("# Wings\n```text\n[code](../README.md)\n```\n")
    (tmp_path / "other" / "far.md").write_text("# Far\n")
    assert site.nav(tmp_path) == [
        {"Start": ["README.md"]},
        {"How to": ["docs/howto-fly.md"]},
        {"Reference": ["docs/wings.md"]},
        {"Project": ["other/far.md"]},
    ]


def test_reference_has_every_public_name(site: ModuleType) -> None:
    """Tables and imports are read, not run; here they are compared with what running them gives."""
    packages = site.public_packages()
    assert {"qffc", "qffc.data", "qffc.ir", "qffc.testing"} <= packages.keys()
    for package, names in packages.items():
        assert {*names, "__version__"} == {*importlib.import_module(package).__all__, "__version__"}
    data = importlib.import_module("qffc.data")
    for name, home in packages["qffc.data"].items():
        assert getattr(importlib.import_module(home), name) is getattr(data, name)


def test_pages_are_read_as_on_github(site: ModuleType) -> None:
    page = "Said\n- one\n  - two\n\n```python norun\na\n- b\n```\n| `on\\|off` | \\|0> |\n[tour](tour.ipynb)\n"
    assert site.as_python_markdown(page) == (
        "Said\n\n- one\n    - two\n\n```python\na\n- b\n```\n| `on|off` | \\|0> |\n[tour](tour.md)\n"
    )
