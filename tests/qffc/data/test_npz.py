from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from npz_files import raw, save
from numpy.typing import ArrayLike, NDArray

from qffc.data import load_embedded, read_npz, write_npz
from qffc.ir.diagnostics import QffcError
from qffc.units import INTERNAL, Units, energy_from_ev, force_from_ev_per_angstrom, length_to_angstrom


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "water.npz"


def without(arrays: dict[str, NDArray[np.float64]], key: str) -> dict[str, NDArray[np.float64]]:
    return {name: array for name, array in arrays.items() if name != key}


def test_rmd17_layout(path: Path) -> None:
    dataset = read_npz(save(path, raw(), old_energies=np.zeros(3)), units="rmd17")
    water = load_embedded("water")
    np.testing.assert_allclose(dataset.energies, water.energies[:3], rtol=1e-14)
    np.testing.assert_allclose(dataset.forces, water.forces[:3], rtol=1e-14)
    np.testing.assert_array_equal(dataset.positions, water.positions[:3])
    assert dataset.source == Units("kcal/mol", "Angstrom")
    assert dataset.name == "water"


def test_sgdml_layout_with_a_column_of_energies(path: Path) -> None:
    arrays = raw()
    renamed = {"z": arrays["nuclear_charges"], "R": arrays["coords"], "F": arrays["forces"]}
    dataset = read_npz(save(path, renamed, E=arrays["energies"].reshape(-1, 1)), units="rmd17")
    assert dataset.energies.shape == (3,)
    assert dataset.fingerprint == read_npz(save(path, raw()), units="rmd17").fingerprint


def test_keys_by_role(path: Path) -> None:
    arrays = raw()
    save(path, without(arrays, "energies"), E_dft=arrays["energies"])
    dataset = read_npz(path, units="rmd17", keys={"energies": "E_dft"})
    assert dataset.energies[0] == pytest.approx(-2075.4522, abs=1e-4)


def test_units_are_never_guessed(path: Path) -> None:
    with pytest.raises(QffcError, match=r"unit not declared(.|\n)*water.npz(.|\n)*'rmd17'"):
        read_npz(save(path, raw()))


def test_units_in_the_file(path: Path) -> None:
    save(path, raw(), units_energy="kcal/mol", units_length="Angstrom")
    assert read_npz(path).energies[0] == pytest.approx(-2075.4522, abs=1e-4)
    assert read_npz(path, units="rmd17").fingerprint == read_npz(path).fingerprint


def test_forces_in_a_unit_of_their_own(path: Path) -> None:
    save(path, raw(), units_energy="kcal/mol", units_length="Angstrom", units_force="meV/Angstrom")
    np.testing.assert_allclose(read_npz(path).forces, raw()["forces"] * 1e-3)


def test_two_declarations_must_agree(path: Path) -> None:
    save(path, raw(), units_energy="kcal/mol", units_length="Angstrom")
    with pytest.raises(QffcError, match=r"two declarations of units(.|\n)*eV(.|\n)*kcal/mol"):
        read_npz(path, units="ase")


def test_half_a_declaration_is_refused(path: Path) -> None:
    with pytest.raises(QffcError, match=r"incomplete declaration of units(.|\n)*units_energy = 'kcal/mol'"):
        read_npz(save(path, raw(), units_energy="kcal/mol"))
    with pytest.raises(QffcError, match="incomplete declaration of units"):
        read_npz(save(path, raw(), units_energy="kcal/mol", units_length=1.0), units="rmd17")


def test_half_a_declaration_is_compared_with_a_whole_one(path: Path) -> None:
    save(path, raw(), e_unit="kcal/mol")
    assert len(read_npz(path, units="rmd17")) == 3
    with pytest.raises(QffcError, match="two declarations of units"):
        read_npz(path, units="ase")


