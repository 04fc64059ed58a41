"""Generated programs keep their promises: symmetric ones are proven, broken ones refuted, mutants break one thing."""

from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qffc.ir import Program, Singlet, Zero, parse_program
from qffc.ir.values import FUNCTIONS
from qffc.passes.equivariance.check import check_equivariance
from qffc.testing import (
    MUTATIONS,
    Mutant,
    assert_equivariant,
    broken_programs,
    deviations,
    mutants,
    mutate,
    symmetric_program,
    symmetric_programs,
    wide_program,
)

WORDS = ("chirality", "pauli_rotation", "relabel", "zero", "singlet", "unordered", "generator", "conserved", "average")
WORDS += ("four_spin", "collective", "channels", "molecule", "features", "^-1")

BOND = """qffc 1
program bond
symmetry rotation, inversion, translation, exchange
scope molecule
species H
parameter J
site A: H free
site B: H free
qubit a: A
qubit b: B
singlet a, b
rotate a, r(B, A)
rotate b, r(A, B)
exchange a, b, J
rotate a, 2*r(B, A)
rotate b, 2*r(A, B)
observable m = dot(a, b)
energy moment(m)
"""


@pytest.fixture
def bond() -> Program:
    lines = BOND.splitlines(keepends=True)
    lines.insert(7, lines.pop(5))  # parameters follow sites
    return parse_program("".join(lines))


@given(symmetric_programs())
def test_symmetric_programs_are_proven(program: Program) -> None:
    assert parse_program(program.text) == program
    assert assert_equivariant(program).holds
    assert max(deviations(program, np.random.default_rng(0), points=1).values()) < 1e-9


def test_symmetric_programs_cover_the_language() -> None:
    text = "".join(symmetric_program(Random(seed)).text for seed in range(150))
    wanted = ("scope pair", "scope molecule", ": any neighbour", " free", "average inversion", "exchange", "energy")
    wanted += (
        "relabel",
        "four_spin",
        "collective",
        "cross(",
        "unit(",
        "radial(",
        "cutoff(",
        "J[Z(c), Z(a)]",
        "x(",
        "atomic",
        "energy",
    )
    assert [word for word in wanted if word not in text] == []


@settings(max_examples=12)
@given(broken_programs())
def test_broken_programs_are_refuted(mutant: Mutant) -> None:
    verdicts = check_equivariance(mutant.program).verdicts
    found = deviations(mutant.program, np.random.default_rng(2))
    assert not [verdict for verdict in verdicts if verdict.status == "proven" and found[verdict.generator] > 1e-9]
    with pytest.raises(AssertionError, match="does not hold"):
        assert_equivariant(mutant.program)


@given(st.data())
def test_mutants_differ_and_declare_the_same(data: st.DataObject) -> None:
    program = data.draw(symmetric_programs())
    mutant = data.draw(mutants(program))
    assert mutant.kind in MUTATIONS
    assert mutant.program != program
    assert mutant.program.symmetry == program.symmetry
    assert mutant.program.qubits == program.qubits


@pytest.mark.parametrize("kind", MUTATIONS)
def test_every_kind_breaks_some_program(kind: str) -> None:
    count = Counter[bool]()
    for seed in range(40):
        mutant = mutate(symmetric_program(Random(seed)), kind, Random(seed))
        if mutant is not None and not count[True]:
            count[max(deviations(mutant.program, np.random.default_rng(3), points=1).values()) > 1e-6] += 1
    assert count[True]


def test_one_operation_differs(bond: Program) -> None:
    dropped = mutate(bond, "operation dropped", Random(0))
    assert dropped is not None
    assert len(dropped.program.ops) == len(bond.ops) - 1
    bent = mutate(bond, "axis bent", Random(0))
    assert bent is not None
    assert sum(a != b for a, b in zip(bond.ops, bent.program.ops, strict=True)) == 1
    crossed = mutate(bond, "singlets crossed", Random(0))
    assert crossed is not None
    assert Counter(type(op) for op in crossed.program.ops)[Zero] == 2
    assert not any(isinstance(op, Singlet) for op in crossed.program.ops)


def test_nothing_to_break() -> None:
    program = parse_program(
        "qffc 1\nprogram p\nscope molecule\nspecies H\nsite a: H free\nqubit q\nzero q\nobservable e = Z(q)\n"
        "energy moment(e)\n"
    )
    assert mutate(program, "order changed", Random(0)) is None
    assert mutate(program, "operation dropped", Random(0)) is None


def test_deviations_name_the_generators_of_the_verdicts(bond: Program) -> None:
    found = deviations(bond, np.random.default_rng(0))
    assert list(found) == [verdict.generator for verdict in assert_equivariant(bond).verdicts]
    assert max(found.values()) < 1e-12


def test_the_message_is_the_certificate(bond: Program) -> None:
    broken = parse_program(bond.text.replace("2*r(A, B)", "2*x(B)"))
    with pytest.raises(AssertionError, match=r"(?s)rotation: PROVEN.*translation: REFUTED.*counterexample"):
        assert_equivariant(broken)


def test_wide_programs_are_valid_and_cover_the_language() -> None:
    programs = [wide_program(Random(seed)) for seed in range(60)]
    assert programs == [wide_program(Random(seed)) for seed in range(60)]
    for program in programs:
        assert parse_program(program.text) == program
        assert program.declared
        assert len(program.qubits) <= 6
    assert {program.scope for program in programs} == {"molecule", "pair", "atom"}
    text = " ".join(program.text for program in programs)
    for word in (
        *WORDS,
        *(f"{name}(" for name in (*FUNCTIONS, "cutoff", "radial", "component", "vector", "cross", "x")),
    ):
        assert word in text, word
