"""Certificates: exact in JSON, refused when damaged, bound to one program."""

import json
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from qffc.ir.declarations import EnergyReadout, Parameter, Qubit, Site
from qffc.ir.diagnostics import QffcError, Span
from qffc.ir.observables import DotObservable
from qffc.ir.ops import Exchange, Rotate, Singlet
from qffc.ir.program import Program
from qffc.ir.values import Component, Displacement, FrameVector, Moment, ParameterEntry, as_value
from qffc.library import load
from qffc.passes.certificate_verify import verify_certificate
from qffc.passes.equivariance.certificates.certificate import RULES, Certificate, Origin
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.numbers.before_and_after import measured


def make_program(*, broken: bool) -> Program:
    v = Displacement("A", "B")
    frame = FrameVector(Component(v, "x"), as_value(0), as_value(0))
    span = Span("pair.qffc", 9)
    return Program(
        "bond",
        ("rotation", "inversion", "translation", "exchange"),
        "molecule",
        ("H",),
        (Site("A", "H", "free"), Site("B", "H", "free")),
        (Parameter("J", (2,)),),
        (Qubit("a", "A"), Qubit("b", "B")),
        (
            Singlet(0, 1),
            Rotate(0, frame if broken else -v, span=span),
            Rotate(1, v),
            Exchange(0, 1, ParameterEntry("J", (0,))),
        ),
        (("m", DotObservable(0, 1)),),
        EnergyReadout(Moment("m")),
    )


@pytest.fixture(params=[False, True], ids=["proven", "refuted"])
def certificate(request: pytest.FixtureRequest) -> Certificate:
    return check_equivariance(make_program(broken=request.param))


def test_round_trip_is_exact(certificate: Certificate) -> None:
    again = Certificate.from_json(certificate.to_json())
    assert again == certificate
    assert again.to_json() == certificate.to_json()


def test_holds_when_all_is_proven() -> None:
    certificate = check_equivariance(make_program(broken=False))
    assert certificate.holds
    assert set(certificate.rules) <= set(RULES)
    assert not check_equivariance(make_program(broken=True)).holds


def test_a_missing_verdict_does_not_hold() -> None:
    certificate = check_equivariance(make_program(broken=False))
    assert not replace(certificate, verdicts=certificate.verdicts[1:]).holds
    assert not replace(certificate, verdicts=()).holds
    assert replace(certificate, verdicts=(), symmetry=()).holds  # nothing declared, nothing promised


def test_refuted_text_tells_all() -> None:
    certificate = check_equivariance(make_program(broken=True))
    text = certificate.render()
    example = certificate.verdicts[0].counterexample
    assert example is not None
    for piece in (
        "does not hold",
        "rotation: REFUTED",
        "operation 1 at pair.qffc:9:1: rotate a, vector(component(r(A, B), x), 0, 0)",
        "residual: component",
        f"response before: {example.response[0]:.6g}\n",
        f"response after:  {example.transformed[0]:.6g}\n",
        "0.36",
    ):
        assert piece in text


def test_certificate_belongs_to_one_program() -> None:
    program, other = make_program(broken=False), make_program(broken=True)
    certificate = check_equivariance(program)
    verify_certificate(certificate, program)
    with pytest.raises(QffcError, match="certificate of another program"):
        verify_certificate(certificate, other)
    forged = replace(certificate, digest=other.digest)
    with pytest.raises(QffcError, match="does not lead to its program"):
        verify_certificate(forged, other)
    for origin in (None, Origin(other.text, other.digest)):
        with pytest.raises(QffcError, match="does not confirm"):
            verify_certificate(replace(forged, origin=origin), other)
    with pytest.raises(QffcError, match="does not confirm"):
        verify_certificate(replace(certificate, verdicts=certificate.verdicts[:2]), program)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data.pop("digest"), "missing 'digest'"),
        (lambda data: data.update(colour="red"), "unknown 'colour'"),
        (lambda data: data.update(schema=6), "schema 6"),
        (lambda data: data.update(program=3), "of type str"),
        (lambda data: data.update(verdicts={}), "a list"),
        (lambda data: data.update(symmetry=["mirror"]), "changed after it was written"),
        (lambda data: data["verdicts"][0].update(status="true"), "one of 'proven'"),
        (lambda data: data["verdicts"][0].update(points=True), "of type int"),
        (lambda data: data["verdicts"][0].update(deviation="0"), r"verdicts\[0\].deviation"),
        (lambda data: data["verdicts"][0]["counterexample"]["transform"]["matrix"].pop(), "3 entries"),
        (lambda data: data["verdicts"][0].update(counterexample=[]), "an object"),
        (lambda data: data["verdicts"][0].update(carried={"rule": "even values"}), "missing 'digest', 'passes'"),
        (lambda data: data["origin"].update(text=None), r"origin.text"),
        (lambda data: data["verdicts"][0].update(status="proven"), "changed after it was written"),
        (lambda data: data.pop("sha256"), "changed after it was written"),
    ],
)
def test_damaged_json_is_refused(damage: object, message: str) -> None:
    data = json.loads(check_equivariance(make_program(broken=True)).to_json())
    damage(data)  # type: ignore[operator]  # a function of the table above
    with pytest.raises(QffcError, match=message):
        Certificate.from_json(json.dumps(data))


