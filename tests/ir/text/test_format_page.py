"""``FORMAT.md`` says what the tables of operations and observables say.

After a change of a table: ``QFFC_REWRITE_PAGES=1 pytest tests/ir/text/test_format_page.py`` writes the page anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import qffc.ir
from qffc.ir.observables import OBSERVABLES, NamedObservable
from qffc.ir.ops import OPERATIONS
from qffc.ir.text.operation_grammar import ebnf_rules, observable_table, operation_table, usages

PAGE = Path(qffc.ir.__file__).parent / "FORMAT.md"

WRITTEN = {
    "operations": (r"(<!-- operations, from ops\.py -->\n).*?(\n<!-- end -->)", operation_table()),
    "observables": (r"(<!-- observables, from observables\.py -->\n).*?(\n<!-- end -->)", observable_table()),
    "grammar": (
        r"(\n)operation    = .*?(\nunordered    = )",
        [f"{'operation    =' if k == 0 else '             |'} {rule}" for k, rule in enumerate(ebnf_rules())],
    ),
}


@pytest.mark.parametrize("part", WRITTEN)
def test_the_page_has_the_tables(part: str) -> None:
    pattern, lines = WRITTEN[part]
    text = PAGE.read_text(encoding="utf-8")
    assert len(re.findall(pattern, text, re.DOTALL)) == 1
    wanted = re.sub(pattern, lambda match: match[1] + "\n".join(lines) + match[2], text, flags=re.DOTALL)
    if os.environ.get("QFFC_REWRITE_PAGES"):
        PAGE.write_text(wanted, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == wanted


def test_every_operation_and_observable_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for kind in OPERATIONS:
        said = kind.declaration
        assert f"| `{said.word} " in text
        assert said.unitary
        assert said.meaning
        assert usages()[said.word].startswith(f"{said.word} ")
    for named in OBSERVABLES:
        if issubclass(named, NamedObservable):
            assert f"| `{named.word}(" in text
