"""Golden texts and bad files come in pairs, and a name means one of them whatever its topic."""

import pytest
from golden import ERRORS, bad_files

ROOMS = {
    "text": ".qffc",
    "dsl": ".py",
    "symmetry": ".qffc",
    "symmetrize": ".qffc",
    "circuits": ".toml",
    "targets": ".toml",
    "commands": ".sh",
    "calls": ".py",
}


def test_every_room_is_known() -> None:
    assert {path.name for path in ERRORS.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_every_golden_text_has_its_bad_file(room: str) -> None:
    bad = bad_files(room, ROOMS[room])
    assert len(bad) > 10
    assert sorted((ERRORS / room).rglob("*.txt")) == sorted(path.with_suffix(".txt") for path in bad)
    assert len({path.name for path in bad}) == len(bad)
