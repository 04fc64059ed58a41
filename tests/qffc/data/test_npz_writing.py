"""What is written to a file of NumPy is what is read again, published splits too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from npz_files import raw, save

from qffc.data import Dataset, load_embedded, read_npz, write_npz
from qffc.data.split import PublishedSplit
from qffc.ir.diagnostics import QffcError
from qffc.units import INTERNAL, Units


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "water.npz"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32), frames=st.integers(1, 4), atoms=st.integers(2, 5))
def test_write_and_read_are_inverse(tmp_path: Path, seed: int, frames: int, atoms: int) -> None:
    generator = np.random.default_rng(seed)
    grid = np.arange(atoms)[:, None] * np.array([1.0, 0.0, 0.0])
    dataset = Dataset(
        generator.integers(1, 119, atoms),
        grid + generator.uniform(-0.4, 0.4, (frames, atoms, 3)),
        generator.normal(size=frames),
        generator.normal(size=(frames, atoms, 3)),
        name="random",
        source=Units("Hartree", "Bohr"),
    )
    write_npz(dataset, tmp_path / "random_molecule.npz")
    again = read_npz(tmp_path / "random_molecule.npz")
    assert again.fingerprint == dataset.fingerprint
    assert (again.name, again.source) == ("random", INTERNAL)


def test_writing_replaces_whole_files_and_leaves_nothing_else(path: Path) -> None:
    path.write_text("old")
    write_npz(load_embedded("ammonia"), path)
    assert read_npz(path).symbols[0] == "N"
    assert [file.name for file in path.parent.iterdir()] == ["water.npz"]
    with np.load(path) as archive:
        assert str(archive["converted_from"]) == "kcal/mol, Angstrom, kcal/mol/Angstrom"


def test_an_interrupted_write_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text("old")

    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(OSError, match="disk full"):
        write_npz(load_embedded("ammonia"), path)
    assert path.read_text() == "old"
    assert [file.name for file in path.parent.iterdir()] == ["water.npz"]


def test_writing_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QffcError, match=r"not a name for an npz file(.|\n)*'.xyz'"):
        write_npz(load_embedded("water"), tmp_path / "water.xyz")
    with pytest.raises(QffcError, match=r"no such folder(.|\n)*missing"):
        write_npz(load_embedded("water"), tmp_path / "missing" / "water.npz")


def test_published_splits_come_along(path: Path) -> None:
    arrays = raw(6)
    dataset = read_npz(save(path, arrays, train_idx=[[4, 0], [1, 2]], test_idx=[[5], [0]]), units="rmd17")
    split = dataset.published_split(2, train=2, validation=1)
    assert (split.train, split.test) == ((1, 2), (0,))
    assert set(split.validation) <= {3, 4, 5}
    assert dataset.subset([0, 1]).published == ()
    with pytest.raises(QffcError, match="1 to 2"):
        dataset.published_split(3, train=1)
    with pytest.raises(QffcError, match="train_idx"):
        load_embedded("water").published_split(1, train=1)


def test_splits_that_cannot_be_read_are_refused(path: Path) -> None:
    with pytest.raises(QffcError, match="splits that cannot be read"):
        read_npz(save(path, raw(), train_idx=[0, 1], test_idx=[2]), units="rmd17")


def test_published_splits_are_written_along(path: Path) -> None:
    arrays = raw(6)
    first = read_npz(save(path, arrays, train_idx=[[4, 0], [1, 2]], test_idx=[[5], [0]]), units="rmd17")
    write_npz(first, path)
    again = read_npz(path)
    assert again.published == first.published
    assert again.fingerprint == first.fingerprint
    uneven = replace(first, published=(first.published[0], PublishedSplit((1,), (2, 3))))
    with pytest.raises(QffcError, match=r"splits that cannot be written(.|\n)*2 \+ 1, 1 \+ 2"):
        write_npz(uneven, path)
    assert read_npz(path).published == first.published


@pytest.mark.parametrize("key", ["train_idx", "test_idx"])
def test_half_of_a_published_split_is_refused(path: Path, key: str) -> None:
    with pytest.raises(QffcError, match=f"half of a published split(.|\n)*'{key}' alone"):
        read_npz(save(path, raw(), **{key: [[0, 1]]}), units="rmd17")
