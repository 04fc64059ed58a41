from __future__ import annotations

import errno
import json
import resource
import signal
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file

from qffc.ir.diagnostics import QffcError
from qffc.models.files.array_file import read_arrays, write_arrays

ARRAYS = {"a": np.arange(6.0).reshape(2, 3), "b": np.array(4, dtype=np.int32)}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "x.safetensors"
    write_arrays(path, "model", 1, ARRAYS, {"note": "hello"})
    return path


def test_arrays_and_texts_come_back(file):
    arrays, header = read_arrays(file, "model", 1)
    assert header["note"] == "hello"
    assert arrays.keys() == ARRAYS.keys()
    assert all(
        np.array_equal(arrays[name], value) and arrays[name].dtype == value.dtype for name, value in ARRAYS.items()
    )


@pytest.mark.parametrize("place", [-1, -20, -45])
def test_a_changed_byte_is_seen(file, place):
    content = bytearray(file.read_bytes())
    content[place] ^= 0x01
    file.write_bytes(content)
    with pytest.raises(QffcError, match=r"damaged model(.|\n)*checksum"):
        read_arrays(file, "model", 1)


@pytest.mark.parametrize("size", [0, 5, 200, -1])
def test_a_file_cut_short_is_seen(file, size):
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(QffcError, match="damaged model"):
        read_arrays(file, "model", 1)


@pytest.mark.parametrize(("kind", "version"), [("checkpoint", 1), ("model", 2)])
def test_another_kind_or_version_is_refused(file, kind, version):
    with pytest.raises(QffcError, match=f"not a {kind}"):
        read_arrays(file, kind, version)


NOTES = {f"note {k}": f"text {k} \u00b1" for k in range(20)}


def test_the_same_content_gives_the_same_bytes_in_every_process(tmp_path):
    code = (
        "import sys, numpy as np; from pathlib import Path; from qffc.models.files.array_file import write_arrays;"
        "write_arrays(Path(sys.argv[1]), 'model', 1, {'b': np.ones(3), 'a': np.arange(5, dtype=np.int32)},"
        " {f'note {k}': f'text {k} \u00b1' for k in range(20)})"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "there")], check=True)
    arrays = {"a": np.arange(5, dtype=np.int32), "b": np.ones(3)}
    for name, notes in (("here", NOTES), ("backwards", dict(reversed(NOTES.items())))):
        write_arrays(tmp_path / name, "model", 1, arrays, notes)
    here = (tmp_path / "here").read_bytes()
    assert here == (tmp_path / "backwards").read_bytes() == (tmp_path / "there").read_bytes()
    size = int.from_bytes(here[:8], "little")
    assert size % 8 == 0
    texts = json.loads(here[8 : 8 + size])["__metadata__"]
    assert list(texts) == sorted(texts)
    assert NOTES.items() <= texts.items()
    for name, value in load_file(tmp_path / "here").items():
        np.testing.assert_array_equal(value, arrays[name])


def test_a_full_disk_is_an_error_of_the_disk_and_leaves_the_old_file(file):
    before = file.read_bytes()
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match=f"{file.name}") as caught:
            write_arrays(file, "model", 1, {"a": np.zeros(1000)}, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.errno == errno.EFBIG
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]
