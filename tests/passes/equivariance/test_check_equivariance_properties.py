"""Random programs: what is proven survives every number, and what is symmetric by construction is never refuted."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qffc.ir.declarations import EnergyReadout, Parameter, Qubit, Site
from qffc.ir.evaluate import Instance
from qffc.ir.observables import DotObservable
from qffc.ir.operation import Op
from qffc.ir.ops import Chirality, Exchange, PauliRotation, Relabel, Rotate, Singlet
from qffc.ir.program import Program
from qffc.ir.reference import response
from qffc.ir.values import (
    Displacement,
    Moment,
    ParameterEntry,
    Position,
    Value,
    cross,
    dot,
    norm,
    substitute_sites,
    unit,
)
from qffc.passes.equivariance.check import check_equivariance
from qffc.passes.equivariance.transforms import MIRROR, SHIFT, TURN
from qffc.passes.equivariance.verdict import Transform, Verdict

SITES = (Site("O", "O", "centre"), Site("H1", "H", "neighbour"), Site("H2", "H", "neighbour"), Site("C", "C", "free"))
NAMES = tuple(site.name for site in SITES)
SWAP = {0: 1, 1: 0, 2: 3, 3: 2}
HYDROGENS = {"H1": "H2", "H2": "H1"}


def random_scalar(rng: np.random.Generator, site: str) -> Value:
    entries = [ParameterEntry("p", (int(rng.integers(3)),)) for _ in range(4)]
    r, s = Displacement("O", site), Displacement("C", site)
    geometric = [norm(r), dot(r, s), dot(r, cross(s, Displacement("H1", "H2"))), norm(Displacement("H1", "H2"))]
    scalars: list[Value] = [*entries, entries[0] * geometric[int(rng.integers(4))], geometric[int(rng.integers(2))]]
    return scalars[rng.integers(len(scalars))]


def random_vector(rng: np.random.Generator, site: str) -> Value:
    r, s = Displacement("O", site), Displacement("H1", "H2")
    vectors = [r, r, r, unit(r), s, cross(r, s), Displacement("C", site), Position(site)]
    return random_scalar(rng, site) * vectors[rng.integers(len(vectors) if rng.integers(3) == 0 else 6)]


def random_op(rng: np.random.Generator) -> list[Op]:
    a, b, c = map(int, rng.permutation(4)[:3])
    site = "H1" if a % 2 == 0 else "H2"
    kind = rng.integers(12)
    if kind < 5:
        return [Rotate(a, random_vector(rng, site))]
    if kind < 9:
        return [Exchange(a, b, random_scalar(rng, site))]
    if kind == 9:
        return [Chirality(a, b, c, random_scalar(rng, site))]
    if kind == 10:
        angle = random_scalar(rng, site)
        return [PauliRotation(((a, l), (b, l)), angle) for l in rng.permutation(["X", "Y", "Z"])]
    return [Relabel(((0, 2), (2, 0), (1, 3), (3, 1)))]


def image(op: Op) -> Op:
    match op:
        case Rotate():
            return Rotate(SWAP[op.qubit], substitute_sites(op.vector, HYDROGENS))
        case Exchange():
            return Exchange(SWAP[op.b], SWAP[op.a], substitute_sites(op.angle, HYDROGENS))
        case Chirality():
            return Chirality(SWAP[op.c], SWAP[op.a], SWAP[op.b], substitute_sites(op.angle, HYDROGENS))
        case PauliRotation():
            moved = tuple((SWAP[qubit], letter) for qubit, letter in op.string)
            return PauliRotation(moved, substitute_sites(op.angle, HYDROGENS))
    return op


def random_program(seed: int, *, symmetric: bool) -> Program:
    """Blocks of a random operation and its image under H1 <-> H2; symmetric when the two commute."""
    rng = np.random.default_rng(seed)
    ops: list[Op] = [Singlet(0, 1), Singlet(3, 2)] if rng.integers(2) else [Singlet(0, 2), Singlet(1, 3)]
    while len(ops) < 14:
        block = random_op(rng)
        if isinstance(block[0], Relabel):
            ops += block
            continue
        mirrored = [image(op) for op in block]
        same = {SWAP[qubit] for qubit in block[0].qubits} == set(block[0].qubits) and isinstance(block[0], Exchange)
        apart = not {SWAP[qubit] for qubit in block[0].qubits} & set(block[0].qubits)
        if symmetric and not (apart or same):
            continue
        ops += [*block, *mirrored] if symmetric or rng.integers(8) else block
    weights = (1, 1) if symmetric or rng.integers(3) else (1, 2)
    return Program(
        "random",
        ("rotation", "inversion", "translation", "exchange"),
        "molecule",
        ("H", "O", "C"),
        SITES,
        (Parameter("p", (3,)),),
        tuple(Qubit(f"q{q}", ("H1", "H2", "H1", "H2")[q]) for q in range(4)),
        tuple(ops),
        (("m", DotObservable(0, 3)), ("n", DotObservable(1, 2)), ("k", DotObservable(0, 1))),
        EnergyReadout(weights[0] * Moment("m") + weights[1] * Moment("n") + Moment("k") ** 2),
    )


def transform_of(verdict: Verdict) -> Transform:
    if verdict.generator.startswith("exchange"):
        return Transform("", sites=(("H1", "H2"), ("H2", "H1")))
    return {"rotation": TURN, "inversion": MIRROR, "translation": SHIFT}[verdict.generator]


def deviation(program: Program, transform: Transform, rng: np.random.Generator) -> float:
    positions = rng.normal(size=(4, 3))
    species = np.array([program.species.index(site.species or "") for site in SITES])
    numbers = {"p": rng.normal(size=3)}
    before = response(program, Instance(positions, species, numbers))
    after = response(program, Instance(transform.apply(positions, NAMES), species, numbers))
    return float(np.abs(before - after).max())


def assert_sound(program: Program, seed: int) -> list[tuple[str, str]]:
    rng = np.random.default_rng(seed)
    verdicts = check_equivariance(program).verdicts
    for verdict in verdicts:
        if verdict.status == "proven":
            assert max(deviation(program, transform_of(verdict), rng) for _ in range(2)) < 1e-9, verdict
    return [(verdict.generator, verdict.status) for verdict in verdicts]


@given(st.integers(0, 2**32 - 1))
def test_proven_survives_numbers(seed: int) -> None:
    assert_sound(random_program(seed, symmetric=False), seed)


@given(st.integers(0, 2**32 - 1))
def test_symmetric_programs_are_never_refuted(seed: int) -> None:
    outcome = dict(assert_sound(random_program(seed, symmetric=True), seed))
    assert outcome["rotation"] == "proven"
    assert outcome["exchange H1 H2"] == "proven"


@pytest.mark.slow
def test_a_sweep_meets_every_verdict() -> None:
    counts = Counter(pair for seed in range(400) for pair in assert_sound(random_program(seed, symmetric=False), seed))
    for generator in ("inversion", "translation", "exchange H1 H2"):
        assert counts[generator, "proven"] > 10, counts
        assert counts[generator, "refuted"] > 10, counts
