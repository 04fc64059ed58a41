"""The verbs energy and run."""

from __future__ import annotations

import json

import numpy as np
import pytest

from qffc.data import load_embedded
from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.reference import moments
from qffc.library import load
from qffc.models.files.model_file import load_model, save_model
from qffc.models.force_field import untrained

PROGRAM = load("water-demo", depth=2)
NAME = "lib:water-demo:depth=2"


@pytest.fixture
def files(tmp_path):
    generator = np.random.default_rng(4)
    values = {
        "alpha": generator.normal(size=(4, 3)).tolist(),
        "w": generator.normal(size=(4, 2)).tolist(),
        "epsilon": generator.normal(size=(2, 4)).tolist(),
    }
    (tmp_path / "p.json").write_text(json.dumps(values))
    np.savez(tmp_path / "g.npz", positions=generator.normal(size=(3, 2, 3)))
    return tmp_path


def reference(values, positions):
    arrays = {name: np.array(value) for name, value in values.items()}
    instance = Instance(positions, np.array([0, 1, 1]), arrays)
    named = dict(zip([name for name, _ in PROGRAM.observables], moments(PROGRAM, instance), strict=True))
    return float(
        Evaluator(PROGRAM, Instance(positions, np.array([0, 1, 1]), arrays, 0, named), np)(PROGRAM.readout.value)
    )


def energy(qffc, folder, *more):
    return qffc("energy", NAME, "--params", folder / "p.json", "--geometry", folder / "g.npz", *more)


def test_energies_are_those_of_the_reference_and_forces_their_slope(qffc, files):
    code, out, _ = energy(qffc, files, "--raw", "--json")
    assert code == 0
    data = json.loads(out)
    assert set(data) == {"energies", "forces"}
    values = json.loads((files / "p.json").read_text())
    positions = np.load(files / "g.npz")["positions"]
    full = np.concatenate([np.zeros((3, 1, 3)), positions], axis=1)
    assert np.allclose(data["energies"], [reference(values, frame) for frame in full], atol=1e-10)
    step = 1e-5
    for site, axis in ((1, 0), (2, 2)):
        up, down = full[0].copy(), full[0].copy()
        up[site, axis] += step
        down[site, axis] -= step
        slope = (reference(values, up) - reference(values, down)) / (2 * step)
        assert data["forces"][0][site - 1][axis] == pytest.approx(-slope, abs=1e-7)


def test_centre_may_be_given(qffc, files):
    short = json.loads(energy(qffc, files, "--raw", "--json")[1])
    positions = np.load(files / "g.npz")["positions"]
    full = np.concatenate([np.zeros((3, 1, 3)), positions], axis=1)
    np.savez(files / "g.npz", positions=full + np.array([0.3, -1.0, 2.0]))
    whole = json.loads(energy(qffc, files, "--raw", "--json")[1])
    assert np.allclose(whole["energies"], short["energies"], atol=1e-12)
    assert np.shape(whole["forces"]) == (3, 3, 3)
    assert np.allclose(np.array(whole["forces"])[:, 1:], short["forces"], atol=1e-12)
    assert np.allclose(np.sum(whole["forces"], axis=1), 0, atol=1e-12)


def test_missing_parameters_take_their_default(qffc, files):
    values = json.loads((files / "p.json").read_text())
    values["epsilon"] = np.zeros((2, 4)).tolist()
    (files / "p.json").write_text(json.dumps(values))
    given = energy(qffc, files, "--raw", "--json")[1]
    del values["epsilon"]
    (files / "p.json").write_text(json.dumps(values))
    assert energy(qffc, files, "--raw", "--json")[1] == given


def test_text_output(qffc, files):
    code, out, _ = energy(qffc, files, "--raw")
    assert code == 0
    assert len(out.splitlines()) == 1 + 3 * 2


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"w": None}, "'w' (4, 2)"),
        ({"w": [0.0]}, "shape (1,)"),
        ({"w": [[0.0], [0.0, 1.0]]}, "unequal length"),
        ({"w": "many"}, "no number"),
        ({"w": [[True, False]] * 4}, "no number"),
        ({"w": [[1e999, 0.0]] * 4}, "Infinity is no number"),
        ({"v": 1.0}, "'v'"),
    ],
)
def test_bad_parameters(qffc, files, change, word):
    values = json.loads((files / "p.json").read_text()) | change
    kept = {name: value for name, value in values.items() if value is not None}
    (files / "p.json").write_text(json.dumps(kept))
    code, out, err = energy(qffc, files, "--raw")
    assert code == 2
    assert out == ""
    assert word in err