@pytest.mark.parametrize(
    ("energy", "length", "units"),
    [
        ("kcal/mol", "Ang", Units("kcal/mol", "Angstrom")),
        ("eV", "angstrom", INTERNAL),
        ("au", "au", Units("Hartree", "Bohr")),
        (b"kJ/mol", b"A", Units("kJ/mol", "Angstrom")),
    ],
)
def test_units_as_sgdml_writes_them(path: Path, energy: ArrayLike, length: ArrayLike, units: Units) -> None:
    water = load_embedded("water").subset([0, 1])
    arrays = {
        "z": water.numbers,
        "R": length_from_angstrom(water.positions, units),
        "E": energy_from_ev(water.energies, units.energy),
        "F": force_from_ev_per_angstrom(water.forces, units.force),
    }
    save(path, arrays, e_unit=energy, r_unit=length)
    for declared in (None, units):
        dataset = read_npz(path, units=declared)
        assert dataset.source == units
        np.testing.assert_allclose(dataset.energies, water.energies, rtol=1e-12)
        np.testing.assert_allclose(dataset.forces, water.forces, rtol=1e-12)
        np.testing.assert_allclose(dataset.positions, water.positions, rtol=1e-12)
    with pytest.raises(QffcError, match=r"two declarations of units(.|\n)*meV, Bohr(.|\n)*e_unit = "):
        read_npz(path, units="meV, Bohr")


def length_from_angstrom(x: NDArray[np.float64], units: Units) -> NDArray[np.float64]:
    return x / length_to_angstrom(1.0, units.length)


def test_a_unit_of_force_in_the_file(path: Path) -> None:
    save(path, raw(), e_unit="kcal/mol", r_unit="Ang", F_unit="kcal/mol/A")
    assert read_npz(path).source == Units("kcal/mol", "Angstrom")
    save(path, raw(), e_unit="kcal/mol", r_unit="Ang", F_unit="meV/Ang")
    assert read_npz(path).source.force == "meV/Angstrom"
    with pytest.raises(QffcError, match="two declarations of units"):
        read_npz(path, units="rmd17")


def test_two_declarations_in_the_file(path: Path) -> None:
    save(path, raw(), e_unit="eV", r_unit="Ang", units_energy="kcal/mol", units_length="Angstrom")
    with pytest.raises(QffcError, match=r"two declarations of units(.|\n)*units_energy = 'kcal/mol'"):
        read_npz(path)


def test_unknown_unit_in_the_file(path: Path) -> None:
    with pytest.raises(QffcError, match=r"unknown energy unit(.|\n)*'Kelvin'"):
        read_npz(save(path, raw(), units_energy="Kelvin", units_length="Angstrom"))


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("nuclear_charges", "no numbers in the file"),
        ("coords", "no positions in the file"),
        ("energies", "no energies in the file"),
        ("forces", "no forces in the file"),
    ],
)
def test_a_missing_key_is_refused_and_the_others_listed(path: Path, key: str, title: str) -> None:
    save(path, without(raw(), key))
    with pytest.raises(QffcError, match=title) as caught:
        read_npz(path, units="rmd17")
    assert all(repr(other) in str(caught.value) for other in raw() if other != key)
    assert ("energies alone can be evaluated" in str(caught.value)) == (key == "forces")


def test_an_ambiguous_key_is_refused(path: Path) -> None:
    save(path, raw(), E=np.zeros(3))
    with pytest.raises(
        QffcError, match=r"ambiguous key for energies(.|\n)*'energies', 'E'(.|\n)*keys=(.|\n)*--keys energies=energies"
    ):
        read_npz(path, units="rmd17")
    assert len(read_npz(path, units="rmd17", keys={"energies": "energies"})) == 3


def test_a_given_key_must_exist(path: Path) -> None:
    with pytest.raises(QffcError, match=r"no forces in the file(.|\n)*expected: 'gradients'"):
        read_npz(save(path, raw()), units="rmd17", keys={"forces": "gradients"})


def test_an_unknown_role_is_refused(path: Path) -> None:
    with pytest.raises(QffcError, match=r"unknown role in keys(.|\n)*'energy'(.|\n)*'energies', 'forces'"):
        read_npz(save(path, raw()), units="rmd17", keys={"energy": "energies"})


