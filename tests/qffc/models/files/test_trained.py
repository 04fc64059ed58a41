"""The models that come with qffc: named, whole, proven, and as good as their cards say."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from ase.build import molecule

from qffc.cli import run
from qffc.data import EMBEDDED
from qffc.ir.diagnostics import QffcError
from qffc.models.files.model_file import load_model, save_model
from qffc.models.files.trained import trained_file, trained_models
from qffc.models.force_field import trainable_names
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.check import check_equivariance
from qffc.references.programs import resolve_program
from qffc.toolchain import evaluate

NAMES = tuple(trained_models())


def test_every_model_has_a_card_and_every_card_a_model():
    folder = trained_file(NAMES[0]).parent
    assert (
        {file.stem for file in folder.glob("*.safetensors")}
        == set(NAMES)
        == {file.stem for file in folder.glob("*.md")}
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_certificate_is_that_of_the_program(name):
    model = load_model(f"trained:{name}")
    stored = Certificate.from_json(model.metadata["certificate"])
    assert stored.holds
    # Most were trained before certificates had the renamings of their proofs.
    here, there = check_equivariance(model.program).verdicts, stored.verdicts
    assert [replace(v, witness=None) for v in there] == [replace(v, witness=None) for v in here]
    assert resolve_program(f"trained:{name}") == model.program


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_that_of_its_model(name):
    model, card = load_model(f"trained:{name}"), trained_file(name).with_suffix(".md").read_text()
    assert card.startswith(f"# {name}\n")
    assert f"digest `{model.program.digest[:12]}`" in card
    numbers = sum(model.arrays[each].size for each in trainable_names(model.program))
    assert f"| trained numbers | {numbers:,} |" in card


def test_of_ethanol_the_plain_name_is_the_most_accurate():
    kinds = {name: load_model(f"trained:{name}").program.name for name in NAMES if "ethanol" in name}
    assert kinds == {"ethanol": "gathered", "ethanol-frugal": "gathered", "ethanol-pair": "pair"}
    errors = [float(re.search(r"MAE (.*) meV and", line)[1]) for line in (trained_models()[name] for name in kinds)]
    assert errors == sorted(errors)


@pytest.mark.slow
def test_two_models_of_ethanol_agree():
    ethanol = molecule("CH3CH2OH")
    models = (load_model("trained:ethanol"), load_model("trained:ethanol-pair"))
    (energy, forces), (other, others) = (m.predict(ethanol.numbers, ethanol.positions[None]) for m in models)
    # They share the data alone, so either bears the other out; no further apart than their cards' errors together.
    assert energy == pytest.approx(other, abs=0.0031)
    assert np.abs(forces).mean() > 0.2
    assert np.abs(forces - others).mean() < 0.019


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (name not in ("water", "ammonia")))
        for name in NAMES
        if name.split("-")[0] in EMBEDDED
    ],
)
def test_a_card_tells_the_errors_of_its_model(name):
    evaluation = evaluate(f"trained:{name}", name.split("-")[0])
    card = trained_file(name).with_suffix(".md").read_text()
    told = [float(cell) for cell in re.search(r"\| model \| (.*) \|", card)[1].split(" | ")]
    own = evaluation.errors
    assert told == pytest.approx([own.energy_mae, own.energy_rmse, own.force_mae, own.force_rmse], abs=0.006)


def test_models_come_first_hand_on_the_command_line(capsys):
    assert run(["list"]) == 0
    assert f"trained:{NAMES[0]} " in capsys.readouterr().out


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name != "ammonia")) for name in NAMES])
def test_a_model_passes_its_check(name):
    assert run(["check", f"trained:{name}"]) == 0


@pytest.mark.parametrize("name", ["phlogiston", "ethanol-gathered"])
def test_an_unknown_name_is_refused_beside_those_that_there_are(name):
    with pytest.raises(
        QffcError,
        match=r"no such trained model(.|\n)*'trained:ethanol', 'trained:ethanol-frugal', 'trained:ethanol-pair'",
    ):
        load_model(f"trained:{name}")


def test_numbers_of_32_bits_are_kept_in_32(tmp_path):
    model = load_model(f"trained:{NAMES[0]}")
    save_model(model, tmp_path / "again.safetensors")
    again = load_model(tmp_path / "again.safetensors")
    assert all(np.array_equal(value, again.arrays[name]) for name, value in model.arrays.items())
    assert all(value.dtype == np.float64 for value in again.arrays.values())
    assert (tmp_path / "again.safetensors").stat().st_size < 0.6 * sum(value.nbytes for value in model.arrays.values())
