"""Frames in cells in data: what is read and written again, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.io import read as ase_read
from ase.io import write as ase_write
from crystals import copper, labelled, slab

from qffc.data import Dataset, read
from qffc.data.conversion import joined, write_data
from qffc.data.from_atoms import dataset_of_atoms
from qffc.data.images import images_within
from qffc.data.label_verdicts import need_labels
from qffc.data.left_out import passed_over
from qffc.data.molecules import read_molecules
from qffc.data.same_frames import marks_of, repeated
from qffc.data.surroundings import surroundings
from qffc.ir.diagnostics import QffcError


@pytest.mark.parametrize("data", [copper(), slab()])
@pytest.mark.parametrize("ending", [".xyz", ".extxyz.gz", ".db", ".npz"])
def test_files_keep_cells_and_stresses_to_the_last_digit(tmp_path: Path, ending: str, data: Dataset) -> None:
    file = tmp_path / f"frames{ending}"
    found = write_data([data], file).sets[0]
    for name in ("cells", "pbc", "stresses"):
        np.testing.assert_array_equal(getattr(found, name), getattr(data, name))
    assert found.fingerprint == data.fingerprint
    assert passed_over(file) == ()


def test_what_ase_writes_is_what_ase_computed(tmp_path: Path) -> None:
    atoms = labelled(bulk("Cu", a=3.5))
    ase_write(tmp_path / "cu.xyz", [atoms])
    data = read(tmp_path / "cu.xyz", "ase")
    wanted = atoms.get_stress(voigt=False)
    np.testing.assert_allclose(data.stresses, wanted[None], atol=1e-8)
    assert np.abs(wanted).max() > 0.05
    # One atom in a cell is no free atom.
    assert read_molecules(tmp_path / "cu.xyz", "ase").atoms == {}
    assert ase_read(tmp_path / "cu.xyz").cell.array == pytest.approx(data.cells[0])


def test_virials_are_minus_the_stress_times_the_volume(tmp_path: Path) -> None:
    def written(*words: str) -> Path:
        lines = [f'1\nLattice="2 0 0 0 3 0 0 0 4" energy=-3.5 {word}\nCu 0 0 0\n' for word in words]
        (tmp_path / "cu.xyz").write_text("".join(lines))
        return tmp_path / "cu.xyz"

    def of(*words: str, **keys: str) -> np.ndarray:
        found = read(written(*words), "ase", keys, energies_alone=True).stresses
        assert found is not None
        return found[0]

    virial = 'virial="-24 0 0 0 -48 0 0 0 12"'
    np.testing.assert_allclose(of(virial), np.diag([1.0, 2.0, -0.5]))
    np.testing.assert_allclose(of(virial.replace("virial", "W"), virials="W"), np.diag([1.0, 2.0, -0.5]))
    np.testing.assert_allclose(of('S="1 2 -0.5 0.1 0 0"', stresses="S")[1, 2], 0.1)
    for words, match in (
        ((f'{virial} stress="-1 0 0 0 -2 0 0 0 0.5"',), r"stress and virial that differ(.|\n)*wrong sign"),
        ((virial, ""), r"no stress under this key(.|\n)*frame 1"),
        (('virials="1 2 3"',), "stress that is no tensor"),
        (('stress="1 9 0 0 1 0 0 0 1"',), r"stress that is not symmetric(.|\n)*frame 0"),
        ((f'{virial} pbc="F F F"', virial), r"stress of a frame without a volume(.|\n)*frame 0"),
    ):
        with pytest.raises(QffcError, match=match):
            of(*words)
    # Molecules in a vacuum have none, whatever stands there.
    assert read(written(f'{virial} pbc="F F F"'), "ase", energies_alone=True).stresses is None


def test_units_of_a_file_are_those_of_its_cells_and_stresses(tmp_path: Path) -> None:
    data, bohr, hartree = copper(2), 0.529177210903, 27.211386245988
    np.savez(
        tmp_path / "cu.npz",
        numbers=data.numbers,
        positions=data.positions / bohr,
        energies=data.energies / hartree,
        forces=data.forces / hartree * bohr,
        cells=data.cells / bohr,
        stresses=data.stresses / hartree * bohr**3,
    )
    found = read(tmp_path / "cu.npz", "atomic")
    np.testing.assert_allclose(found.cells, data.cells, rtol=1e-8)
    np.testing.assert_allclose(found.stresses, data.stresses, rtol=1e-8)


def test_frames_are_known_again_by_their_cells_too() -> None:
    data = copper(4)
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    wrapped = data.positions + np.array([1, -2, 0]) @ data.cells[0]
    both = Dataset(
        data.numbers,
        np.concatenate([data.positions @ turn, wrapped, data.positions]),
        np.zeros(12),
        None,
        cells=np.concatenate([data.cells @ turn, data.cells, 1.001 * data.cells]),
    )
    pairs = [pair for pair in repeated(marks_of(both)) if pair[1] < 8]
    assert (0, 4) in pairs
    assert not any(pair[1] >= 8 for pair in repeated(marks_of(both)))


def test_sets_of_one_composition_are_joined_with_their_cells() -> None:
    data = replace(copper(3), stresses=None)
    alone = Dataset(data.numbers, data.positions, data.energies, data.forces)
    (both,) = joined([alone, data])
    assert both.pbc.any(axis=1).tolist() == [False] * 3 + [True] * 3
    assert both.subset([4]).fingerprint == data.subset([1]).fingerprint
    with pytest.raises(QffcError, match="frames with and without stresses"):
        joined([copper(3), data])


def test_labels_of_cells_are_judged_by_what_they_must_have() -> None:
    need_labels(copper())
    pushed = Dataset(
        copper().numbers, copper().positions, copper().energies, copper().forces + 5.0, cells=copper().cells
    )
    with pytest.raises(QffcError, match="net force"):
        need_labels(pushed)


def test_an_atom_with_its_surroundings_is_a_molecule() -> None:
    atoms = bulk("Cu")
    data = Dataset(atoms.numbers, atoms.positions[None], [0.0], None, cells=atoms.cell.array)
    numbers, ((first, *others),) = surroundings(data)
    assert numbers.tolist() == [29] * 8
    assert np.linalg.norm(np.array(others) - first, axis=1) == pytest.approx(3.61 / 2**0.5)
    assert surroundings(copper())[1].shape == (1, 8, 3)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"cells": None, "pbc": True}, "periodic boundaries without a cell"),
        ({"cells": np.ones((3, 3))}, r"cell that is none(.|\n)*frame 0"),
        ({"cells": np.ones(3)}, r"wrong shape(.|\n)*cells"),
        ({"pbc": [True, False]}, r"wrong shape(.|\n)*pbc"),
        ({"pbc": ["T", "F", "F"]}, r"wrong shape(.|\n)*pbc(.|\n)*dtype"),
        ({"stresses": np.zeros((2, 5))}, r"wrong shape(.|\n)*stresses"),
        ({"stresses": np.full((2, 6), np.nan)}, r"not a finite number(.|\n)*stresses, frame 0"),
        ({"pbc": False, "stresses": np.zeros((2, 6))}, "stress of a frame without a volume"),
        ({"cells": np.diag([0.05, 9.0, 9.0])}, r"two atoms at nearly the same place(.|\n)*image"),
    ],
)
def test_what_is_no_cell_is_refused(change: dict[str, object], match: str) -> None:
    given = {"cells": 9.0 * np.eye(3), "pbc": True}
    with pytest.raises(QffcError, match=match):
        Dataset([1, 1], np.tile(np.eye(2, 3), (2, 1, 1)), [0.0, 0.0], None, **{**given, **change})


def test_boxes_around_molecules_are_left_out() -> None:
    data = Dataset([1, 1], np.eye(2, 3)[None], [0.0], None, cells=9.0 * np.eye(3), pbc=[False] * 3)
    assert (data.cells, data.pbc, data.periodic) == (None, None, False)
    assert data.fingerprint == Dataset([1, 1], np.eye(2, 3)[None], [0.0], None).fingerprint


def test_the_layout_of_sgdml_has_no_cells(tmp_path: Path) -> None:
    with pytest.raises(QffcError, match="frames in cells"):
        write_data([copper()], tmp_path / "cu.npz", layout="sgdml")


def test_objects_of_ase_need_a_stress_in_all_or_in_none() -> None:
    with_it, without = labelled(bulk("Cu", a=3.5)), labelled(bulk("Cu", a=3.6))
    del without.calc.results["stress"]
    with pytest.raises(QffcError, match=r"no stress under this key(.|\n)*frame 1"):
        dataset_of_atoms([with_it, without])
    assert dataset_of_atoms([without]).stresses is None


def test_images_are_counted_from_any_place() -> None:
    far = Atoms("Cu2", [[0, 0, 0], [50.0, 0, 0]], cell=3.0 * np.eye(3), pbc=True)
    near = far.copy()
    near.wrap()
    counts = [len(images_within(each.positions, each.cell.array, each.pbc, 3.5).centres) for each in (far, near)]
    assert counts[0] == counts[1] > 0
