from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.ir.diagnostics import QffcError
from qffc.ir.elements import SYMBOLS
from qffc.units import Units


def ozone(**changes: object) -> Dataset:
    """Four frames of three oxygen atoms, with some arguments changed."""
    generator = np.random.default_rng(0)
    line = np.array([[0.0, 0.0, 0.0], [1.3, 0.0, 0.0], [0.0, 1.3, 0.0]])
    arguments: dict[str, object] = {
        "numbers": np.array([8, 8, 8]),
        "positions": line + 0.05 * generator.normal(size=(4, 3, 3)),
        "energies": generator.normal(size=4) - 6100.0,
        "forces": generator.normal(size=(4, 3, 3)),
    }
    return Dataset(**{**arguments, **changes})  # type: ignore[arg-type]  # wrong types are among the tests


def changed(array: NDArray[np.float64], index: tuple[int, ...], value: float) -> NDArray[np.float64]:
    copy = array.copy()
    copy[index] = value
    return copy


def test_contents_are_copied_and_read_only() -> None:
    energies = np.arange(4.0)
    dataset = ozone(energies=energies)
    energies[0] = 99.0
    assert dataset.energies[0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        dataset.positions[0, 0, 0] = 1.0


def test_dtypes_are_normalised() -> None:
    dataset = ozone(numbers=np.array([8, 8, 8], dtype=np.uint8), forces=np.ones((4, 3, 3), dtype=np.float32))
    assert dataset.numbers.dtype == np.int64
    assert dataset.forces.dtype == np.float64


def test_descriptions() -> None:
    dataset = ozone(numbers=np.array([8, 1, 1]), name="bent")
    assert dataset.symbols == ("O", "H", "H")
    assert len(dataset) == 4
    assert repr(dataset) == "Dataset('bent', OH2, 4 frames)"


def test_element_symbols_agree_with_ase() -> None:
    ase_data = pytest.importorskip("ase.data")
    assert tuple(ase_data.chemical_symbols[1:]) == SYMBOLS


def test_wrong_shapes_are_refused() -> None:
    whole = ozone()
    with pytest.raises(QffcError, match=r"wrong shape(.|\n)*positions(.|\n)*\(4, 9\)(.|\n)*\(n, 3, 3\)"):
        ozone(positions=whole.positions.reshape(4, 9))
    with pytest.raises(QffcError, match=r"wrong shape(.|\n)*energies(.|\n)*\(3,\)(.|\n)*\(4,\)"):
        ozone(energies=whole.energies[:3])
    with pytest.raises(QffcError, match=r"wrong shape(.|\n)*forces(.|\n)*\(4, 2, 3\)"):
        ozone(forces=whole.forces[:, :2])
    with pytest.raises(QffcError, match=r"wrong shape(.|\n)*positions"):
        ozone(numbers=np.array([8, 8]))
    with pytest.raises(QffcError, match=r"wrong shape(.|\n)*numbers"):
        ozone(numbers=np.full((4, 3, 1), 8))
    with pytest.raises(QffcError, match=r"wrong shape(.|\n)*numbers of 3 frames(.|\n)*each of the 4 frames"):
        ozone(numbers=np.full((3, 3), 8))
    assert ozone(numbers=np.full((4, 3), 8)).fingerprint == whole.fingerprint
    with pytest.raises(QffcError, match=r"wrong shape(.|\n)*at least one frame"):
        ozone(positions=np.zeros((0, 3, 3)), energies=np.zeros(0), forces=np.zeros((0, 3, 3)))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite_is_refused_with_its_place(bad: float) -> None:
    whole = ozone()
    with pytest.raises(QffcError, match=r"forces, frame 2, atom 1, z(.|\n)*(nan|inf)"):
        ozone(forces=changed(whole.forces, (2, 1, 2), bad))
    with pytest.raises(QffcError, match="positions, frame 0, atom 2, x"):
        ozone(positions=changed(whole.positions, (0, 2, 0), bad))
    with pytest.raises(QffcError, match="energies, frame 3"):
        ozone(energies=changed(whole.energies, (3,), bad))


@pytest.mark.parametrize("number", [0, -1, 119])
def test_atomic_numbers_are_those_of_elements(number: int) -> None:
    with pytest.raises(QffcError, match=rf"no such element(.|\n)*atom 1(.|\n)*atomic number {number}\n(.|\n)*1 to 118"):
        ozone(numbers=np.array([8, number, 8]))


def test_atomic_numbers_are_integers() -> None:
    with pytest.raises(QffcError, match="atomic numbers are not integers"):
        ozone(numbers=np.array([8.0, 8.0, 8.0]))


def test_text_is_no_energy() -> None:
    with pytest.raises(QffcError, match=r"not real numbers(.|\n)*energies"):
        ozone(energies=np.array(["a", "b", "c", "d"]))


def test_atoms_at_the_same_place_are_named() -> None:
    positions = ozone().positions.copy()
    positions[1, 2] = positions[1, 0] + np.array([0.05, 0.0, 0.0])
    with pytest.raises(QffcError, match=r"frame 1, atoms 0 and 2(.|\n)*0.05 Angstrom(.|\n)*at least 0.1"):
        ozone(positions=positions)


def test_subset_keeps_order_and_source() -> None:
    dataset = ozone(name="ozone", source=Units("Hartree", "Bohr"))
    part = dataset.subset((3, 1))
    np.testing.assert_array_equal(part.energies, dataset.energies[[3, 1]])
    np.testing.assert_array_equal(part.forces, dataset.forces[[3, 1]])
    assert (part.name, part.source) == (dataset.name, dataset.source)


@pytest.mark.parametrize(("index", "found"), [(4, "index 4"), (-1, "index -1")])
def test_subset_refuses_frames_that_are_not_there(index: int, found: str) -> None:
    with pytest.raises(QffcError, match=rf"no such frame(.|\n)*{found}(.|\n)*0 to 3"):
        ozone().subset([0, index])


def test_subset_refuses_no_frames() -> None:
    with pytest.raises(QffcError, match="no frames chosen"):
        ozone().subset(())
    with pytest.raises(QffcError, match="no frames chosen"):
        ozone().subset([0.5])  # type: ignore[list-item]  # the mistake under test


def test_fingerprint_does_not_depend_on_dtype_name_or_units() -> None:
    dataset = ozone()
    same = ozone(numbers=np.array([8, 8, 8], dtype=np.uint8), name="other", source=Units("Hartree", "Bohr"))
    assert len(dataset.fingerprint) == 64
    assert same.fingerprint == dataset.fingerprint


def test_fingerprint_counts_minus_zero_as_zero() -> None:
    assert ozone(energies=np.zeros(4)).fingerprint == ozone(energies=-np.zeros(4)).fingerprint


@given(data=st.data())
def test_fingerprint_changes_with_any_number(data: st.DataObject) -> None:
    dataset = ozone()
    role = data.draw(st.sampled_from(["positions", "energies", "forces"]))
    array: NDArray[np.float64] = getattr(dataset, role)
    index = data.draw(st.tuples(*(st.integers(0, size - 1) for size in array.shape)))
    other = ozone(**{role: changed(array, index, float(np.nextafter(array[index], np.inf)))})
    assert other.fingerprint != dataset.fingerprint


def test_fingerprint_changes_with_atoms_and_order() -> None:
    dataset = ozone()
    assert ozone(numbers=np.array([8, 8, 16])).fingerprint != dataset.fingerprint
    assert dataset.subset([1, 0, 2, 3]).fingerprint != dataset.fingerprint
    assert dataset.subset([0, 1, 2]).fingerprint != dataset.fingerprint
