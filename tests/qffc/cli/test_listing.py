"""The verb list, and help by either spelling."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from qffc.cli.app import VERBS
from qffc.library import load
from qffc.library.catalogue import describe, load_reference, programs

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference-cli.md"


@pytest.mark.parametrize("name", programs())
def test_every_option_of_a_program_is_shown_with_its_meaning(qffc, name):
    code, out, _ = qffc("list", f"lib:{name}")
    assert code == 0
    found = describe(name)
    assert found.about
    for option, default, about in found.options:
        assert f"{option}={default} " in out
        assert len(about) > 10, f"{name}: {option}"
    # A reference with every default is the program itself.
    reference = f"lib:{name}:" + ",".join(f"{option}={default}" for option, default, _ in found.options)
    assert load_reference(reference) == load(name)


def test_one_program_as_plain_data(qffc):
    code, out, _ = qffc("list", "pair", "--json")
    entry = json.loads(out)
    assert (code, entry["program"]) == (0, "pair")
    assert {"name": "depth", "default": "3", "about": "number of layers."} in entry["options"]
    code, out, _ = qffc("list", "trained:water", "--json")
    assert json.loads(out)["card"].startswith("# water")
    code, _, err = qffc("list", "pear")
    assert (code, "unknown library program" in err) == (2, True)


@pytest.mark.skipif(not PAGE.is_file(), reason="needs the source tree")
def test_the_page_shows_what_is_printed(qffc):
    shown = re.search(r"\$ qffc list all-pairs\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert shown is not None
    assert qffc("list", "all-pairs")[1] == shown[1]


@pytest.mark.parametrize("verb", [name for name, _ in VERBS])
def test_help_has_two_spellings(qffc, verb):
    short, long = qffc(verb, "-h"), qffc(verb, "--help")
    assert short == long
    assert short[0] == 0
    assert short[1].startswith("Usage: qffc")