@pytest.mark.parametrize("text", ["{", "[]", "3"])
def test_parameters_that_are_no_object(qffc, files, text):
    (files / "p.json").write_text(text)
    assert energy(qffc, files, "--raw")[0] == 2


@pytest.mark.parametrize("shape", [(2, 3), (1, 4, 3), (1, 2, 2), (0, 2, 3)])
def test_bad_shapes_are_refused_with_both_named(qffc, files, shape):
    np.savez(files / "g.npz", positions=np.zeros(shape))
    code, _, err = energy(qffc, files, "--raw")
    assert code == 2
    assert str(shape) in err
    assert "(frames, 2, 3)" in err
    assert "(frames, 3, 3)" in err


@pytest.mark.parametrize("arrays", [{}, {"X": np.zeros((1, 2, 3))}, {"positions": np.full((1, 2, 3), np.nan)}])
def test_bad_geometry_file(qffc, files, arrays):
    np.savez(files / "g.npz", **arrays)
    assert energy(qffc, files, "--raw")[0] == 2


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"plain"])
def test_geometry_that_is_no_npz(qffc, files, content):
    (files / "g.npz").write_bytes(content)
    code, _, err = energy(qffc, files, "--raw")
    assert code == 2
    assert "not an npz file" in err


def test_geometry_as_extended_xyz(qffc, files):
    positions = np.round(np.load(files / "g.npz")["positions"], 6)
    full = np.concatenate([np.zeros((3, 1, 3)), positions], axis=1)
    np.savez(files / "g.npz", positions=full)
    expected = energy(qffc, files, "--raw", "--json")[1]
    rows = ["\n".join(f"{s} {x:.6f} {y:.6f} {z:.6f}" for s, (x, y, z) in zip("OHH", one, strict=True)) for one in full]
    (files / "g.extxyz").write_text("\n".join(f"3\n\n{row}\n" for row in rows))
    command = ("energy", NAME, "--params", files / "p.json", "--geometry", files / "g.extxyz", "--raw")
    assert qffc(*command, "--json")[1] == expected
    swapped = rows[0].replace("O", "X").replace("H", "O", 1).replace("X", "H")
    (files / "g.extxyz").write_text(f"3\n\n{swapped}\n")
    code, _, err = qffc(*command)
    assert code == 2
    assert "atoms that are not those of the sites" in err
    assert "'H', 'O', 'H'" in err


def test_bare_program_needs_raw(qffc, files):
    code, _, err = energy(qffc, files, "--json")
    assert code == 2
    assert "--raw" in err or "--raw" in energy(qffc, files)[2]


def test_averaged_program(qffc, tmp_path):
    program = load("sivqlm-nh3", depth=1)
    generator = np.random.default_rng(0)
    values = {p.name: generator.normal(size=program.shape(p)).tolist() for p in program.parameters}
    (tmp_path / "p.json").write_text(json.dumps(values))
    positions = generator.normal(size=(1, 3, 3))
    energies = []
    for order in ([0, 1, 2], [2, 0, 1]):
        np.savez(tmp_path / "g.npz", positions=positions[:, order])
        arguments = ["--params", tmp_path / "p.json", "--geometry", tmp_path / "g.npz", "--raw", "--json"]
        code, out, _ = qffc("energy", "lib:sivqlm-nh3:depth=1", *arguments)
        assert code == 0
        energies.append(json.loads(out)["energies"][0])
    assert energies[0] == pytest.approx(energies[1], abs=1e-10)


def test_pair_program_needs_the_elements(qffc, tmp_path):
    np.savez(tmp_path / "g.npz", positions=np.zeros((1, 3, 3)))
    arguments = ["--geometry", tmp_path / "g.npz", "--raw"]
    code, _, err = qffc("energy", "lib:pair:depth=1,channels=1", *arguments)
    assert code == 2
    assert "parameter without a value" in err


def test_atom_program_takes_any_molecule(qffc, tmp_path):
    program = load("revised", depth=1, channels=1, slots=3)
    values = untrained(program, 1).arrays
    (tmp_path / "p.json").write_text(json.dumps({name: array.tolist() for name, array in values.items()}))
    positions = np.random.default_rng(0).normal(size=(2, 3, 3))
    np.savez(tmp_path / "g.npz", positions=positions, numbers=np.array([8, 1, 1]))
    arguments = ["--params", tmp_path / "p.json", "--geometry", tmp_path / "g.npz", "--raw", "--json"]
    code, out, _ = qffc("energy", "lib:revised:depth=1,channels=1,slots=3", *arguments)
    assert code == 0
    energies, forces = untrained(program, 1).predict(np.array([8, 1, 1]), positions)
    assert np.allclose(json.loads(out)["energies"], energies, atol=1e-10)
    assert np.allclose(json.loads(out)["forces"], forces, atol=1e-10)
    np.savez(tmp_path / "g.npz", positions=positions)
    code, out, err = qffc("energy", "lib:revised:depth=1,channels=1,slots=3", *arguments)
    assert code == 2
    assert "scope atom fits any molecule" in out + err


