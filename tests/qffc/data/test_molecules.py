"""Files of several molecules and free atoms, and frames without forces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qffc.data import Dataset, load_embedded, read, read_molecules, read_npz, write_npz
from qffc.data.label_figures import label_figures
from qffc.data.label_verdicts import Level, label_verdicts
from qffc.data.molecules import molecule_in
from qffc.ir.diagnostics import QffcError, QffcWarning
from qffc.references.data import resolve_data, resolve_sets
from qffc.studies.run_file import DataFile

WATER, AMMONIA = load_embedded("water").subset(range(4)), load_embedded("ammonia").subset(range(3))
ATOMS = "1\nenergy=-13.6\nH 0 0 0\n1\nenergy=-2035.6\nO 0 0 0\n"


def spelt(data: Dataset, order: Sequence[int], frames: Sequence[int], forces: bool = True) -> str:
    text = ""
    for k in frames:
        columns = ":forces:R:3" if forces else ""
        text += f"{len(order)}\nProperties=species:S:1:pos:R:3{columns} energy={data.energies[k]:.12f}\n"
        for atom in order:
            numbers = [*data.positions[k, atom], *(data.forces[k, atom] if forces else [])]
            text += f"{data.symbols[atom]} {' '.join(f'{x:.12f}' for x in numbers)}\n"
    return text


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Frames of two molecules in turn, some with their atoms in another order, and two free atoms."""
    file = tmp_path / "qm.xyz"
    file.write_text(
        spelt(WATER, [0, 1, 2], [0, 1])
        + ATOMS
        + spelt(AMMONIA, [0, 1, 2, 3], [0, 1])
        + spelt(WATER, [1, 0, 2], [2])
        + spelt(AMMONIA, [3, 2, 1, 0], [2])
        + spelt(WATER, [1, 2, 0], [3])
    )
    return file


def test_a_file_is_split_by_composition(mixed: Path) -> None:
    found = read_molecules(mixed, "ase")
    water, ammonia = found.sets
    assert (water.name, ammonia.name) == ("qm:OH2", "qm:NH3")
    assert dict(found.atoms) == {"H": -13.6, "O": -2035.6}
    for data, whole in ((water, WATER), (ammonia, AMMONIA)):
        np.testing.assert_allclose(data.energies, whole.energies, rtol=0, atol=1e-9)
        np.testing.assert_array_equal(data.numbers, whole.numbers)
    np.testing.assert_allclose(water.positions, WATER.positions, atol=1e-11)
    np.testing.assert_allclose(water.forces, WATER.forces, atol=1e-11)
    # The last frame of ammonia is written backwards; its hydrogens keep their forces.
    np.testing.assert_allclose(ammonia.positions[2], AMMONIA.positions[2][[0, 3, 2, 1]], atol=1e-11)
    np.testing.assert_allclose(ammonia.forces[2], AMMONIA.forces[2][[0, 3, 2, 1]], atol=1e-11)


def test_one_molecule_is_named_in_any_spelling(mixed: Path) -> None:
    for formula in ("H2O", "OH2", "HOH"):
        assert resolve_data(f"{mixed}:{formula}", "ase").fingerprint == read_molecules(mixed, "ase").sets[0].fingerprint
    assert [data.formula for data in DataFile(file=f"{mixed}:NH3", units="ase").load_sets()] == ["NH3"]


def test_all_molecules_are_sets_and_free_atoms_are_offered(mixed: Path) -> None:
    with pytest.warns(QffcWarning, match="--atom-energies H=-13.6,O=-2035.6"):
        assert [data.formula for data in resolve_sets(f"{mixed}:all", "ase")] == ["OH2", "NH3"]
    with pytest.raises(QffcError, match=r"several molecules where one is meant(.|\n)*:OH2"):
        resolve_data(f"{mixed}:all", "ase")
    one = mixed.with_name("one.xyz")
    one.write_text(spelt(WATER, [0, 1, 2], [0, 1]))
    assert [data.name for data in resolve_sets(f"{one}:all", "ase")] == ["one"]
    assert resolve_data(f"{one}:H2O", "ase").fingerprint == resolve_data(str(one), "ase").fingerprint


