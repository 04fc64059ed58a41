"""What is said about target files that fit no target."""

from pathlib import Path

import pytest
from golden import bad_files, need_golden, refusal, topic_and_name

from qffc.targets.catalogue import target


@pytest.mark.parametrize("path", bad_files("targets", ".toml"), ids=topic_and_name)
def test_golden_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    need_golden(path, refusal(lambda: target(path.name)))
