"""Molecules of rMD17 from files of both layouts, trained split by split, and the table of what is on disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from ase.build import molecule

from qffc.ir.diagnostics import QffcError
from qffc.models.files.model_file import load_model
from qffc.training import trainer
from qffc.units import energy_from_ev

pytest.importorskip("benchmarks.rmd17", reason="needs the source tree on the path: python -m pytest")

from benchmarks.forcefields.rmd17_files import ARCHIVE, FORMULAS, need_molecule, read_rmd17
from benchmarks.rmd17 import training
from benchmarks.rmd17.__main__ import main
from benchmarks.rmd17.costs import Times
from benchmarks.rmd17.settings import read_choices
from benchmarks.rmd17.table import LABELS
from qffc.training.talk import Progress

ETHANOL = molecule("CH3CH2OH")
FRAMES, TRAIN, TEST = 40, 6, 4
MODEL = "lib:initial:channels=1,slots=8"
SETTINGS = {"epochs": 3, "evaluate_every": 1, "validation": 2, "limits": "off", "model": {"depth": 1}}


def made_up(frames: int = FRAMES) -> dict[str, np.ndarray]:
    """Ethanol whose atoms are joined by springs, in kcal/mol and Angstrom, frames in no order."""
    generator = np.random.default_rng(0)
    positions = ETHANOL.positions + 0.03 * generator.normal(size=(frames, len(ETHANOL), 3))
    apart = positions[:, :, None] - positions[:, None]
    lengths = np.linalg.norm(apart, axis=-1) + np.eye(len(ETHANOL))
    stretch = lengths - (ETHANOL.get_all_distances() + np.eye(len(ETHANOL)))
    forces = -4.0 * np.sum((stretch / lengths)[..., None] * apart, axis=2)
    return {
        "nuclear_charges": ETHANOL.numbers.astype(np.uint8),
        "coords": positions,
        "energies": energy_from_ev(np.sum(stretch**2, axis=(1, 2)) - 4200.0, "kcal/mol"),
        "forces": energy_from_ev(forces, "kcal/mol"),
        "old_indices": generator.permutation(10 * frames)[:frames],
    }


def made_up_splits() -> list[tuple[np.ndarray, np.ndarray]]:
    generator = np.random.default_rng(1)
    drawn = [generator.permutation(FRAMES - 2)[: TRAIN + TEST] for _ in range(5)]
    return [(rows[:TRAIN], rows[TRAIN:]) for rows in drawn]


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    """The folder of an archive as it is unpacked, with ethanol alone."""
    place = tmp_path_factory.mktemp("download")
    (place / "rmd17/npz_data").mkdir(parents=True)
    (place / "rmd17/splits").mkdir()
    np.savez(place / "rmd17/npz_data/rmd17_ethanol.npz", **made_up())
    for number, parts in enumerate(made_up_splits(), start=1):
        for part, rows in zip(("train", "test"), parts, strict=True):
            (place / f"rmd17/splits/index_{part}_{number:02}.csv").write_text("".join(f"{row}\n" for row in rows))
    return place


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    """The same frames as a file that holds its splits, in the order of the trajectory."""
    raw, splits = made_up(), made_up_splits()
    used = np.unique(np.concatenate([rows for parts in splits for rows in parts]))
    used = used[np.argsort(raw["old_indices"][used])]
    row_of = {row: number for number, row in enumerate(used)}
    arrays = {name: array if name == "nuclear_charges" else array[used] for name, array in raw.items()}
    train, test = (np.array([[row_of[row] for row in parts[part]] for parts in splits]) for part in (0, 1))
    folder = tmp_path_factory.mktemp("prepared")
    np.savez(folder / "rmd17_ethanol.npz", **arrays, train_idx=train, test_idx=test)
    return folder


@pytest.fixture
def settings(tmp_path) -> Path:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(SETTINGS))
    return file


def command(folder: Path, data: Path, settings: Path, splits: str = "1") -> list[str]:
    given = {"splits": splits, "frames": 5, "model": MODEL, "settings": settings, "data": data, "folder": folder}
    return ["ethanol", *(word for name, value in given.items() for word in (f"--{name}", str(value)))]


def rows_of(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]


@pytest.mark.parametrize("place", [".", "rmd17", "rmd17/npz_data", "rmd17/npz_data/rmd17_ethanol.npz"])
def test_the_archive_has_the_frames_of_its_splits(archive, place):
    data, raw = read_rmd17(archive / place, "ethanol"), made_up()
    for published, parts in zip(data.published, made_up_splits(), strict=True):
        for rows, wanted in zip((published.train, published.test), parts, strict=True):
            np.testing.assert_array_equal(data.positions[list(rows)], raw["coords"][wanted])
    assert len(data) == len({row for parts in made_up_splits() for rows in parts for row in rows}) < FRAMES


def test_both_layouts_are_the_same_data(archive, prepared):
    first, second = read_rmd17(archive, "ethanol"), read_rmd17(prepared, "ethanol")
    assert first.fingerprint == second.fingerprint
    assert first.published == second.published


def test_what_is_missing_is_named_with_the_place_to_get_it(archive, tmp_path):
    for place, molecule_name, word in (
        (archive, "uracil", "rmd17_uracil.npz"),
        (tmp_path / "nowhere", "ethanol", "nowhere"),
        (archive / "rmd17/splits/index_test_01.csv", "ethanol", "no npz file"),
        (None, "ethanol", "no place"),
    ):
        with pytest.raises(QffcError, match=word) as refusal:
            read_rmd17(place, molecule_name)
        assert ARCHIVE in refusal.value.diagnostic.help
    np.savez(tmp_path / "rmd17_ethanol.npz", **made_up())
    with pytest.raises(QffcError, match="without splits"):
        read_rmd17(tmp_path, "ethanol")
    (tmp_path / "splits").mkdir()
    with pytest.raises(QffcError, match="index_train_01.csv"):
        read_rmd17(tmp_path, "ethanol")


@pytest.mark.parametrize("text", ["1\n40\n", "1.5\n", "-1\n", "", "2\n2\n"])
def test_a_split_that_cannot_be_right_is_refused_by_name(tmp_path, text):
    np.savez(tmp_path / "rmd17_ethanol.npz", **made_up())
    (tmp_path / "splits").mkdir()
    for part in ("train", "test"):
        (tmp_path / f"splits/index_{part}_01.csv").write_text(text)
    with pytest.raises(QffcError) as refusal:
        read_rmd17(tmp_path, "ethanol")
    assert "splits" in refusal.value.diagnostic.where


def test_data_of_another_molecule_are_refused(archive):
    data, file = read_rmd17(archive, "ethanol"), archive / "rmd17/npz_data/rmd17_ethanol.npz"
    need_molecule(data, "ethanol", file)
    with pytest.raises(QffcError, match="uracil, C4H4N2O2"):
        need_molecule(data, "uracil", file)
    assert len(FORMULAS) == 10


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "epochs: 7\nlearning_rate: 1e-3\nlimits: off\nmodel: {depth: 2, hidden: [8, 8], products: true}\n"),
        (
            "a.json",
            '{"epochs": 7, "learning_rate": 0.001, "limits": "off", '
            '"model": {"depth": 2, "hidden": [8, 8], "products": true}}',
        ),
        (
            "a.toml",
            'epochs = 7\nlearning_rate = 0.001\nlimits = "off"\n[model]\ndepth = 2\nhidden = [8, 8]\nproducts = true\n',
        ),
    ],
)
def test_settings_are_read_from_all_formats(tmp_path, name, text):
    if name.endswith(".yaml"):
        pytest.importorskip("yaml", reason="comes with the extra 'cluster'")
    (tmp_path / name).write_text(text)
    choices = read_choices("lib:pair:depth=1,channels=3", tmp_path / name)
    assert choices.program == "lib:pair:depth=2,channels=3,hidden=8,8,products=true"
    settings = choices.file.settings
    assert (settings.epochs, settings.learning_rate, settings.limits, settings.batch_size) == (7, 0.001, "off", 5)


def test_run_files_of_qffc_are_settings():
    file = Path(training.__file__).parents[1] / "forcefields/runs/pair.toml"
    choices = read_choices(None, file)
    assert choices.program.startswith("lib:pair:channels=8,depth=4,species=C,H,O")
    assert choices.file.settings.epochs == 200
    assert read_choices(MODEL, None).file.settings == training.training_config({})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"epoch": 3}', "'epoch'"),
        ('{"data": "water"}', "'data'"),
        ('{"model": 3}', "model: 3"),
        ("[1]", "list"),
        ("{", "settings.json"),
    ],
)
def test_settings_that_are_none_are_refused(settings, text, found):
    settings.write_text(text)
    with pytest.raises(QffcError, match="settings.json") as refusal:
        read_choices(MODEL, settings)
    assert found in refusal.value.diagnostic.found
    with pytest.raises(QffcError, match="no program"):
        read_choices(None, None)


def test_programs_get_the_elements_of_the_molecule(prepared):
    data = read_rmd17(prepared, "ethanol")
    assert training.program_for("lib:pair:depth=2", data) == "lib:pair:depth=2,species=C,H,O"
    for whole in ("lib:pair:species=H,C,O,N", "lib:sivqlm-h2o", "mine.qffc"):
        assert training.program_for(whole, data) == whole


@pytest.mark.slow  # the same of qffc train is quick
def test_a_killed_run_goes_on_to_the_same_bits(archive, prepared, tmp_path, settings, capsys, monkeypatch):
    assert main(command(tmp_path / "whole", archive, settings)) == 0
    row = capsys.readouterr().out
    assert "ethanol" in row
    assert "5 training frames, 4 test frames" in row

    def stop(self, progress):
        if progress.epoch == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Times, "__call__", stop)
        assert main(command(tmp_path / "cut", prepared, settings)) == 130
    (cut,) = (tmp_path / "cut").glob("molecule=ethanol*")
    assert not (cut / "model.safetensors").exists()
    assert main(command(tmp_path / "cut", prepared, settings)) == 0
    text = capsys.readouterr().err
    assert "2 of 3 epochs are done" in text
    (whole,) = (tmp_path / "whole").glob("molecule=ethanol*")
    first, second = load_model(whole).arrays, load_model(cut).arrays
    assert all(np.array_equal(first[name], second[name]) for name in first)
    known = [json.loads((folder / "result.json").read_text())["errors"] for folder in (whole, cut)]
    assert known[0] == known[1]

    # Finished: not trained again, and refused with other settings.
    monkeypatch.setattr(trainer, "train", lambda *_, **__: pytest.fail("trained again"))
    (cut / "costs.json").unlink()
    assert main(command(tmp_path / "cut", prepared, settings)) == 0
    assert "complete: ethanol, split 1" in capsys.readouterr().err
    costs = json.loads((cut / "costs.json").read_text())
    assert (costs["circuits"], costs["device"]) == (9, "cpu")
    settings.write_text(json.dumps({**SETTINGS, "epochs": 4}))
    assert main(command(tmp_path / "cut", prepared, settings)) == 1
    assert "--folder" in capsys.readouterr().err


def test_nothing_is_trained_when_a_split_has_too_few_frames(prepared, tmp_path, settings, capsys):
    words = [*command(tmp_path / "runs", prepared, settings), "--frames", str(TRAIN + 1)]
    assert main(words) == 2
    assert f"at most {TRAIN}" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def finished_run(folder: Path, name: str, split: int, energy: float, forces: float, **labels: object) -> Path:
    """What a finished run leaves for the table."""
    place = folder / f"{name}-{split}"
    place.mkdir(parents=True)
    known = {"molecule": name, "frames": 1000, "program": "lib:pair", "published_split": split} | labels
    assert set(known) == LABELS
    errors = {"energy_mae": energy, "energy_rmse": 0.0, "force_mae": forces, "force_rmse": 0.0, "frames": 1000}
    (place / "result.json").write_text(json.dumps({"labels": known, "errors": errors}))
    costs = {"seconds": 100.0 * split, "trained_numbers": 12345, "circuits": 2016, "device": "cpu", "cores": 2}
    (place / "costs.json").write_text(json.dumps(costs))
    return place


def test_the_table_is_made_of_what_is_on_disk(tmp_path, capsys):
    for split, energy, forces in ((1, 2.0, 10.0), (3, 3.0, 12.0)):
        finished_run(tmp_path, "ethanol", split, energy, forces)
    (finished_run(tmp_path, "aspirin", 1, 9.0, 30.0, frames=50) / "costs.json").unlink()
    finished_run(tmp_path, "uracil", 1, 9.0, 30.0, frames=20)
    assert main(["--table", "--format", "markdown", "--folder", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    first, _, ethanol, second, _, aspirin, third, _, uracil = rows_of(text)
    assert ethanol[:8] == ["ethanol", "lib:pair", "1,3", "2.50 ± 0.71", "11.00 ± 1.41", "3 min", "12,345", "2,016"]
    assert dict(zip(first[8:], ethanol[8:], strict=True)) == {
        "GAP": "3.5 / 18.1",
        "ANI": "2.5 / 13.4",
        "FCHL19": "0.9 / 6.2",
        "ACE": "1.2 / 7.3",
        "NequIP": "0.4 / 2.8",
        "MACE": "0.4 / 2.1",
    }
    assert aspirin[3:] == ["9.00", "30.00", "-", "-", "-", "26.2 / 63.8", "19.5 / 52", "17 / 43.9"]
    assert second[8:] == ["linear ACE", "NequIP", "MACE"]
    assert len(third) == len(uracil) == 8
    assert "ethanol 0.4 / 2.7" in text
    assert main(["benzene", "--table", "--folder", str(tmp_path)]) == 2
    assert "no run of benzene" in capsys.readouterr().err


def test_times_go_on_from_the_checkpoint(tmp_path):
    (tmp_path / "times.csv").write_text("epoch,seconds\n1,10.0\n2,20.0\n3,30.0\n4,4")
    times = Times(tmp_path, done=2)
    assert times.until(9) == 20.0
    times(Progress(3, 5, 0.0, None))
    assert 20.0 < times.until(3) < 30.0
    assert times.until(2) == 20.0
    assert Times(tmp_path / "new", done=0).until(3) == 0.0


def test_molecules_are_named_to_be_trained(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--model", MODEL, "--folder", str(tmp_path)])
    assert "which molecules" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "6", "2-1", "a", "1-6", ""])
def test_splits_that_are_none_are_refused(tmp_path, text, capsys):
    with pytest.raises(SystemExit):
        main(["ethanol", "--splits", text, "--folder", str(tmp_path)])
    assert "--splits" in capsys.readouterr().err
