from __future__ import annotations

import pytest

from qffc.atomic_files import atomic_path, write_text


def test_errors_name_the_file_that_was_asked_for(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("old")
    with pytest.raises(IsADirectoryError) as caught:
        write_text(tmp_path / "folder", "new")
    assert caught.value.filename == str(tmp_path / "folder")
    with pytest.raises(NotADirectoryError) as caught:
        write_text(tmp_path / "file" / "below", "new")
    assert caught.value.filename == str(tmp_path / "file" / "below")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_failure_inside_leaves_the_old_file_alone(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def half() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        half()
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
