"""What is said about mistakes of an author, which points at the author's line."""

import linecache
from pathlib import Path

import pytest
from golden import bad_files, need_golden, refusal, topic_and_name


@pytest.mark.parametrize("path", bad_files("dsl", ".py"), ids=topic_and_name)
def test_golden_error(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    linecache.cache[path.name] = (len(source), None, source.splitlines(keepends=True), path.name)
    program = compile(source, path.name, "exec")
    said = refusal(lambda: exec(program, {"__name__": path.stem}))
    assert f"at:       {path.name}:" in said
    need_golden(path, said)
