"""Circuits with symmetries declared by hand: all proven, and what is broken in a mutant is never proven."""

from random import Random

import numpy as np
import pytest

from qffc.passes.equivariance.check import check_equivariance
from qffc.testing import MUTATIONS, deviations, internally_symmetric_program, mutate


def test_symmetric_by_construction_is_proven() -> None:
    programs = [internally_symmetric_program(Random(seed)) for seed in range(12)]
    assert {program.declared for program in programs} == {
        ("generator parity",),
        ("generator shift",),
        ("conserved charge",),
    }
    for program in programs:
        assert check_equivariance(program).holds
        assert max(deviations(program, np.random.default_rng(0), points=2).values()) < 1e-10


@pytest.mark.parametrize("kind", [kind for kind in MUTATIONS if kind != "singlets crossed"])
def test_no_broken_mutant_is_proven(kind: str) -> None:
    random, broken = Random(kind), 0
    for _ in range(12):
        mutant = mutate(internally_symmetric_program(random), kind, random)
        if mutant is None:
            continue
        (deviation,) = deviations(mutant.program, np.random.default_rng(1), points=2).values()
        (verdict,) = check_equivariance(mutant.program).verdicts
        assert verdict.status == "refuted" if deviation > 1e-9 else verdict.status != "refuted"
        broken += deviation > 1e-9
    assert broken or kind == "sites swapped"
