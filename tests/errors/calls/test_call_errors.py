"""What public functions say about what they are given."""

from pathlib import Path

import pytest
from bad_places import in_a_place
from golden import bad_files, need_golden, refusal, topic_and_name


@pytest.mark.parametrize("path", bad_files("calls", ".py"), ids=topic_and_name)
def test_golden_error(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_a_place(tmp_path, monkeypatch)
    program = compile(path.read_text(encoding="utf-8"), path.name, "exec")
    said = refusal(lambda: exec(program, {"__name__": path.stem}))
    need_golden(path, said.replace(str(tmp_path), "/here"))
