"""The titles on the page of messages are those of the code, and each is explained once."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "troubleshooting.md"
TITLED = {"error", "Diagnostic", "not_a", "_refusal", "_failed", "_damaged", "_diagnostic"}
"""Calls whose first argument, or ``title``, is the title of a message; the last one of ``_diagnostic``."""

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="needs the source tree")


def texts(node: ast.expr | None) -> Iterator[str]:
    """Patterns of the texts that an expression can be: both of a choice; what is filled in may be a word."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.escape(node.value)
    elif isinstance(node, ast.JoinedStr):
        parts = [re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+" for part in node.values]
        if sum(len(part) for part in parts) > 12:  # not a mere name
            yield "".join(parts)
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def titles() -> set[str]:
    found = set()
    for room in ("ir", "passes", "qffc"):
        for file in (ROOT / room).rglob("*.py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for constant in tree.body:  # titles that several places share have names
                if isinstance(constant, ast.Assign) and ast.unparse(constant.targets[0]).isupper():
                    found |= set(texts(constant.value))
            for call in ast.walk(tree):
                name = getattr(getattr(call, "func", None), "id", None)
                if not isinstance(call, ast.Call) or name not in TITLED:
                    continue
                named = [entry.value for entry in call.keywords if entry.arg == "title"]
                titled = call.args[-1:] if name == "_diagnostic" else call.args[:1]
                given = [title for node in (*titled, *named) for title in texts(node)]
                found |= {rf"not\ {title}" if name == "not_a" else title for title in given}
    return found


def explained() -> list[str]:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    return [title for row in rows for title in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


def test_every_title_on_the_page_is_one_of_the_code():
    known = titles()
    assert len(known) > 150
    every = re.compile("|".join(known))
    assert [title for title in explained() if not every.fullmatch(title)] == []


def test_every_title_is_explained_once():
    assert [title for title, count in Counter(explained()).items() if count > 1] == []
    assert len(explained()) >= 35


def test_what_users_meet_most_is_there():
    wanted = {
        "declared symmetry that is not proven",
        "unit not declared",
        "more frames asked for than there are",
        "periodic systems are not supported",
        "position that is not finite",
        "model in a forked process",
        "run above the limit of its price",
        "preferred two-qubit gate that the target does not have",
        "package that is not installed",
        "model without a certificate",
    }
    assert wanted <= set(explained())
