"""Forged certificates: whatever a certificate says, a new check finds it changed; rounding and versions aside."""

import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from golden import ERRORS, read_bad

from qffc.ir.declarations import Site
from qffc.ir.diagnostics import QffcError
from qffc.ir.ops import PauliRotation
from qffc.ir.program import Program
from qffc.ir.values import as_value
from qffc.library import load
from qffc.passes.certificate_difference import first_difference
from qffc.passes.certificate_verify import verify_certificate
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.numbers import counterexample
from qffc.passes.equivariance.verdict import Counterexample, Transform

INFORMATION = ("schema", "sha256", "qffc", "python", "rules_only")
"""Keys that are no claims: nobody can check which versions made a certificate, and what to ask is a choice."""


def refused(name: str) -> Program:
    return read_bad(ERRORS / "symmetry" / f"{name}.qffc")


SITES = (Site("c", "H", "centre"), Site("a", "H", "neighbour"), Site("b", "H", "free"))


def broken_water() -> Program:
    program = load("sivqlm-h2o", depth=1)
    return program.with_ops((*program.ops, PauliRotation(((0, "Z"),), as_value(1))))


PROGRAMS = {
    "refuted, with what survives": broken_water,
    "undecided": lambda: refused("undecided/undecided-angle-that-vanishes"),
    "no points": lambda: refused("undecided/undecided-too-many-qubits"),
    "a table": lambda: refused("declared_by_hand/generator-of-a-ring-broken"),
    "an internal symmetry": lambda: refused("declared_by_hand/generator-parity-broken"),
    "a line to blame": lambda: refused("exchange_in_the_readout/readout-of-one-moment"),
    "a note": lambda: replace(refused("exchange/like-atoms-in-two-roles"), sites=SITES),
}


def written(data: dict[str, object], schema: int = 5) -> Certificate:
    """The certificate of these entries, with the checksum that a forger computes."""
    claims = {key: entry for key, entry in data.items() if key not in ("schema", "sha256")}
    checksum = sha256(json.dumps(claims, sort_keys=True).encode()).hexdigest()
    return Certificate.from_json(json.dumps({"schema": schema, **claims, "sha256": checksum}))


def forgeries(entry: object) -> Iterator[object]:
    """An entry with one thing in it changed, each in turn; a value of the same type where there is one."""
    if isinstance(entry, dict):
        yield from ({**entry, key: changed} for key, inner in entry.items() for changed in forgeries(inner))
    elif isinstance(entry, list):
        for index, inner in enumerate(entry):
            yield from ([*entry[:index], changed, *entry[index + 1 :]] for changed in forgeries(inner))
        yield from [entry[:-1], [*entry, entry[-1]]] if entry else []
    elif isinstance(entry, str):
        yield from ("", "proven", f"{entry} ", f"{entry}, as everyone can see")
    elif isinstance(entry, int | float):
        yield from (entry + 1, entry * (1 + 1e-6) + 1e-6)  # more than rounding


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_forged_entry_is_found(name: str) -> None:
    program = PROGRAMS[name]()
    certificate = check_equivariance(program)
    data = json.loads(certificate.to_json())
    verify_certificate(written(data), program)
    assert any(entry["note"] for entry in data["verdicts"]) == (name in ("a note", "no points"))
    count = 0
    for key in data.keys() - set(INFORMATION):
        for entry in forgeries(data[key]):
            if entry == data[key]:
                continue
            count += 1
            try:
                forged = written({**data, key: entry})
            except QffcError:
                continue  # no certificate at all
            assert first_difference(forged, certificate) is not None, (key, entry)
    assert count > 50


@pytest.fixture(scope="module")
def data() -> dict:
    return json.loads(check_equivariance(broken_water()).to_json())


def change(data: dict, path: str, entry: object) -> Certificate:
    """The certificate with another entry at a path such as ``verdicts.0.note``."""
    data = json.loads(json.dumps(data))
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    place = data
    for step in steps:
        place = place[step]
    place[last] = entry
    return written(data)


