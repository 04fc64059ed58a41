from __future__ import annotations

import numpy as np
import pytest

from qffc.ir.diagnostics import QffcError
from qffc.models.array_file import read_arrays, write_arrays

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
