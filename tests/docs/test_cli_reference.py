"""The page about the command line names every verb and every long option of each, in the section of the verb."""

import re
from pathlib import Path

import pytest
import typer

from qffc.cli.about import SUMMARIES
from qffc.cli.app import VERBS, build, load_verb

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference-cli.md"

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="needs the source tree")


def sections() -> dict[str, str]:
    """Text of each second-level section, by every verb in its heading."""
    found = {}
    for part in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        found |= dict.fromkeys(heading.split(", "), text)
    return found


def commands(verb: str) -> dict[str, list[str]]:
    """Long options of a verb, or of each command of a group."""
    command = load_verb(verb)
    inner = getattr(command, "commands", None)
    several = {verb: command} if inner is None else {f"{verb} {name}": entry for name, entry in inner.items()}
    return {
        name: [
            option
            for entry in each.params
            for option in (*entry.opts, *entry.secondary_opts)
            if option.startswith("--")
        ]
        for name, each in several.items()
    }


@pytest.mark.parametrize("verb", [name for name, _ in VERBS])
def test_section_names_every_option(verb: str) -> None:
    text = sections()[verb]
    for command, options in commands(verb).items():
        assert f"qffc {command}" in text
        missing = [option for option in options if not re.search(rf"{option}(?![\w-])", text)]
        assert not missing, command


@pytest.mark.parametrize("verb", [name for name, _ in VERBS])
def test_section_names_no_option_that_is_not_there(verb: str) -> None:
    page = "\n".join(row for row in sections()[verb].splitlines() if row.startswith("|"))
    known = {option for options in commands(verb).values() for option in options}
    assert set(re.findall(r"--[a-z][a-z0-9-]+", page)) <= known


def test_table_lists_the_verbs_in_order() -> None:
    listed = re.findall(r"^\| \[`(\w+)`\][^|]*\| ([^|]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name, _ in listed] == [name for name, _ in VERBS]
    assert dict(listed) == SUMMARIES, "what `qffc --help` says of a verb, in qffc/cli/about.py, is what this page says"


def test_options_of_the_command_itself() -> None:
    group = build()
    assert isinstance(group, typer.core.TyperGroup)
    assert all(option in PAGE.read_text(encoding="utf-8") for entry in group.params for option in entry.opts)
