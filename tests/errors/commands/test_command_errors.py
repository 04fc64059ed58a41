"""What the command says where options do not fit together, or name what is not there."""

import shlex
from pathlib import Path

import pytest
from bad_places import in_a_place
from golden import bad_files, need_golden, topic_and_name

from qffc.cli import run


@pytest.mark.parametrize("path", bad_files("commands", ".sh"), ids=topic_and_name)
def test_golden_error(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_a_place(tmp_path, monkeypatch)
    command, *words = shlex.split(path.read_text(encoding="utf-8"), comments=True)
    assert command == "qffc"
    assert run(words) == 2
    said, errors = capsys.readouterr()
    assert said == ""
    need_golden(path, errors.replace(str(tmp_path), "/here"))
