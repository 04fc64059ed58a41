"""Thousands of damaged inputs for every reader: each is read, or refused by a diagnostic.

The same readers are fuzzed for longer, guided by coverage, by `python -m benchmarks.fuzz`.
"""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("benchmarks.fuzz", reason="needs the source tree on the path: python -m pytest")

from benchmarks.fuzz.mutate import damaged
from benchmarks.fuzz.readers import READERS
from qffc.data.npz import read_npz
from qffc.ir.diagnostics import QffcError

COUNTS = {"program": 120, "value": 500}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", READERS)
def test_damage_is_refused_or_read(name, tmp_path):
    reader, refused = READERS[name], 0
    seeds = reader.seeds()
    for seed in seeds:
        reader.read(seed, tmp_path)
    count = COUNTS.get(name, 250)
    for content in damaged(seeds, count, seed=3):
        try:
            reader.read(content, tmp_path)
        except reader.allowed:
            refused += 1
    assert name == "qffc-verify" or count // 3 < refused < count  # changes matter, and some leave it valid


def test_what_an_npz_may_hold_besides_arrays(tmp_path):
    parts = READERS["npz"].seeds()[0]
    for there, instead in ((b"@@@R\n\x93NUMPY", b"@@@R\n"), (b"@@@units_energy\n\x93NUMPY", b"@@@units_energy\n")):
        with pytest.raises(QffcError, match="bytes that are no array"):
            READERS["npz"].read(parts.replace(there, instead), tmp_path)


@pytest.mark.parametrize("code", [0xD800, 0x110000])
def test_texts_of_an_npz_are_characters(tmp_path, code):
    no_text = np.array([code], dtype=np.uint32).view("<U1")
    np.savez(tmp_path / "b.npz", z=[1], R=np.zeros((1, 1, 3)), E=[0.0], F=np.zeros((1, 1, 3)), units_energy=no_text)
    with pytest.raises(QffcError, match="characters that do not exist"):
        read_npz(tmp_path / "b.npz")
