"""Programs: look-ups, shapes, identity."""

import pickle
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qffc.ir import Program, QffcError, parse_program
from qffc.ir.verification.program import verify_program
from qffc.testing import instances, programs, symmetric_programs

TEXT = """qffc 1
program p
scope molecule
species O, H
channels 3
site c: O centre
site a: H neighbour
parameter f: species, channel, 2 radial chebyshev 5 cutoff 4
parameter J
qubit u: a
qubit d
singlet u, d
observable e = dot(u, d)
energy J*moment(e)
"""
PROGRAM = parse_program(TEXT)


def test_shapes() -> None:
    assert PROGRAM.shape(PROGRAM.parameter("f")) == (2, 3, 2, 5)
    assert PROGRAM.shape(PROGRAM.parameter("J")) == ()


def test_look_ups() -> None:
    assert PROGRAM.site("a").species == "H"
    assert PROGRAM.centre == PROGRAM.site("c")
    with pytest.raises(QffcError, match="one of 'f', 'J'"):
        PROGRAM.parameter("K")


def test_programs_are_immutable_and_keep_their_digest() -> None:
    with pytest.raises(FrozenInstanceError):
        PROGRAM.name = "q"  # type: ignore[misc]  # on purpose
    assert parse_program(TEXT + "\n# a comment\n").digest == PROGRAM.digest
    assert replace(PROGRAM, name="q").digest != PROGRAM.digest
    assert PROGRAM.with_ops(PROGRAM.ops) == PROGRAM
    assert pickle.loads(pickle.dumps(PROGRAM)) == PROGRAM


@given(st.data())
def test_strategies_keep_their_promise(data: st.DataObject) -> None:
    program: Program = data.draw(st.one_of(programs(), symmetric_programs()))
    assert len(program.qubits) <= 6
    assert len(program.ops) <= 60
    instance = data.draw(instances(program))
    assert instance.positions.shape == (len(program.sites), 3)
    for parameter in program.parameters:
        assert instance.parameters[parameter.name].shape == program.shape(parameter)


def test_a_program_is_looked_through_again_where_a_part_is_another_one() -> None:
    program = parse_program(TEXT)
    verify_program(program)
    object.__setattr__(program, "ops", program.ops[:0])
    with pytest.raises(QffcError, match="qubit never prepared"):
        verify_program(program)
