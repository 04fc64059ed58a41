from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from qffc.data import load_embedded, read, read_xyz, write_npz
from qffc.ir.diagnostics import QffcError
from qffc.units import INTERNAL

HEADER = "Properties=species:S:1:pos:R:3:forces:R:3 energy=-2075.0"
ATOMS = ("O 0.0 0.0 0.0  0.1 0.0 0.0", "H 0.96 0.0 0.0  -0.1 0.0 0.0", "H 0.0 0.96 0.0  0.0 0.0 0.0")


def frame(header: str = HEADER, atoms: tuple[str, ...] = ATOMS) -> str:
    return "\n".join([str(len(atoms)), header, *atoms, ""])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "water.xyz"


def save(path: Path, *frames: str) -> Path:
    path.write_text("".join(frames))
    return path


def test_energy_and_forces(path: Path) -> None:
    dataset = read_xyz(save(path, frame(), frame()), units="ase")
    assert (dataset.name, dataset.symbols, len(dataset)) == ("water", ("O", "H", "H"), 2)
    assert dataset.energies.tolist() == [-2075.0, -2075.0]
    assert dataset.forces[0, :, 0].tolist() == [0.1, -0.1, 0.0]
    assert dataset.positions[1, 1].tolist() == [0.96, 0.0, 0.0]
    assert dataset.source == INTERNAL


def test_file_written_by_ase(path: Path) -> None:
    ase = pytest.importorskip("ase")
    ase_io = pytest.importorskip("ase.io")
    calculators = pytest.importorskip("ase.calculators.singlepoint")
    water = load_embedded("water").subset(range(4))
    images = [ase.Atoms(water.symbols, positions) for positions in water.positions]
    for image, energy, forces in zip(images, water.energies, water.forces, strict=True):
        image.calc = calculators.SinglePointCalculator(image, energy=energy, forces=forces)
    ase_io.write(path, images, format="extxyz")
    dataset = read_xyz(path, units="ase")
    np.testing.assert_allclose(dataset.positions, water.positions, atol=1e-7)
    np.testing.assert_allclose(dataset.energies, water.energies, rtol=1e-12)
    np.testing.assert_allclose(dataset.forces, water.forces, atol=1e-7)


def test_other_keys(path: Path) -> None:
    save(path, frame("Properties=species:S:1:pos:R:3:dft_forces:R:3 REF_energy=-47850.0"))
    dataset = read_xyz(path, units="rmd17", energy_key="REF_energy", forces_key="dft_forces")
    assert dataset.energies[0] == pytest.approx(-47850.0 * 0.0433641)
    same = read(path, units="rmd17", keys={"energies": "REF_energy", "forces": "dft_forces"})
    assert same.fingerprint == dataset.fingerprint


def test_wrong_keys_list_those_found(path: Path) -> None:
    save(path, frame("Properties=species:S:1:pos:R:3:dft_forces:R:3 REF_energy=-2075.0 charge=0 label=a converged=T"))
    with pytest.raises(
        QffcError, match=r"no energy under this key(.|\n)*water.xyz, frame 0(.|\n)*--keys energies="
    ) as caught:
        read_xyz(path, units="ase")
    assert "'REF_energy', 'charge'\n" in str(caught.value)
    with pytest.raises(
        QffcError,
        match=r"no forces under this key(.|\n)*'dft_forces'(.|\n)*--keys forces=(.|\n)*energies alone can be evaluated",
    ):
        read_xyz(path, units="ase", energy_key="REF_energy")


def test_a_plain_xyz_file_has_no_energy(path: Path) -> None:
    with pytest.raises(QffcError, match=r"no energy under this key(.|\n)*no number in the comment line"):
        read_xyz(save(path, frame("a comment", ("H 0 0 0", "H 0 0 0.74"))), units="ase")
    with pytest.raises(QffcError, match=r"no forces under this key(.|\n)*no vectors per atom"):
        read_xyz(save(path, frame("energy=-31.7", ("H 0 0 0", "H 0 0 0.74"))), units="ase")