@pytest.mark.parametrize(
    ("formula", "title"),
    [("CH4", "no such molecule in the file"), ("h2o", "formula that cannot be read"), ("Xx2", "cannot be read")],
)
def test_molecules_that_are_not_there(mixed: Path, formula: str, title: str) -> None:
    with pytest.raises(QffcError, match=title):
        resolve_data(f"{mixed}:{formula}", "ase")


def test_what_is_not_asked_for_is_refused_with_the_way_out(mixed: Path) -> None:
    with pytest.raises(QffcError, match=r"frame 2(.|\n)*FILE:FORMULA, or all as FILE:all"):
        read(mixed, "ase")
    mixed.write_text(ATOMS)
    with pytest.raises(QffcError, match="free atoms alone"):
        resolve_sets(f"{mixed}:all", "ase")


def test_messages_count_frames_as_the_file_does(mixed: Path) -> None:
    text = mixed.read_text().replace(f"energy={WATER.energies[2]:.12f}", "energy=nan")
    mixed.write_text(text)
    with pytest.raises(QffcError, match=r"key 'energy', frame 6\n"):
        resolve_data(f"{mixed}:H2O", "ase")
    with pytest.raises(QffcError, match=r"frame 6\n"):
        read_molecules(mixed, "ase")


def test_a_file_with_a_colon_in_its_name(tmp_path: Path) -> None:
    file = tmp_path / "a.xyz:H2O"
    file.write_text("")
    assert molecule_in(str(file)) is None
    assert molecule_in("no:such.npz") is None
    assert molecule_in("a.b.xyz.gz:H2O") == ("a.b.xyz.gz", "H2O")


def test_npz_files_hold_one_molecule(tmp_path: Path) -> None:
    write_npz(WATER, tmp_path / "water.npz")
    assert resolve_data(f"{tmp_path / 'water.npz'}:H2O").fingerprint == WATER.fingerprint
    with pytest.raises(QffcError, match=r"no such molecule(.|\n)*'OH2'"):
        resolve_data(f"{tmp_path / 'water.npz'}:NH3")


@pytest.mark.parametrize("kind", ["xyz", "npz"])
def test_frames_without_forces_are_read_where_energies_are_enough(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"few.{kind}"
    if kind == "xyz":
        file.write_text(spelt(WATER, [0, 1, 2], [0, 1, 2], forces=False))
    else:
        np.savez(file, z=WATER.numbers, R=WATER.positions[:3], E=WATER.energies[:3])
    with pytest.raises(QffcError, match="can be evaluated only"):
        read(file, "ase")
    data = read(file, "ase", energies_alone=True)
    assert not data.has_forces
    assert not data.forces.any()
    assert not data.subset([0]).has_forces
    assert not replace(data, name="other").has_forces
    _, verdict = label_verdicts(data, label_figures(data))
    assert (verdict.level, verdict.words) == (Level.UNKNOWN, "no forces")
    with pytest.raises(QffcError, match="'F_dft'"):
        read(file, "ase", {"forces": "F_dft"}, energies_alone=True)


def test_no_forces_are_not_zero_forces(tmp_path: Path) -> None:
    bare = Dataset(WATER.numbers, WATER.positions, WATER.energies, None)
    still = Dataset(WATER.numbers, WATER.positions, WATER.energies, np.zeros_like(WATER.forces))
    assert bare.fingerprint != still.fingerprint
    write_npz(bare, tmp_path / "bare.npz")
    assert read_npz(tmp_path / "bare.npz", energies_alone=True).fingerprint == bare.fingerprint


def test_forces_in_some_frames_alone_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "some.xyz"
    file.write_text(spelt(WATER, [0, 1, 2], [0]) + spelt(WATER, [0, 1, 2], [1], forces=False))
    with pytest.raises(QffcError, match="frame 1"):
        read(file, "ase", energies_alone=True)
