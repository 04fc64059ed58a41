"""``qffc data convert``, ``split``, ``fetch`` and ``sample``: what is written is what was read, and nothing is lost."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from qffc.data import Dataset, load_embedded, read, read_molecules, write_npz
from qffc.data.conversion import WRITTEN_SUFFIXES, write_data

WATER = load_embedded("water").subset(range(6))
AMMONIA = load_embedded("ammonia").subset(range(4))


@pytest.fixture
def water(tmp_path):
    write_npz(WATER, tmp_path / "water.npz")
    return tmp_path / "water.npz"


@pytest.mark.parametrize("ending", WRITTEN_SUFFIXES)
def test_every_format_gives_the_same_numbers_back(qffc, water, tmp_path, ending):
    out = tmp_path / f"out{ending}"
    code, said, _ = qffc("data", "convert", water, out)
    assert code == 0
    assert f"OH2: 6 frames, fingerprint {WATER.fingerprint}" in said
    again = read(out)
    assert np.array_equal(again.positions, WATER.positions)
    assert np.array_equal(again.forces, WATER.forces)
    assert again.fingerprint == WATER.fingerprint


@pytest.mark.parametrize("ending", [".xyz", ".db"])
def test_several_molecules_and_free_atoms_go_through_one_file(qffc, tmp_path, ending):
    out, back = tmp_path / f"all{ending}", tmp_path / "all.extxyz"
    write_data([WATER, AMMONIA], out, {"H": -13.568422383})
    assert qffc("data", "convert", out, back)[0] == 0
    found = read_molecules(back)
    assert [data.fingerprint for data in found.sets] == [WATER.fingerprint, AMMONIA.fingerprint]
    assert found.atoms == {"H": -13.568422383}


def test_npz_holds_one_molecule_and_says_so(qffc, tmp_path):
    out = tmp_path / "all.npz"
    write_data([WATER, AMMONIA], tmp_path / "all.db", {"H": -13.6})
    code, _, err = qffc("data", "convert", tmp_path / "all.db", out)
    assert code == 2
    assert "several molecules for one npz file" in err
    assert not out.exists()
    code, _, err = qffc("data", "convert", tmp_path / "all.db", out, "--by-composition", "--layout", "sgdml")
    assert code == 0
    assert "left out: energies of the free atoms H" in err
    assert read(tmp_path / "all-OH2.npz").fingerprint == WATER.fingerprint
    with np.load(tmp_path / "all-NH3.npz") as archive:
        assert str(archive["type"]) == "d"
        assert str(archive["e_unit"]) == "eV"


def test_frames_of_one_molecule_are_joined_whatever_the_order_of_their_atoms(qffc, water, tmp_path):
    turned = Dataset(WATER.numbers[::-1], WATER.positions[:, ::-1], WATER.energies, WATER.forces[:, ::-1])
    write_npz(turned, tmp_path / "turned.npz")
    code, _, _ = qffc("data", "convert", water, tmp_path / "turned.npz", tmp_path / "both.npz")
    assert code == 0
    both = read(tmp_path / "both.npz")
    assert len(both) == 12
    assert both.numbers.tolist() == [8, 1, 1]
    assert np.array_equal(both.positions[6:, 0], WATER.positions[:, 0])


def test_what_has_no_place_is_told(qffc, tmp_path):
    file = tmp_path / "more.npz"
    same = {"z": WATER.numbers, "R": WATER.positions, "E": WATER.energies, "F": WATER.forces}
    np.savez(file, **same, dipole=np.zeros((6, 3)), train_idx=[[0]], test_idx=[[1]])
    code, out, err = qffc("data", "convert", file, tmp_path / "more.xyz", "--units", "ase", "--json")
    assert code == 0
    assert "left out: 'dipole'" in err
    assert "published splits" in err
    assert len(json.loads(out)["files"][0]["left_out"]) == 2


def test_what_is_read_is_not_overwritten(qffc, water):
    before = water.read_bytes()
    code, _, err = qffc("data", "convert", water, water)
    assert code == 2
    assert "one file to read and to write" in err
    assert water.read_bytes() == before


def test_energies_without_forces_stay_without(qffc, tmp_path):
    alone = Dataset(WATER.numbers, WATER.positions, WATER.energies, None)
    write_npz(alone, tmp_path / "alone.npz")
    assert qffc("data", "convert", tmp_path / "alone.npz", tmp_path / "alone.db")[0] == 0
    assert not read(tmp_path / "alone.db", energies_alone=True).has_forces
    code, _, err = qffc("data", "convert", tmp_path / "alone.db", tmp_path / "s.npz", "--layout", "sgdml")
    assert code == 2
    assert "no forces for sGDML" in err


def test_a_file_that_is_no_database_is_refused(qffc, tmp_path):
    (tmp_path / "a.db").write_text("no database")
    code, _, err = qffc("data", "info", tmp_path / "a.db")
    assert code == 2
    assert "not a database of ASE" in err


@pytest.mark.parametrize("form", ["ANI-1", "ANI-1x"])
def test_ani_files(qffc, tmp_path, form):
    h5py = pytest.importorskip("h5py", reason="the extra 'h5'")
    with h5py.File(tmp_path / "ani.h5", "w") as file:
        group = file.create_group("gdb/gdb-0" if form == "ANI-1" else "H2O1")
        group["coordinates"] = WATER.positions
        if form == "ANI-1":
            group["species"] = np.array([b"O", b"H", b"H"])
            group["energies"] = WATER.energies
        else:
            group["atomic_numbers"] = WATER.numbers
            group["dft.energy"] = WATER.energies
            group["dft.forces"] = WATER.forces
    keys = [] if form == "ANI-1" else ["--keys", "energies=dft.energy,forces=dft.forces"]
    code, _, _ = qffc("data", "convert", tmp_path / "ani.h5", tmp_path / "out.npz", "--units", "ase", *keys)
    assert code == 0
    found = read(tmp_path / "out.npz", energies_alone=True)
    assert np.array_equal(found.energies, WATER.energies)
    assert found.has_forces == (form == "ANI-1x")


def test_parts_of_a_split(qffc, tmp_path):
    sizes = ["--train", "5", "--validation", "3", "--test", "4", "--seed", "7"]
    code, out, _ = qffc("data", "split", "water", *sizes, "--out", tmp_path, "--json")
    assert code == 0
    water = load_embedded("water")
    split = water.split(train=5, validation=3, test=4, seed=7)
    for part in ("train", "validation", "test"):
        numbers = tuple(int(line) for line in (tmp_path / f"{part}.txt").read_text().split())
        assert numbers == getattr(split, part)
        assert read(tmp_path / f"{part}.npz").fingerprint == water.subset(numbers).fingerprint
        assert json.loads(out)["parts"][part]["frames"] == len(numbers)


def test_the_same_geometry_in_two_parts_is_told(qffc, tmp_path):
    write_npz(load_embedded("water").subset([0, 1, 0, 1]), tmp_path / "twice.npz")
    code, _, err = qffc("data", "split", tmp_path / "twice.npz", "--train", "2", "--out", tmp_path / "s", "--seed", "1")
    assert code == 0
    assert ("same geometry" in err) == (len({int(n) % 2 for n in (tmp_path / "s/train.txt").read_text().split()}) == 2)


@pytest.fixture
def published(tmp_path):
    """A small archive of the form of rMD17's, on a server; where it is, and what it is known by."""
    folder = tmp_path / "served"
    folder.mkdir()
    arrays, splits = io.BytesIO(), {"train": "1\n2\n", "test": "0\n3\n"}
    np.savez(
        arrays,
        nuclear_charges=WATER.numbers.astype(np.uint8),
        coords=WATER.positions,
        energies=WATER.energies / 0.0433641,
        forces=WATER.forces / 0.0433641,
    )
    with tarfile.open(folder / "rmd17.tar.bz2", "w:bz2") as archive:
        for name, content in (
            ("rmd17/npz_data/rmd17_ethanol.npz", arrays.getvalue()),
            *((f"rmd17/splits/index_{part}_01.csv", text.encode()) for part, text in splits.items()),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder / "rmd17.tar.bz2", f"http://127.0.0.1:{server.server_port}/rmd17.tar.bz2"
    server.shutdown()
    thread.join()
    server.server_close()


def registry(folder: Path, url: str, content: bytes) -> Path:
    file = folder / "registry.toml"
    file.write_text(f'[rmd17]\nurl = "{url}"\nsha256 = "{hashlib.sha256(content).hexdigest()}"\n')
    return file


def test_published_data(qffc, published, tmp_path):
    pytest.importorskip("pooch", reason="the extra 'fetch'")
    file, url = published
    known = registry(tmp_path, url, file.read_bytes())
    call = ["data", "fetch", "rmd17", "ethanol", "--registry", known, "--cache", tmp_path / "cache", "--out", tmp_path]
    assert qffc(*call)[0] == 0
    found = read(tmp_path / "rmd17_ethanol.npz")
    assert np.allclose(found.energies, WATER.energies, rtol=0, atol=1e-10)
    assert found.published[0].train == (1, 2)
    file.unlink()  # what is kept is taken the second time
    assert qffc(*call)[0] == 0


def test_a_damaged_download_is_refused_and_not_kept(qffc, published, tmp_path):
    pytest.importorskip("pooch", reason="the extra 'fetch'")
    file, url = published
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    cache = tmp_path / "cache"
    call = ["data", "fetch", "rmd17", "--registry", registry(tmp_path, url, whole), "--cache", cache]
    code, _, err = qffc(*call, "--out", tmp_path)
    assert code == 2
    assert "download with other bytes than were published" in err
    assert not list(cache.iterdir())
    file.unlink()
    code, _, err = qffc(*call, "--out", tmp_path)
    assert code == 2
    assert "download that failed" in err


def test_a_registry_needs_whole_checksums(qffc, tmp_path):
    file = tmp_path / "registry.toml"
    file.write_text('[rmd17]\nurl = "https://example.org/a"\nsha256 = "cddeea2ec2c4"\n')
    code, _, err = qffc("data", "fetch", "rmd17", "--registry", file, "--out", tmp_path)
    assert code == 2
    assert "registry that cannot be read" in err


@pytest.mark.parametrize("way", ["modes", "dynamics"])
def test_frames_sampled_with_a_calculator_of_ase(qffc, tmp_path, way):
    out = tmp_path / "n2.npz"
    call = ["data", "sample", "--geometry", "N2", "--method", "ase.calculators.emt:EMT", "--frames", 20]
    code, said, err = qffc(*call, "--temperature", 300, "--out", out, "--way", way, "--interval", 20)
    assert code == 0
    assert "NN" not in said
    data = read(out)
    assert len(data) == 20
    assert len(np.unique(data.energies)) == 20
    # One stretch holds kT/2 of potential energy on average: 13 meV at 300 K.
    assert 0.003 < data.energies.mean() - data.energies.min() < 0.05
    assert np.abs(data.forces.sum(axis=1)).max() < 1e-10


@pytest.mark.parametrize(
    ("method", "extra", "package"), [("gfn2", "tblite", "tblite"), ("pyscf:PBE/sto-3g", "pyscf", "pyscf")]
)
def test_a_method_names_its_extra_or_works(qffc, tmp_path, method, extra, package):
    out = tmp_path / "h2.xyz"
    call = ["data", "sample", "--geometry", "H2", "--method", method, "--frames", 2, "--temperature", 300]
    code, _, err = qffc(*call, "--way", "modes", "--out", out)
    try:
        __import__(package)
    except ImportError:
        assert code == 2
        assert f"the extra '{extra}'" in err
        return
    assert code == 0
    assert len(read(out)) == 2


def test_modes_have_the_energy_of_their_temperature(qffc, tmp_path):
    call = [
        "data",
        "sample",
        "--geometry",
        "N2",
        "--method",
        "ase.calculators.emt:EMT",
        "--frames",
        400,
        "--way",
        "modes",
    ]
    for temperature in (100, 300):
        assert qffc(*call, "--temperature", temperature, "--out", tmp_path / "n2.npz")[0] == 0
        energies = read(tmp_path / "n2.npz").energies
        # Half kT for the one stretch, within four standard errors of 400 squares of normal numbers.
        half = 0.5 * 8.617e-5 * temperature
        assert abs(energies.mean() - energies.min() - half) < 4 * half * (2 / 400) ** 0.5


def test_sampling_refuses_what_cannot_be(qffc, tmp_path):
    call = ["data", "sample", "--method", "ase.calculators.emt:EMT", "--out", tmp_path / "a.npz", "--geometry"]
    code, _, err = qffc(*call, "N2", "--frames", 0, "--temperature", 300)
    assert code == 2
    assert "sampling that cannot be done" in err
    code, _, err = qffc(*call, "bulk:Cu", "--frames", 1, "--temperature", 300)
    assert code == 2
    assert "periodic" in err
