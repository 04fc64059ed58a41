"""Every JSON and TOML that qffc reads back: brackets without end and other damage make a diagnostic, no traceback."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qffc.compiling.compiled import from_json
from qffc.execution.jobs import _read
from qffc.importing.files import import_file
from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.files.array_file import header_entries, read_arrays, write_arrays
from qffc.models.files.data_sets import example_geometry, known_sets
from qffc.models.files.model_file import load_model, save_model
from qffc.models.files.seen_frames import SEEN, knows_all_frames
from qffc.models.force_field import untrained
from qffc.motion.state_file import STATE_NAME, read_state
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.raise_pytket.read_circuit import read_circuit
from qffc.studies.run import read_saved
from qffc.studies.run_file import read_toml
from qffc.targets.catalogue import target
from qffc.training.checkpoint import epochs_done, load_checkpoint
from qffc.training.config import TrainingConfig, stored_config

DEEP = "[" * 100_000 + "]" * 100_000
PROGRAM = load("sivqlm-lih", depth=1)


def of_file(read, name, before=""):
    """A reader of a text by way of a file."""

    def read_text(text, folder):
        (folder / name).write_text(before + text)
        return read(folder / name)

    return read_text


def of_model(text, folder):
    """Load a model whose metadata are this text."""
    save_model(untrained(PROGRAM, 0), folder / "plain.safetensors")
    arrays, header = read_arrays(folder / "plain.safetensors", "model", 1)
    own = {key: value for key, value in header.items() if not key.startswith("qffc_")}
    write_arrays(folder / "m.safetensors", "model", 1, arrays, {**own, "metadata": text})
    return load_model(folder / "m.safetensors")


def of_checkpoint(text, folder):
    write_arrays(folder / "c.safetensors", "checkpoint", 2, {"a": np.zeros(1)}, {"identity": text, "epoch": "1"})
    return load_checkpoint(folder / "c.safetensors", None, {})


def of_state(text, folder):
    np.savez(folder / STATE_NAME, about=np.array(text))
    return read_state(folder, {})


READERS = {
    "certificate": lambda text, folder: Certificate.from_json(text),
    "compiled program": lambda text, folder: from_json(text),
    "result of a circuit": of_file(_read, "r.json"),
    "file of a study": of_file(read_saved, "s.json"),
    "model": of_model,
    "checkpoint": of_checkpoint,
    "state of dynamics": of_state,
    "data sets of a model": lambda text, folder: known_sets({"data_sets": text}),
    "training frames of a model": lambda text, folder: knows_all_frames({SEEN: text}),
    "geometry of a model": lambda text, folder: example_geometry({"geometry": text}),
    "settings of a model": lambda text, folder: stored_config({"config": text}),
    "settings": of_file(read_toml, "s.toml", "a = "),
    "description of a circuit": of_file(lambda file: import_file(file, {}), "d.toml", "circuit = "),
    "circuit of pytket": lambda text, folder: read_circuit(text, "c.json"),
    "target": of_file(target, "t.toml", "title = "),
}


@pytest.mark.parametrize("text", [DEEP, '{"a": 1, "a": 2}' + DEEP, "{", "\x00"], ids=["deep", "more", "cut", "zero"])
@pytest.mark.parametrize("kind", READERS)
def test_what_cannot_be_read_is_named(tmp_path, kind, text):
    with pytest.raises(QffcError):
        READERS[kind](text, tmp_path)


@pytest.mark.parametrize("text", ["3", "[]", '{"numbers": [1], "positions": []}', '{"numbers": [1]}', "[1]"])
def test_metadata_of_another_kind_are_named(text):
    with pytest.raises(QffcError, match="metadata of a model"):
        example_geometry({"geometry": text})
    if text != "[]":  # no sets are sets
        with pytest.raises(QffcError, match="metadata of a model"):
            known_sets({"data_sets": text})
    with pytest.raises(QffcError, match="metadata of a model"):
        stored_config({"config": text})


def test_what_was_written_comes_back():
    assert stored_config({"config": TrainingConfig(epochs=3).model_dump_json()}) == TrainingConfig(epochs=3)
    assert stored_config({}) is None


def test_a_model_without_its_program_is_damaged(tmp_path):
    write_arrays(tmp_path / "m.safetensors", "model", 1, {"a": np.zeros(1)}, {})
    with pytest.raises(QffcError, match="no 'program' in its header"):
        load_model(tmp_path / "m.safetensors")
    with pytest.raises(QffcError, match="is no JSON object"):
        header_entries(Path("m"), "model", {"units": "3"}, "units")


def test_an_epoch_that_is_no_number_is_damaged(tmp_path):
    write_arrays(tmp_path / "c.safetensors", "checkpoint", 2, {"a": np.zeros(1)}, {"epoch": "two"})
    with pytest.raises(QffcError, match="epoch 'two'"):
        epochs_done(tmp_path / "c.safetensors")


def test_a_certificate_of_a_model_may_be_damaged_too(tmp_path):
    certificate = check_equivariance(PROGRAM).to_json()
    for text in (DEEP, certificate.replace('"points": 0', f'"points": {"9" * 5000}', 1)):
        save_model(replace(untrained(PROGRAM, 0), metadata={"certificate": text}), tmp_path / "m.safetensors")
        with pytest.raises(QffcError, match="certificate that is not JSON"):
            load_model(tmp_path / "m.safetensors")