def test_energy_that_is_text(path: Path) -> None:
    with pytest.raises(QffcError, match=r"no energy under this key(.|\n)*energy = 'low', which is no single number"):
        read_xyz(save(path, frame(HEADER.replace("-2075.0", "low"))), units="ase")
    with pytest.raises(QffcError, match=r"energy = \[-2075.0, 3.0\], which is no single number"):
        read_xyz(save(path, frame(HEADER.replace("-2075.0", '"-2075.0 3.0"'))), units="ase")


@pytest.mark.parametrize("word", ['note="cold', "note=it's", "it's"])
def test_energy_that_a_comment_swallowed(path: Path, word: str) -> None:
    header = HEADER.replace("energy", f"{word} energy")
    with pytest.raises(QffcError, match=r"'energy' inside of another entry, .*energy=-2075.0.* a quote too many"):
        read_xyz(save(path, frame(header)), units="ase")


def test_units_are_never_guessed(path: Path) -> None:
    with pytest.raises(QffcError, match=r"unit not declared(.|\n)*water.xyz(.|\n)*'ase'"):
        read_xyz(save(path, frame()))


def test_another_order_of_atoms_is_refused(path: Path) -> None:
    swapped = frame(atoms=(ATOMS[1], ATOMS[0], ATOMS[2]))
    with pytest.raises(QffcError, match=r"differ in the order(.|\n)*frame 1(.|\n)*H O H(.|\n)*O H H, as in frame 0"):
        read_xyz(save(path, frame(), swapped), units="ase")


def test_other_atoms_are_refused(path: Path) -> None:
    with pytest.raises(QffcError, match=r"frames differ in their atoms(.|\n)*frame 1(.|\n)*O H\n"):
        read_xyz(save(path, frame(), frame(atoms=ATOMS[:2])), units="ase")


def test_frames_in_cells_and_in_boxes(path: Path) -> None:
    lattice = HEADER + ' Lattice="9 0 0 0 9 0 0 0 9"'
    data = read_xyz(save(path, frame(), frame(lattice)), units="ase")
    assert data.cells is not None
    assert data.pbc is not None
    assert data.pbc.tolist() == [[False] * 3, [True] * 3]
    assert data.cells[:, 0, 0].tolist() == [0.0, 9.0]
    assert not read_xyz(save(path, frame(lattice + ' pbc="F F F"')), units="ase").periodic


@pytest.mark.parametrize(
    "text",
    [
        "hello world\n",
        frame()[:-30],
        frame(atoms=("Qq 0 0 0 0 0 0", *ATOMS[1:])),
        frame(atoms=("O 0 0 x 0 0 0", *ATOMS[1:])),
        frame().replace("3", f"{10**12}", 1),  # ASE alone would look for all of them
        frame(f'{HEADER} a="_JSON {"[" * 100_000}"'),
    ],
)
def test_broken_files_are_refused(path: Path, text: str) -> None:
    with pytest.raises(QffcError, match=r"not an extended XYZ file(.|\n)*water.xyz, frame 1, line [6-9]\n"):
        read_xyz(save(path, frame(), text), units="ase")


@pytest.mark.parametrize("gap", ["\n", "  \n\n\t\n"])
def test_blank_lines_around_frames_end_nothing(path: Path, gap: str) -> None:
    frames = [frame(HEADER.replace("2075.0", f"2075.{k}")) for k in range(4)]
    dataset = read_xyz(save(path, gap, frames[0], frames[1], gap, frames[2], gap, frames[3], gap), units="ase")
    assert dataset.energies.tolist() == [-2075.0, -2075.1, -2075.2, -2075.3]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (frame() + "the end\n", "frame 1, line 6\n  found:    'the end'"),
        (frame() + ATOMS[2] + "\n" + frame(), "frame 1, line 6\n  found:    'H 0.0 0.96"),
        (frame() + "0\n\n", "frame 1, line 6\n  found:    '0'"),
        (frame() + "9" * 5000 + "\n", "frame 1, line 6\n  found:    '999"),
        (frame().replace("3", "4", 1) + frame(), "frame 0, line 6\n  found:    1 columns for atom 3: '3'"),
        (frame(atoms=(*ATOMS[:2], "", ATOMS[2])).replace("4", "3", 1), "frame 0, line 5\n  found:    0 columns"),
        (frame(atoms=(ATOMS[0] + " 1.0", *ATOMS[1:])), "frame 0, line 3\n  found:    8 columns for atom 0"),
        (frame(atoms=(ATOMS[0][:-4], *ATOMS[1:])), "frame 0, line 3\n  found:    6 columns for atom 0"),
        (
            frame(HEADER.replace("forces:R:3", "forces:R")),
            "Properties=species:S:1:pos:R:3:forces:R\n",
        ),
        (frame(HEADER.replace("pos:R:3:", "")), "line 2\n  found:    Properties=species:S:1:forces:R:3"),
        (frame(HEADER.replace("species:S:1:", "")), "line 2\n  found:    Properties=pos:R:3:forces:R:3"),
        (frame(HEADER.replace("forces:R:3", "forces:Q:3")), "line 2\n  found:    Properties=species"),
        (frame("Properties"), "line 2\n  found:    Properties=True"),
    ],
)
def test_every_line_is_accounted_for(path: Path, text: str, found: str) -> None:
    with pytest.raises(QffcError, match="not an extended XYZ file") as caught:
        read_xyz(save(path, text), units="ase")
    assert found in str(caught.value)


