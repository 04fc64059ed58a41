"""What is said about programs that cannot be read, or are not valid."""

from pathlib import Path

import pytest
from golden import bad_files, need_golden, read_bad, refusal, topic_and_name


@pytest.mark.parametrize("path", bad_files("text"), ids=topic_and_name)
def test_golden_error(path: Path) -> None:
    need_golden(path, refusal(lambda: read_bad(path)))
