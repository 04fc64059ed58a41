"""Training on several data sets, from the command line and from a file; what eval says of them."""

from __future__ import annotations

import contextlib
import io
import json

import numpy as np
import pytest

from qffc.cli import run
from qffc.cli.run_options import run_options
from qffc.cli.starting_options import parse_atom_energies
from qffc.cli.training_summary import errors_by_set, summary_text, training_summary
from qffc.data import load_embedded, write_npz
from qffc.ir.diagnostics import QffcError
from qffc.models.files.model_file import load_model
from qffc.models.files.seen_frames import seen_frames
from qffc.studies.run_file import read_run
from qffc.training.config import training_config

PROGRAM = "lib:pair:species=H,N,O,channels=1,depth=1,hidden=4"
TRAIN = ["train", PROGRAM, "--data", "water", "--data", "ammonia", "--train", "8,4", "--validation", "2", "--test", "6"]
TRAIN += ["--epochs", "1", "--batch-size", "6", "--atom-energies", "H=-13.6,N=-1479.0,O=-2035.6"]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """The folder of a model of water and ammonia, and what was said of it."""
    folder, said = tmp_path_factory.mktemp("mixed") / "run", io.StringIO()
    with contextlib.redirect_stdout(said):
        assert run([*TRAIN, "--out", str(folder)]) == 0
    return folder, said.getvalue()


def test_summary_has_every_set(mixed):
    folder, out = mixed
    assert "6 test frames of water" in out
    assert "6 test frames of ammonia" in out
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["data"] == ["water", "ammonia"]
    assert set(summary["test"]) == {"water", "ammonia"}
    assert summary["settings"]["train"] == [8, 4]


def test_eval_takes_any_of_the_sets(qffc, mixed, tmp_path):
    folder, _ = mixed
    plot = tmp_path / "parity.png"
    code, out, _ = qffc("eval", folder, "--data", "ammonia", "--plot", plot)
    assert code == 0
    assert "6 frames of ammonia: held out when the model was trained" in out
    assert "harmonic" in out
    assert [line.split()[0] for line in out[out.index("forces on") :].splitlines()[2:]] == ["N", "H"]
    assert plot.read_bytes().startswith(b"\x89PNG")
    code, out, _ = qffc("eval", folder, "--data", "water", "--json")
    model = json.loads(out)["errors"]["model"]
    by_element = model["forces_by_element"]
    mean = (by_element["O"]["mae_meV_per_Angstrom"] + 2 * by_element["H"]["mae_meV_per_Angstrom"]) / 3
    np.testing.assert_allclose(mean, model["force_mae_meV_per_Angstrom"], rtol=1e-9)


def test_a_card_of_several_sets(qffc, mixed, tmp_path):
    folder, _ = mixed
    code, text, err = qffc("card", folder, "--data", "ammonia", "--data", "water")
    assert code == 0, err
    maes = {}
    for name in ("water", "ammonia"):
        own = json.loads(qffc("eval", folder, "--data", name, "--json")[1])["errors"]["model"]
        maes[name] = f"| model | {own['energy_mae_meV']:.2f} |"
        assert f"{name}: MAE {own['energy_mae_meV']:.3g} meV" in text
    of_water, of_ammonia = text[text.index("## Errors") :].split("test frames of ammonia")
    assert maes["water"] in of_water
    assert maes["ammonia"] in of_ammonia
    assert "--data water --data ammonia --train 8,4" in text
    one = qffc("card", folder, "--data", "ammonia")[1]
    assert "not tested here: water" in one
    assert maes["water"] not in one
    code, _, err = qffc("card", folder, "--data", "water", "--data", "water")
    assert code == 2
    assert "data for a card" in err


def test_a_summary_of_two_files_of_one_name(mixed):
    model, config = load_model(mixed[0]), training_config({"train": 2, "validation": 0, "test": (3, 2)})
    sets = [load_embedded("water").subset(range(start, start + 6)) for start in (20, 40)]
    tests = errors_by_set(model, sets, config)
    assert list(tests) == ["water (1)", "water (2)"]
    summary = training_summary(model, sets, config, tests)
    assert summary["data"] == ["water (1)", "water (2)"]
    assert set(summary["test"]) == {"water (1)", "water (2)"}
    assert "test frames of water (2)" in summary_text(tests, 2)


def test_training_on_from_the_model(qffc, mixed, tmp_path):
    folder, _ = mixed
    arguments = ["--data", "ammonia", "--train", "4", "--validation", "0", "--test", "4", "--epochs", "1"]
    code, _, err = qffc("train", PROGRAM, *arguments, "--start-from", folder, "--out", tmp_path / "tuned")
    assert code == 0, err
    before, after = load_model(folder), load_model(tmp_path / "tuned")
    np.testing.assert_array_equal(after.arrays["constant.feature_scale"], before.arrays["constant.feature_scale"])
    water, ammonia = (load_embedded(name) for name in ("water", "ammonia"))
    assert set(seen_frames(after.metadata, water).nonzero()[0]) == set(water.split(train=8).train)
    assert set(seen_frames(after.metadata, ammonia).nonzero()[0]) == set(ammonia.split(train=4).train)
    code, _, err = qffc("train", PROGRAM, *arguments, "--start-from", folder, "--atom-energies", "H=-1,N=-2")
    assert code == 2
    assert "two sources of reference energies" in err
    code, _, err = qffc("train", f"{PROGRAM},messages=1", *arguments, "--start-from", folder)
    assert code == 2
    assert "model of another program" in err


def test_a_run_file_names_several_sets(qffc, mixed, tmp_path):
    folder, _ = mixed
    water = load_embedded("water")
    write_npz(water.subset(range(30)), tmp_path / "few.npz")
    file = tmp_path / "run.toml"
    file.write_text(
        f'program = "{PROGRAM}"\ndata = ["few.npz", {{file = "ammonia"}}]\ntrain = [6, 3]\n'
        f'start_from = "{folder}"\n[atom_energies]\nH = -13.6\n'
    )
    found = read_run(file)
    assert [each.file for each in found.data] == [str(tmp_path / "few.npz"), "ammonia"]
    assert found.settings.train == (6, 3)
    assert found.start_from == str(folder)
    assert found.atom_energies == {"H": -13.6}
    code, out, err = qffc("config", "validate", file)
    assert code == 0, err
    assert f"data = {tmp_path / 'few.npz'}, ammonia" in out
    file.write_text(file.read_text().replace(str(folder), "nowhere"))
    code, _, err = qffc("config", "validate", file)
    assert code == 2
    assert "nowhere" in err


def test_units_belong_to_files_alone():
    given = run_options(PROGRAM, None, ["water", "other.npz"], "rmd17", None, {})
    assert [(each.file, each.units) for each in given.data] == [("water", None), ("other.npz", "rmd17")]
    # Asked for embedded data only, they are refused when these are loaded.
    assert run_options(PROGRAM, None, ["water"], "rmd17", None, {}).data[0].units == "rmd17"


def test_atom_energies_on_the_command_line(tmp_path):
    file = tmp_path / "atoms.toml"
    file.write_text("H = -13.6\nO = -2035\n")
    assert parse_atom_energies(str(file)) == {"H": -13.6, "O": -2035.0}
    for wrong in ("H", "H=low", "H=1,H=2", "=1,"):
        with pytest.raises(QffcError, match="atom energies that cannot be read"):
            parse_atom_energies(wrong)