def test_a_file_cut_anywhere_is_refused_or_ends_where_a_frame_does(path: Path) -> None:
    text = frame() + frame(HEADER + ' note="a b" e_unit=eV')
    for end in range(len(text)):
        save(path, text[:end])
        try:
            frames = len(read_xyz(path, units="ase"))
        except QffcError:
            frames = 0
        if end < len(frame()) - len("0.0\n"):
            assert frames == 0, text[:end]
        elif len(frame()) < end < len(text) - len("0.0\n"):
            assert frames == 0, text[len(frame()) : end]


def test_capitals_and_packed_files(tmp_path: Path) -> None:
    assert read(save(tmp_path / "WATER.XYZ", frame()), units="ase").name == "WATER"
    packed = tmp_path / "water.1.xyz.gz"
    packed.write_bytes(gzip.compress((frame() + "\n" + frame()).encode()))
    dataset = read(packed, units="ase")
    assert (dataset.name, len(dataset)) == ("water.1", 2)
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(QffcError, match="not an extended XYZ file"):
        read(packed, units="ase")
    with pytest.raises(QffcError, match="not an extended XYZ file"):
        read(save(tmp_path / "plain.xyz.gz", frame()), units="ase")


def test_units_in_the_comment_line(path: Path) -> None:
    header = HEADER.replace("-2075.0", "-47850.0") + " e_unit=kcal/mol r_unit=Ang"
    assert read_xyz(save(path, frame(header))).energies[0] == pytest.approx(-47850.0 * 0.0433641)
    with pytest.raises(QffcError, match=r"two declarations of units(.|\n)*frame 0(.|\n)*e_unit = 'kcal/mol'"):
        read_xyz(path, units="ase")
    with pytest.raises(QffcError, match=r"two declarations of units(.|\n)*frame 1(.|\n)*e_unit = 'eV'"):
        read_xyz(save(path, frame(header), frame(HEADER + " e_unit=eV")))


@pytest.mark.parametrize("cell", ["pbc=T", 'pbc="F T F"'])
def test_periodic_boundaries_without_a_cell(path: Path, cell: str) -> None:
    with pytest.raises(QffcError, match=r"cell that is none(.|\n)*frame 1"):
        read_xyz(save(path, frame(), frame(f"{HEADER} {cell}")), units="ase")


@pytest.mark.parametrize("cell", ['cell="9 0 0 0 9 0 0 0 9"', "box=9.0", "periodic=True"])
def test_a_cell_by_another_name(path: Path, cell: str) -> None:
    key = cell.split("=")[0]
    with pytest.raises(QffcError, match=rf"periodic systems are not supported(.|\n)*frame 1, key '{key}'"):
        read_xyz(save(path, frame(), frame(f"{HEADER} {cell}")), units="ase")


def test_a_cell_behind_the_atoms(path: Path) -> None:
    with pytest.raises(QffcError, match=r"periodic systems are not supported(.|\n)*VEC1 9 0 0"):
        read_xyz(save(path, frame(), "VEC1 9 0 0\n"), units="ase")