@pytest.mark.parametrize(
    ("path", "entry", "where", "claimed", "found"),
    [
        ("verdicts.0.note", "harmless", "rotation: note", "'harmless'", "''"),
        ("verdicts.0.status", "proven", "rotation: status", "'proven'", "'refuted'"),
        ("verdicts.0.points", 7, "rotation: points", "7", "1"),
        ("verdicts.0.survives", [], "rotation: survives[0]", "nothing", "'rotation about z'"),
        ("verdicts.0.failure.op.index", 3, "rotation: failure: op: index", "3", "16"),
        ("verdicts.0.failure.op", None, "rotation: failure: op", "nothing", "{'index': 16, "),
        ("verdicts.0.counterexample.channel", 1, "rotation: counterexample: channel", "1", "0"),
        ("verdicts.0.counterexample.transform.shift.2", 1.0, "counterexample: transform: shift[2]", "1.0", "0.0"),
        ("verdicts.0.counterexample.species.0", "H", "counterexample: species[0]", "'H'", "'O'"),
        ("verdicts.3.rule", "no like sites", "exchange H1 H2: rule", "'no like sites'", "'relabelling modulo"),
        ("symmetry", ["rotation"], "symmetry[1]", "nothing", "'inversion'"),
        ("origin.target", "H2-1", "origin: target", "'H2-1'", "nothing"),
    ],
)
def test_the_first_difference_is_named(data, path, entry, where, claimed, found) -> None:
    with pytest.raises(QffcError, match="certificate that a new check does not confirm") as caught:
        verify_certificate(change(data, path, entry), broken_water())
    said = caught.value.diagnostic
    assert str(said.where).endswith(where)
    assert said.found == f"{claimed} in the certificate"
    assert said.expected.startswith(found)


def test_an_origin_with_words_that_its_digest_does_not_hold_is_refused(data) -> None:
    text = data["origin"]["text"] + "# proven by hand\n"
    with pytest.raises(QffcError, match="not confirm") as caught:
        verify_certificate(change(data, "origin.text", text))
    assert "proven by hand" in caught.value.diagnostic.found


def test_numbers_may_differ_by_rounding_and_those_that_they_are_computed_at_may_not(data) -> None:
    start = "verdicts.0.counterexample"
    example = data["verdicts"][0]["counterexample"]
    for number in ("response.0", "transformed.0"):
        name, _, place = number.partition(".")
        value = example[name][int(place)]
        verify_certificate(change(data, f"{start}.{number}", value * (1 + 1e-13)))
        with pytest.raises(QffcError, match=name):
            verify_certificate(change(data, f"{start}.{number}", value * (1 + 1e-6)))
    for path, value in (
        ("positions.1.2", example["positions"][1][2]),
        ("parameters.0.entries.0", example["parameters"][0]["entries"][0]),
        ("transform.matrix.0.0", example["transform"]["matrix"][0][0]),
    ):
        with pytest.raises(QffcError, match="does not confirm"):
            verify_certificate(change(data, f"{start}.{path}", value * (1 + 1e-13)))


def test_versions_are_information_and_a_new_check_names_its_own(data) -> None:
    again = verify_certificate(change(data, "python", "4.0"))
    assert again.python == data["python"]
    assert again == Certificate.from_json(json.dumps(data))


def test_places_in_source_files_are_dropped_from_older_schemas(data) -> None:
    old = json.loads(json.dumps(data))
    old["verdicts"][0]["failure"]["op"]["where"] = "mine.py:1:1"
    for entry in old["verdicts"]:
        for op in (entry["failure"] or {}).values():
            if isinstance(op, dict):
                op.setdefault("where", None)
    read = written(old, schema=2)
    verify_certificate(read)
    assert "mine.py" not in read.render() + read.to_json()
    with pytest.raises(QffcError, match="unknown 'where'"):
        written(old)


def test_rounding_does_not_choose_between_points_that_show_the_same(monkeypatch) -> None:
    program = refused("declared_by_hand/generator-parity-broken")
    points = iter(range(counterexample.POINTS))

    def measured(program: Program, example: Counterexample) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(1), np.array([1e-5 * (1 + 1e-12 * next(points))])

    monkeypatch.setattr(counterexample, "measured", measured)
    monkeypatch.setattr(counterexample, "_rounding", lambda program, example: 1e-9)
    transform = Transform("nothing")
    found = counterexample.sample(program, transform).counterexample
    first = counterexample.random_point(program, transform, np.random.default_rng(20231111))
    assert found is not None
    assert (found.positions, found.parameters) == (first.positions, first.parameters)
