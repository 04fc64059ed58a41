"""The ansatz suite passes programs that are right, and each of its tests has failed once."""

from dataclasses import replace

import pytest
from suites import checks_of, failed

import qffc as qf
from qffc.ir.declarations import EnergyReadout
from qffc.ir.ops import Singlet
from qffc.ir.values import Component, ParameterEntry, norm
from qffc.testing import AnsatzSuite, ansatz_suite


@qf.ansatz
def water(a, kind="right"):
    a.centre("O")
    hydrogens = a.neighbours("H", 2)
    twins = [a.twins(hydrogen) for hydrogen in hydrogens]
    for layer in a.layers(1):
        for hydrogen, (upper, lower) in zip(hydrogens, twins, strict=True):
            place = hydrogen.position
            angle = {"bent": Component(place, "x"), "singular": 1 / norm(place)}.get(kind, 1)
            a.rotate(upper, layer.param("alpha") * angle * place)
            a.rotate(lower, layer.param("beta") * place)
        a.exchange(twins, angle=layer.params("J", 3))
    return a.energy(a.dot(twins))


def blind():
    """A program whose energy is a number."""
    program = water()
    return replace(program, readout=EnergyReadout(ParameterEntry(program.parameters[0].name, (0,))))


class TestAnsatz(AnsatzSuite):
    ansatz = water


class TestReference(AnsatzSuite):
    ansatz = "lib:sivqlm-lih:depth=1"


def suite_of(ansatz):
    return type("Suite", (AnsatzSuite,), {"ansatz": ansatz})


BROKEN = {
    "a declared symmetry does not hold": (
        water(kind="bent"),
        {"symmetry_is_proven", "symmetry_holds_in_numbers", "energies_and_forces"},
    ),
    "not finite where atoms meet": (water(kind="singular"), {"energies_and_forces"}),
    "the energy sees nothing": (blind(), {"a_mutant_is_not_proven"}),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_fails_and_nothing_else(what):
    program, expected = BROKEN[what]
    assert failed(suite_of(program)) == expected


def shifted(moments):
    return lambda *arguments: moments(*arguments) + 1e-3


def shortened(program, *_):
    last = next(index for index, op in reversed(list(enumerate(program.ops))) if not isinstance(op, Singlet))
    return program.with_ops((*program.ops[:last], *program.ops[last + 1 :]))


# What a user's ansatz cannot break is broken in qffc.
MISTAKES = {
    "text_is_read_back": ("parse_program", lambda parse: lambda text: replace(parse(text), name="other")),
    "kernels_are_the_reference": ("moments", shifted),
    "circuits_are_the_reference": ("moments", shifted),
    "levels_keep_the_response": ("optimized", lambda _: shortened),
    "a_mutant_is_not_proven": ("check_equivariance", lambda check: lambda _: check(water.program)),
}


@pytest.mark.parametrize("check", MISTAKES)
def test_a_mistake_of_ours_fails(check, monkeypatch):
    name, mistaken = MISTAKES[check]
    monkeypatch.setattr(ansatz_suite, name, mistaken(getattr(ansatz_suite, name)))
    with pytest.raises(AssertionError):
        getattr(suite_of(water)(), f"test_{check}")()


def test_every_test_of_the_suite_fails_for_something():
    seen = set(MISTAKES).union(*(expected for _, expected in BROKEN.values()))
    assert {name.removeprefix("test_") for name in checks_of(AnsatzSuite)} == seen
