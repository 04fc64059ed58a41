"""Rotations about one axis that survive where rotation as a whole is broken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from verdicts import verdict

from qffc.ir.evaluate import Instance
from qffc.ir.ops import PauliRotation
from qffc.ir.reference import response
from qffc.ir.text.parser import parse_program
from qffc.ir.values import as_value
from qffc.library import load
from qffc.passes.certificate_verify import verify_certificate
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.rules.rotation import surviving_axes
from qffc.testing import instances, programs

TEXT = """qffc 1
program broken
symmetry rotation
scope molecule
species H
site A: H free
site B: H free
parameter J
qubit a: A
qubit b: B
qubit c
singlet a, b
zero c
rotate a, r(A, B)
exchange b, c, J
{line}
observable m = dot(a, b)
observable seen = {seen}
energy moment(seen) + {readout}
"""


def axes(line="", *, seen="dot(a, c)", readout="norm(r(A, B))"):
    return "".join(surviving_axes(parse_program(TEXT.format(line=line, seen=seen, readout=readout))))


@pytest.mark.parametrize(
    ("line", "choices", "survivors"),
    [
        ("", {}, "z"),  # the preparation of c in |0>
        ("pauli_rotation Z(a), J", {}, "z"),
        ("pauli_rotation Z(a) Z(b) Z(c), J", {}, "z"),
        ("pauli_rotation X(a), J", {}, ""),
        ("pauli_rotation X(a) Y(b), J", {}, ""),
        ("rotate a, vector(0, 0, J)", {}, "z"),
        ("rotate a, vector(0, 0, component(r(A, B), z))", {}, "z"),
        ("rotate a, vector(component(r(A, B), x), component(r(A, B), y), 0)", {}, "z"),
        ("rotate a, vector(component(r(A, B), x), 0, 0)", {}, ""),
        ("exchange a, b, component(r(A, B), z)", {}, "z"),
        ("exchange a, b, component(r(A, B), x)", {}, ""),
        ("", {"seen": "Z(a)"}, "z"),
        ("", {"seen": "1*X(a) X(b) + 1*Y(a) Y(b)"}, "z"),
        ("", {"seen": "X(a)"}, ""),
        ("", {"readout": "component(r(A, B), z)"}, "z"),
        ("", {"readout": "component(r(A, B), y)"}, ""),
    ],
)
def test_which_survive(line, choices, survivors):
    assert axes(line, **choices) == survivors


@pytest.mark.parametrize("axis", "xyz")
def test_without_zero_any_axis_can_survive(axis):
    program = load("sivqlm-h2o", depth=1)
    assert surviving_axes(program) == ("x", "y", "z")
    broken_one = program.with_ops((*program.ops, PauliRotation(((0, axis.upper()),), as_value(1))))
    assert surviving_axes(broken_one) == (axis,)


def test_water_demo_says_so_and_certificates_keep_it():
    program = load("water-demo", depth=1)
    certificate = check_equivariance(program)
    rotation = certificate.verdicts[0]
    assert (rotation.status, rotation.survives, rotation.note) == ("refuted", ("rotation about z",), "")
    assert "\n  survives: rotation about z\n" in certificate.render()
    assert Certificate.from_json(certificate.to_json()) == certificate
    verify_certificate(certificate, program)
    assert not verdict(load("water-demo", depth=1, breaking=False), "rotation").survives


@given(st.data())
def test_survivors_are_symmetries(data):
    program = data.draw(programs())
    survivors = surviving_axes(program)
    instance = data.draw(instances(program, apart=True))
    before = response(program, instance)
    for axis in survivors:
        turn = Rotation.from_rotvec(0.7 * np.eye(3)["xyz".index(axis)]).as_matrix()
        after = response(program, replace(instance, positions=instance.positions @ turn.T))
        np.testing.assert_allclose(after, before, rtol=1e-7, atol=1e-7)


def test_water_demo_survives_in_numbers_and_only_about_z():
    program = load("water-demo", depth=2)
    random = np.random.default_rng(3)
    tables = {p.name: random.normal(size=program.shape(p)) for p in program.parameters}
    instance = Instance(random.normal(size=(3, 3)), np.array([0, 1, 1]), tables)
    before = response(program, instance)
    for axis, same in zip(np.eye(3), (False, False, True), strict=True):
        turn = Rotation.from_rotvec(1.1 * axis).as_matrix()
        after = response(program, replace(instance, positions=instance.positions @ turn.T))
        assert np.allclose(after, before, rtol=0, atol=1e-10) is same