def test_schema_1_is_read_and_needs_its_program() -> None:
    certificate = check_equivariance(make_program(broken=True), rules_only=True)
    data = json.loads(certificate.to_json())
    for key in ("origin", "sha256", "rules_only", "text"):
        del data[key]
    for verdict in data["verdicts"]:
        survives = [f"survives: {part}" for part in verdict.pop("survives")]
        verdict["note"] = "; ".join([*filter(None, [verdict["note"]]), *survives])
        del verdict["carried"], verdict["bits"], verdict["witness"]
        if verdict["failure"]:
            del verdict["failure"]["line"]
    old = Certificate.from_json(json.dumps({**data, "schema": 1}))
    bare = tuple(replace(verdict, witness=None) for verdict in certificate.verdicts)
    assert old == replace(certificate, origin=None, text=None, verdicts=bare)
    assert old.verdicts[0].survives
    verify_certificate(old, make_program(broken=True))
    with pytest.raises(QffcError, match="certificate without its program"):
        verify_certificate(old)


def test_an_exchange_of_schema_1_keeps_its_sites() -> None:
    program = load("water-demo", depth=1)
    certificate = check_equivariance(program)
    data = json.loads(certificate.to_json())
    del data["origin"], data["sha256"]
    for verdict in data["verdicts"]:
        del verdict["survives"], verdict["carried"]
        if verdict["counterexample"]:
            transform = verdict["counterexample"]["transform"]
            transform["swap"] = ["H1", "H2"] if transform.pop("sites") else None
            del transform["entries"], transform["internal"]
    old = Certificate.from_json(json.dumps({**data, "schema": 1}))
    assert old.verdicts[-1] == certificate.verdicts[-1]
    example = old.verdicts[-1].counterexample
    assert example is not None
    before, after = measured(program, example)
    assert after - before == pytest.approx(np.array(example.transformed) - np.array(example.response), abs=1e-12)


def test_schema_4_is_read_and_checked() -> None:
    program = load("sivqlm-h2o", depth=1)
    data = json.loads(check_equivariance(program).to_json())
    del data["text"], data["schema"], data["sha256"]
    for verdict in data["verdicts"]:
        del verdict["witness"]
    checksum = sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    old = Certificate.from_json(json.dumps({"schema": 4, **data, "sha256": checksum}))
    assert old.text is None
    assert verify_certificate(old, program).text == program.text


def test_a_renaming_and_the_text_are_held_against_a_new_check() -> None:
    certificate = check_equivariance(load("sivqlm-h2o", depth=1))
    exchange = next(verdict for verdict in certificate.verdicts if verdict.generator == "exchange H1 H2")
    assert exchange.witness is not None
    assert ("H1_upper", "H2_upper") in exchange.witness.qubits
    other = replace(exchange, witness=replace(exchange.witness, qubits=()))
    verdicts = tuple(other if verdict is exchange else verdict for verdict in certificate.verdicts)
    for changed in (replace(certificate, text="qffc 1"), replace(certificate, verdicts=verdicts)):
        with pytest.raises(QffcError, match="does not confirm"):
            verify_certificate(changed)


def test_a_certificate_is_checked_by_itself(certificate: Certificate) -> None:
    verify_certificate(certificate)
    assert certificate.origin is not None
    for changed, title in (
        (replace(certificate, verdicts=certificate.verdicts[:2]), "does not confirm"),
        (replace(certificate, program="other"), "does not lead to its program"),
        (replace(certificate, origin=replace(certificate.origin, digest="0" * 64)), "origin does not match its digest"),
    ):
        with pytest.raises(QffcError, match=title):
            verify_certificate(changed)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"schema": 1, "program": NaN}'])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(QffcError, match="certificate"):
        Certificate.from_json(text)


def test_text_shows_the_program_that_it_is_given() -> None:
    program = make_program(broken=True)
    certificate = check_equivariance(program)
    shown = certificate.render(program)
    assert shown.startswith(certificate.render())
    assert "| rotate a, vector(component(r(A, B), x), 0, 0)\n     | ^^^^" in shown
    good = make_program(broken=False)
    assert check_equivariance(good).render(good) == check_equivariance(good).render()