def test_model(qffc, trained, tmp_path):
    water = load_embedded("water")
    np.savez(tmp_path / "g.npz", positions=water.positions[:2])
    code, out, _ = qffc("energy", trained, "--geometry", tmp_path / "g.npz", "--json")
    assert code == 0
    data = json.loads(out)
    energies, forces = load_model(trained).predict(water.numbers, water.positions[:2])
    assert data["units"] == {"energy": "eV", "forces": "eV/Angstrom"}
    assert np.allclose(data["energies"], energies, atol=1e-9)
    assert np.allclose(data["forces"], forces, atol=1e-9)
    raw = json.loads(qffc("energy", trained, "--geometry", tmp_path / "g.npz", "--raw", "--json")[1])
    assert not np.allclose(raw["energies"], energies)
    assert qffc("energy", trained, "--geometry", tmp_path / "g.npz", "--params", tmp_path / "p.json")[0] == 2


def test_a_geometry_beyond_the_data_is_said(qffc, trained, tmp_path):
    water = load_embedded("water").positions[:2]
    for stretch, said in ((1.0, False), (1.6, True)):
        np.savez(tmp_path / "g.npz", positions=stretch * water, z=[8, 1, 1])
        code, _, err = qffc("energy", trained, "--geometry", tmp_path / "g.npz", "--json")
        assert (code, "geometry beyond the training data" in err) == (0, said)
    ran = qffc("run", trained, "--geometry", tmp_path / "g.npz", "--frames", "1", "--shots", "10")
    assert "geometry beyond the training data" in ran[2]


XYZ = "3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"


def test_run(qffc, trained, tmp_path):
    file = tmp_path / "water.xyz"
    file.write_text(XYZ)
    code, out, err = qffc("run", trained, "--geometry", file, "--shots", "50", "--seed", "3", "--json")
    assert code == 0
    data = json.loads(out)
    (estimate,) = data["estimates"]
    assert estimate["standard_error"] > 0
    assert abs(estimate["energy"] - estimate["exact"]) < 6 * estimate["standard_error"]
    assert "price: " in err
    assert data["price_HQC"] == pytest.approx(estimate["price"])
    again = qffc("run", trained, "--geometry", file, "--shots", "50", "--seed", "3")[1]
    assert f"{estimate['energy']:.6f}" in again
    wanted = f"{1e3 * estimate['standard_error']}meV"
    reached = json.loads(qffc("run", trained, "--geometry", file, "--standard-error", wanted, "--json")[1])
    assert reached["estimates"][0]["standard_error"] == pytest.approx(estimate["standard_error"], rel=0.5)
    assert reached["shots"] == reached["estimates"][0]["shots"]
    assert reached["settings"]


def test_run_without_gates(qffc, trained, tmp_path):
    file = tmp_path / "water.xyz"
    file.write_text(XYZ)
    code, out, err = qffc("run", trained, "--geometry", file, "--target", "ideal", "--shots", "50", "--json")
    (estimate,) = json.loads(out)["estimates"]
    assert (code, estimate["price"]) == (0, 0)
    assert abs(estimate["energy"] - estimate["exact"]) < 6 * estimate["standard_error"]
    assert "exact states of the program" in err
    assert "layers" not in err


@pytest.mark.slow
def test_forces_without_gates_cost_nothing(qffc, trained, tmp_path):
    file = tmp_path / "water.xyz"
    file.write_text(XYZ)
    code, out, _ = qffc("run", trained, "--geometry", file, "--target", "ideal", "--forces", "--shots", "20", "--json")
    assert (code, json.loads(out)["price_HQC"]) == (0, 0)


def test_the_emulator_runs_where_it_is_asked_to(qffc, trained, tmp_path):
    pytest.importorskip("pytket_pecos")
    file = tmp_path / "water.xyz"
    file.write_text(XYZ)
    outs = {}
    for options in ((), ("--emulate",)):
        code, outs[options], err = qffc("run", trained, "--geometry", file, "--shots", "10", *options)
        assert code == 0
        assert ("emulated on this machine" if options else "drawn from exact states on this machine") in err
    assert outs[()] != outs["--emulate",]


