"""What is said about circuits that cannot be imported, and about descriptions that do not fit them."""

import importlib.util
from pathlib import Path

import pytest
from golden import bad_files, need_golden, refusal, topic_and_name

from qffc.importing.files import import_file

HAS_QASM3 = importlib.util.find_spec("openqasm3") is not None


@pytest.mark.parametrize("path", bad_files("circuits", ".toml"), ids=topic_and_name)
def test_golden_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = path.with_suffix(".qasm")
    if not HAS_QASM3 and circuit.is_file() and "OPENQASM 3" in circuit.read_text(encoding="utf-8"):
        pytest.skip("needs openqasm3, of the extra 'qasm3'")
    monkeypatch.chdir(path.parent)
    need_golden(path, refusal(lambda: import_file(Path(path.name), {})))
