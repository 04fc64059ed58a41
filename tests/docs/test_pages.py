"""Links of the pages resolve, and the Python of tutorial, README and some others runs and prints what the pages say.

Blocks marked `python` run in order in one namespace; from the first that is marked `python slow` or trains on, they
need --slow, and trainings are cut to one epoch. A block marked `python norun` never runs. What a `text` block right
after a quick block says is compared, numbers to six digits.
"""

import contextlib
import importlib.util
import io
import linecache
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from suites import checks_of, failed

import qffc

ROOT = Path(__file__).resolve().parents[2]
TOP = [ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")]
PAGES = [path for path in (*sorted((ROOT / "docs").glob("*.md")), *TOP) if path.is_file()]
RUN = (
    "tutorial.md",
    "architecture.md",
    "gallery.md",
    "howto-cells.md",
    "howto-dynamics.md",
    "howto-engines.md",
    "howto-import.md",
    "howto-jax.md",
    "howto-pass.md",
    "howto-shots.md",
    "howto-test.md",
    "howto-train.md",
    "README.md",
)
RUNNABLE = [page for page in PAGES if page.name in RUN]

pytestmark = pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="needs the source tree")

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```python( slow| norun)?\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", re.MULTILINE | re.DOTALL)
IMPORT = re.compile(r"^ *from (qffc[\w.]*) import (\([^)]*\)|[^\n(#]+)", re.MULTILINE)
LONG_NUMBER = re.compile(r"-?\d+\.\d{7,}")


@dataclass(frozen=True)
class Block:
    """A piece of Python, with the output that the page gives for it."""

    code: str
    slow: bool
    output: str | None


def blocks(page: Path) -> Iterator[Block]:
    for mark, code, output in BLOCK.findall(page.read_text(encoding="utf-8")):
        if mark != " norun":
            yield Block(code, mark == " slow" or "qf.train(" in code, output or None)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def rounded(text: str) -> str:
    return LONG_NUMBER.sub(lambda found: f"{float(found[0]):.6f}", text).rstrip()


def run(page: Path, chosen: list[Block]) -> dict[str, object]:
    """Run blocks as if they were one file: lines count through, so that messages can name them. Returns their names."""
    namespace: dict[str, object] = {"__name__": page.stem}
    file, source = f"{page.stem}.py", ""
    for block in chosen:
        before, source = source.count("\n"), source + block.code
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        printed = io.StringIO()
        code = re.sub(r"\bepochs=\d+", "epochs=1", block.code)
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * before + code, file, "exec"), namespace)
        if block.output is not None and not block.slow:
            assert rounded(printed.getvalue()) == rounded(block.output)
    return namespace


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_resolve(page: Path) -> None:
    broken = []
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_index_leads_to_every_page(page: Path) -> None:
    if page.parent.name != "docs" or page.name == "index.md":
        return
    assert f"({page.name})" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [*PAGES, ROOT / "benchmarks" / "README.md"], ids=lambda page: page.name)
def test_names_of_qffc_are_there(page: Path) -> None:
    """Blocks that no test runs name what exists, too."""
    code = "\n".join(FENCE.findall(page.read_text(encoding="utf-8")))
    for module, names in IMPORT.findall(code):
        for name in names.strip("()").split(","):
            found = importlib.import_module(module)
            wanted = name.split(" as ")[0].strip()
            assert hasattr(found, wanted) or importlib.util.find_spec(f"{module}.{wanted}"), f"{module} has no {wanted}"
    for name in re.findall(r"\bqf\.(\w+)", code):
        assert hasattr(qffc, name), f"qffc has no {name}"


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.name)
def test_quick_blocks_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    every = list(blocks(page))
    first_slow = next((index for index, block in enumerate(every) if block.slow), len(every))
    run(page, every[:first_slow])


@pytest.mark.slow
@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.name)
def test_all_blocks_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    every = list(blocks(page))
    if any("estimate" in block.code for block in every):
        pytest.importorskip("pytket_pecos")
    monkeypatch.chdir(tmp_path)
    run(page, every)


def test_suites_of_the_page_pass() -> None:
    page = ROOT / "docs" / "howto-test.md"
    text = page.read_text(encoding="utf-8")
    names = run(page, list(blocks(page)))
    suites = [suite for name, suite in names.items() if name.startswith("Test") and isinstance(suite, type)]
    assert [suite.__mro__[1].__name__ for suite in suites] == ["AnsatzSuite", "PassSuite", "CalculatorSuite"]
    suites[1].max_examples = 5
    for suite in suites:
        assert failed(suite) == set()
        assert [check for check in checks_of(suite) if f"`{check}`" not in text] == []