def test_python_objects_are_refused(path: Path) -> None:
    arrays = {**raw(), "energies": np.array([1.0, None, "x"], dtype=object)}
    with pytest.raises(QffcError, match=r"Python objects in the file(.|\n)*water.npz, key 'energies'"):
        read_npz(save(path, arrays), units="rmd17")


@pytest.mark.parametrize(
    "shape", [f"({10**15},)", "(-3,)", "(" * 3000, "(" + "-" * 5000 + "1,)", "[" * 150 + "]" * 150]
)
def test_arrays_that_are_none_are_refused(path: Path, shape: str) -> None:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    save(path, raw())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("F.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(64))
    with pytest.raises(QffcError, match=r"damaged file(.|\n)*key 'F'"):
        read_npz(path, units="rmd17", keys={"forces": "F"})


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(QffcError, match=r"no such file(.|\n)*ethanol.npz"):
        read_npz(tmp_path / "ethanol.npz", units="rmd17")
    with pytest.raises(QffcError, match=r"no such file(.|\n)*a folder"):
        read_npz(tmp_path, units="rmd17")


@pytest.mark.parametrize("content", [b"", b"hello world", b"PK\x03\x04 not a zip", b"\x93NUMPY broken"])
def test_not_an_npz_file(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(QffcError, match=r"not an npz file(.|\n)*water.npz"):
        read_npz(path, units="rmd17")


def test_a_single_array_is_not_enough(path: Path) -> None:
    with path.open("wb") as stream:
        np.save(stream, np.zeros(3))
    with pytest.raises(QffcError, match=r"not an npz file(.|\n)*\(npy\)"):
        read_npz(path, units="rmd17")


def test_a_damaged_file(path: Path) -> None:
    write_npz(load_embedded("water"), path)
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 3 + 200] = bytes(200)
    path.write_bytes(content)
    with pytest.raises(QffcError, match=r"damaged file(.|\n)*key '(coords|forces)'"):
        read_npz(path)


def test_messages_name_file_key_frame_and_atom(path: Path) -> None:
    arrays = raw()
    arrays["forces"][1, 2, 0] = np.nan
    with pytest.raises(QffcError, match=r"not a finite number(.|\n)*water.npz, key 'forces', frame 1, atom 2, x"):
        read_npz(save(path, arrays), units="rmd17")


@pytest.mark.parametrize(
    ("key", "array"),
    [
        ("coords", np.zeros((3, 3))),
        ("energies", np.zeros((3, 2))),
        ("forces", np.zeros((3, 2, 3))),
        ("nuclear_charges", np.full((3, 3, 1), 8)),
    ],
)
def test_wrong_shapes_name_the_key(path: Path, key: str, array: NDArray[np.float64]) -> None:
    with pytest.raises(QffcError, match=rf"wrong shape(.|\n)*key '{key}'"):
        read_npz(save(path, {**raw(), key: array}), units="rmd17")


def test_text_in_place_of_numbers(path: Path) -> None:
    with pytest.raises(QffcError, match=r"not real numbers(.|\n)*key 'energies'(.|\n)*dtype <U1, such as .*'a'"):
        read_npz(save(path, {**raw(), "energies": np.array(["a", "b", "c"])}), units="rmd17")


def test_a_cell_is_read(path: Path) -> None:
    assert read_npz(save(path, raw(), cell=9 * np.eye(3)), units="rmd17").periodic
    with pytest.raises(QffcError, match=r"cell that is none(.|\n)*key 'cell', frame 0"):
        read_npz(save(path, raw(), cell=np.ones((3, 3))), units="rmd17")
    with pytest.raises(QffcError, match=r"lattice whose vectors(.|\n)*rows or in columns"):
        read_npz(save(path, raw(), lattice=9 * np.eye(3) + np.eye(3, k=1)), units="rmd17")
    assert len(read_npz(save(path, raw(), cell=np.zeros((3, 3)), pbc=[False] * 3), units="rmd17")) == 3
    assert len(read_npz(save(path, raw(), cell=9 * np.eye(3), pbc=[False] * 3), units="rmd17")) == 3


@pytest.mark.parametrize("key", ["box", "lattice_vectors", "unit_cell", "Lattice", "CELL", "cell_lengths"])
def test_a_cell_by_any_name_is_refused(path: Path, key: str) -> None:
    with pytest.raises(QffcError, match=rf"periodic systems are not supported(.|\n)*key '{key}'(.|\n)*9.0"):
        read_npz(save(path, raw(), **{key: np.full(3, 9.0)}), units="rmd17")


@pytest.mark.parametrize(("key", "value"), [("pbc", [False, True, False]), ("periodic", "T"), ("PBC", np.array(1))])
def test_periodic_boundaries_by_any_name_are_refused(path: Path, key: str, value: ArrayLike) -> None:
    with pytest.raises(QffcError, match=rf"periodic systems are not supported(.|\n)*key '{key}'"):
        read_npz(save(path, raw(), **{key: value}), units="rmd17")
    assert len(read_npz(save(path, raw(), pbc="F F F"), units="rmd17")) == 3


def test_atomic_numbers_of_every_frame(path: Path) -> None:
    save(path, {**raw(), "nuclear_charges": [[8, 1, 1]] * 3})
    assert read_npz(path, units="rmd17").numbers.tolist() == [8, 1, 1]
    save(path, {**raw(), "nuclear_charges": [[8, 1, 1], [1, 8, 1], [8, 1, 1]]})
    with pytest.raises(QffcError, match=r"frames differ in their atoms(.|\n)*key 'nuclear_charges', frame 1") as caught:
        read_npz(path, units="rmd17")
    assert "found:    1 8 1\n  expected: 8 1 1, as in frame 0" in str(caught.value)


def test_energies_in_single_precision_are_named_once(path: Path) -> None:
    arrays = raw()
    arrays["energies"] = (arrays["energies"] * 0.0433641).astype(np.float32)
    arrays["forces"] = arrays["forces"] * 0.0433641
    save(path, arrays)
    with pytest.warns(UserWarning, match=r"water.npz, key 'energies': .* float32, in steps of 0.24 meV") as caught:
        read_npz(path, units="ase")
    assert len(caught) == 1
    save(path, {**arrays, "energies": arrays["energies"] - arrays["energies"].mean()})
    read_npz(path, units="ase")


def test_a_published_split_beyond_the_frames(path: Path) -> None:
    save(path, raw(6), train_idx=[[4, 0], [1, 2]], test_idx=[[5], [6]])
    with pytest.raises(QffcError, match=r"not there(.|\n)*key 'test_idx', split 2(.|\n)*frame 6\n(.|\n)*0 to 5"):
        read_npz(path, units="rmd17")
    save(path, raw(2), train_idx=[[4, 0]], test_idx=[[1]])
    with pytest.raises(QffcError, match=r"key 'train_idx', split 1(.|\n)*frame 4\n(.|\n)*0 to 1"):
        read_npz(path, units="rmd17")


def test_kcal_mol_declared_as_ev_is_impossible(path: Path) -> None:
    with pytest.raises(QffcError, match=r"impossible energy(.|\n)*key 'energies', frame(.|\n)*'rmd17'"):
        read_npz(save(path, raw()), units="ase")


def test_forces_in_the_wrong_unit_are_impossible(path: Path) -> None:
    arrays = {**raw(), "energies": np.array([0.1, 0.2, 0.3]), "forces": np.full((3, 3, 3), 30.0)}
    with pytest.raises(QffcError, match=r"impossible forces(.|\n)*key 'forces'(.|\n)*Hartree/Bohr"):
        read_npz(save(path, arrays), units="atomic")


def test_forces_filled_with_zeros_are_refused(path: Path) -> None:
    with pytest.raises(QffcError, match=r"all forces are zero(.|\n)*key 'forces'"):
        read_npz(save(path, {**raw(), "forces": np.zeros((3, 3, 3))}), units="rmd17")
