"""Compiled programs on disk: whole, exact, and refused when they do not fit themselves."""

import copy
import json
import pickle
from hashlib import sha256

import numpy as np
import pytest

import qffc as qf
from qffc.compiling.compiled import from_json
from qffc.ir.diagnostics import QffcError

PROGRAM = "lib:sivqlm-h2o:depth=1"


def signed(data: dict) -> str:
    """A document whose checksum is right, whatever else is wrong."""
    rest = {key: value for key, value in data.items() if key != "sha256"}
    return json.dumps({**rest, "sha256": sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()})


def document() -> dict:
    return json.loads(qf.compile(PROGRAM, "H2-1", 2).to_json())


@pytest.mark.parametrize("where", ["ideal", "H2-1", "HeliosLE-noisy"])
def test_round_trip(tmp_path, where):
    compiled = qf.compile(PROGRAM, where, level=2)
    compiled.save(tmp_path / "c.json")
    again = qf.load_compiled(tmp_path / "c.json")
    names = ("source", "program", "certificate", "target", "level", "passes", "lowering", "records")
    assert all(getattr(again, name) == getattr(compiled, name) for name in names)
    assert again.to_json() == (tmp_path / "c.json").read_text()
    assert list(tmp_path.iterdir()) == [tmp_path / "c.json"]


def test_what_is_loaded_computes_the_same():
    compiled = qf.compile(PROGRAM, "H2-1", 2)
    again = from_json(compiled.to_json())
    assert (again.counts, again.price(10)) == (compiled.counts, compiled.price(10))
    parameters = {
        parameter.name: np.full(compiled.program.shape(parameter), 0.3) for parameter in compiled.program.parameters
    }
    positions, species = np.array([[0.0, 0, 0], [1, 0.2, 0], [-0.3, 0.9, 0.1]]), np.array([0, 1, 1])
    slots = compiled.angles(parameters, positions, species)
    assert np.array_equal(slots, again.angles(parameters, positions, species))
    moments = again.jax.moments(slots[None])[0]
    assert np.isfinite(float(again.readout(moments, parameters, positions, species)))


@pytest.mark.parametrize(
    ("change", "title"),
    [
        (lambda d: d.update(level=1), "changed after it was written"),
        (lambda d: d["counts"].update(two_qubit=1), "changed after it was written"),
        (lambda d: d.update(version=2), "not a compiled program of a known version"),
        (lambda d: d.update(format="other"), "not a compiled program of a known version"),
    ],
)
def test_careless_changes_are_refused(change, title):
    data = document()
    change(data)
    with pytest.raises(QffcError, match=title):
        from_json(json.dumps(data))


def swap_programs(data):
    data["program"], data["source"] = data["source"], data["program"]


@pytest.mark.parametrize(
    ("change", "title"),
    [
        (lambda d: d["program"].update(digest="0" * 64), "program that does not match its digest"),
        (lambda d: d["source"].update(text=d["program"]["text"]), "program that does not match its digest"),
        (swap_programs, "compiled program with the certificate of another"),
        (lambda d: d["certificate"].update(program="x"), "certificate that was changed"),
        (lambda d: d.update(level=9), "unknown optimization level"),
        (lambda d: d.update(passes="canonicalize{speed=1}"), "unknown option of a pass"),
        (lambda d: d["target"].update(qubits="many"), "compiled program that cannot be read"),
        (lambda d: d.pop("records"), "compiled program that cannot be read"),
    ],
)
def test_changes_with_a_right_checksum_are_refused(change, title):
    data = document()
    change(data)
    with pytest.raises(QffcError, match=title):
        from_json(signed(data))


def test_files_from_before_targets_had_checkers_are_read_and_machines_that_are_gone_are_named():
    old = document()
    del old["target"]["checker"], old["target"]["region"]
    assert from_json(signed(old)).target.checker is None
    old["target"].update(name="H1-1", machine="H1-1", device="H1-1")
    with pytest.raises(QffcError, match="15 October 2025"):
        from_json(signed(old))


def test_files_that_are_none(tmp_path):
    with pytest.raises(QffcError, match="file that cannot be read"):
        qf.load_compiled(tmp_path / "missing.json")
    with pytest.raises(QffcError, match="not JSON"):
        from_json("{")
    with pytest.raises(QffcError, match="known version"):
        from_json("[]")


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_what_was_used_can_be_copied(copied):
    made = qf.compile("lib:sivqlm-lih", "H2-1", level=2)
    slots = np.linspace(0.1, 1.0, made.split.slot_count)[None]
    used = (made.counts, made.measurements, np.asarray(made.jax.moments(slots)))
    other = copied(made)
    assert (other.counts, other.measurements) == used[:2]
    assert np.array_equal(np.asarray(other.jax.moments(slots)), used[2])
    assert other.to_json() == made.to_json()