def test_a_comment_that_speaks_of_a_box_is_no_cell(path: Path) -> None:
    assert len(read_xyz(save(path, frame(f"{HEADER} water not in a box, not periodic")), units="ase")) == 1


def test_bytes_that_are_no_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(QffcError, match="not an extended XYZ file"):
        read_xyz(path, units="ase")


def test_an_empty_file(path: Path) -> None:
    with pytest.raises(QffcError, match="no frames in the file"):
        read_xyz(save(path, ""), units="ase")


def test_a_missing_file(path: Path) -> None:
    with pytest.raises(QffcError, match=r"no such file(.|\n)*water.xyz"):
        read_xyz(path, units="ase")


def test_checks_of_the_dataset_name_file_and_frame(path: Path) -> None:
    bad = frame(atoms=(ATOMS[0], ATOMS[1].replace("-0.1", "nan"), ATOMS[2]))
    with pytest.raises(QffcError, match=r"not a finite number(.|\n)*water.xyz, key 'forces', frame 1, atom 1, x"):
        read_xyz(save(path, frame(), bad), units="ase")
    with pytest.raises(QffcError, match=r"impossible energy(.|\n)*key 'energy', frame 0"):
        read_xyz(save(path, frame(HEADER.replace("-2075.0", "-47850.0"))), units="ase")
    with pytest.raises(QffcError, match=r"no such element(.|\n)*key 'species', atom 0"):
        read_xyz(save(path, frame(atoms=("X 0 0 0 0 0 0", *ATOMS[1:]))), units="ase")


def test_read_goes_by_the_ending(tmp_path: Path) -> None:
    write_npz(load_embedded("ammonia"), tmp_path / "ammonia.npz")
    assert len(read(tmp_path / "ammonia.npz")) == 500
    assert len(read(save(tmp_path / "water.extxyz", frame()), units="ase")) == 1
    with pytest.raises(QffcError, match=r"unknown kind of data file(.|\n)*'.csv'(.|\n)*'.npz', '.xyz', '.extxyz'"):
        read(save(tmp_path / "water.csv", ""), units="ase")
    with pytest.raises(QffcError, match=r"unknown role in keys(.|\n)*'positions'(.|\n)*'energies', 'forces'"):
        read(tmp_path / "water.extxyz", units="ase", keys={"positions": "pos"})


@pytest.mark.parametrize(
    ("comment", "key"),
    [
        ("Properties=species:S:1:pos:R:3:forces:R:3 energy=-1.0 energy=-31.7", "energy"),
        ("energy=-1.0 Properties=species:S:1:pos:R:3:forces:R:3 Properties=species:S:1:pos:R:3", "Properties"),
        ('Properties=species:S:1:pos:R:3:forces:R:3 note="a" energy=-31.7 note="b"', "note"),
    ],
)
def test_a_key_twice_in_a_comment_line_is_refused(path: Path, comment: str, key: str) -> None:
    path.write_text(f"2\n{comment}\nH 0 0 0 0 0 0.1\nH 0 0 0.74 0 0 -0.1\n")
    with pytest.raises(QffcError, match=f"line 2(.|\n)*'{key}=' twice in the comment line"):
        read_xyz(path, units="ase")


@pytest.mark.parametrize(
    "note",
    ['note="energy=3 energy=4"', r'note="a \" energy=4 \" b"', "note={energy=3 energy=4}", "energy_2=4 2energy=3"],
)
def test_what_is_inside_a_value_is_no_key(path: Path, note: str) -> None:
    path.write_text(
        f"2\nProperties=species:S:1:pos:R:3:forces:R:3 energy=-31.7 {note}\nH 0 0 0 0 0 0.1\nH 0 0 0.74 0 0 -0.1\n"
    )
    assert read_xyz(path, units="ase").energies[0] == -31.7


def test_a_property_twice_is_refused(path: Path) -> None:
    columns = "Properties=species:S:1:pos:R:3:forces:R:3:forces:R:3"
    path.write_text(f"1\n{columns} energy=-31.7\nH 0 0 0  0 0 0.1  0 0 0.2\n")
    with pytest.raises(QffcError, match="for every property once"):
        read_xyz(path, units="ase")
