"""What the pass ``symmetrize`` says about programs that are beyond repair."""

from pathlib import Path

import pytest
from golden import bad_files, need_golden, read_bad, refusal, topic_and_name

from qffc.passes.symmetrize.repair import Symmetrize
from qffc.targets.catalogue import target


@pytest.mark.parametrize("path", bad_files("symmetrize"), ids=topic_and_name)
def test_golden_refusal(path: Path) -> None:
    program = read_bad(path)
    need_golden(path, refusal(lambda: Symmetrize().run(program, target("ideal"))))