def test_run_with_rounds(qffc, tmp_path):
    pytest.importorskip("pytket_pecos")
    small = load("gathered", channels=1, rounds=2, depth=1, vectors=2, hidden=(3, 2))
    model, file = tmp_path / "model.safetensors", tmp_path / "water.xyz"
    save_model(untrained(small, seed=1), model)
    file.write_text(XYZ)
    code, out, err = qffc("run", model, "--geometry", file, "--shots", "20", "--store", tmp_path / "shots", "--json")
    assert code == 0
    assert "2 rounds, one after the other" in err
    data = json.loads(out)
    (estimate,) = data["estimates"]
    assert data["rounds"] == 2
    assert estimate["circuits"] == 2 * 3 * len(data["settings"])
    assert abs(estimate["energy"] - estimate["exact"]) < 6 * estimate["standard_error"]


def test_run_forces(qffc, trained, tmp_path):
    file = tmp_path / "water.xyz"
    file.write_text(XYZ)
    arguments = ("run", trained, "--geometry", file, "--forces", "--standard-error", "1500meV/A", "--pack")
    code, out, err = qffc(*arguments, "--json", "--store", tmp_path / "shots")
    assert code == 0
    data = json.loads(out)
    (estimate,) = data["estimates"]
    found, errors, exact = (np.array(estimate[key]) for key in ("forces", "force_standard_errors", "exact_forces"))
    assert found.shape == (3, 3)
    assert np.abs((found - exact) / errors).max() < 6
    assert data["units"]["forces"] == "eV/Angstrom"
    assert data["packed"]
    assert data["jobs"] < estimate["circuits"]
    assert "packed: " in err
    assert "one by one: " in err
    again = qffc(*arguments, "--store", tmp_path / "shots")[1]
    assert f"{found[0, 0]:.4f} ± {errors[0, 0]:.4f}" in again


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--max-hqc", "1"], "limit"),
        (["--forces", "--max-hqc", "1"], "limit"),
        (["--forces", "--standard-error", "5meV"], "unknown force unit"),
        (["--forces", "--pilot", "50"], "pilot run for forces"),
        (["--standard-error", "5"], "without a number or a unit"),
        (["--standard-error", "5 MeV"], "unknown energy unit"),
        (["--shots", "9", "--standard-error", "5meV"], "both shots and a standard error"),
    ],
)
def test_run_spends_nothing(qffc, trained, tmp_path, monkeypatch, options, message):
    pytest.importorskip("pytket_pecos")
    monkeypatch.setattr("qffc.execution.batch.run_circuits", None)
    file = tmp_path / "water.xyz"
    file.write_text(XYZ)
    code, out, err = qffc("run", trained, "--geometry", file, *options)
    assert (code, out) == (2, "")
    assert message in err


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (XYZ, ["--target", "H2-1"]),
        (XYZ, ["--target", "ideal", "--emulate"]),
        (XYZ.replace("O ", "N "), []),
        ("3\n\nO 0 0\n", []),
        ("", []),
        (XYZ.replace("\n\n", '\nLattice="9 0 0 0 9 0 0 0 9"\n'), []),
    ],
)
def test_run_refuses(qffc, trained, tmp_path, content, options):
    file = tmp_path / "water.xyz"
    file.write_text(content)
    code, out, err = qffc("run", trained, "--geometry", file, "--shots", "10", *options)
    assert code == 2
    assert out == ""
    assert "error: " in err
    assert "price" not in err


def test_run_against_noise(qffc, trained, tmp_path):
    file = tmp_path / "water.xyz"
    file.write_text(XYZ)
    arguments = ("run", trained, "--geometry", file, "--shots", "20", "--no-pack")
    plain = json.loads(qffc(*arguments, "--json")[1])
    code, out, err = qffc(*arguments, "--mitigate", "extrapolate", "--json")
    assert code == 0
    data = json.loads(out)
    folds = [setting["folds"] for setting in data["settings"]]
    assert folds == [0] * (len(folds) // 2) + [1] * (len(folds) // 2)
    assert data["estimates"][0]["circuits"] == 2 * plain["estimates"][0]["circuits"]
    assert data["price_HQC"] > 2 * plain["price_HQC"]
    assert "each setting twice" in err
    code, _, err = qffc(*arguments, "--mitigate", "symmetry")
    assert (code, "no outcome that symmetry forbids" in err) == (2, True)
    code, _, err = qffc(*arguments, "--mitigate", "extrapolate,readout")
    assert (code, "readout correction without figures" in err) == (2, True)
