"""Every library program has the symmetries that it declares, in numbers; where one must fail, it does."""

from dataclasses import replace

import numpy as np
import pytest

from qffc.ir.declarations import Symmetry
from qffc.ir.evaluate import Instance
from qffc.ir.program import Program
from qffc.ir.reference import response
from qffc.library import load_reference
from qffc.passes.equivariance.check import check_equivariance
from qffc.testing import deviations

SYMMETRIC = (
    "lib:water-demo:tied=true,breaking=false,depth=2",
    "lib:sivqlm-lih:depth=2",
    "lib:sivqlm-lih:depth=2,breaking=true",
    "lib:sivqlm-lih:depth=2,radial=bessel",
    "lib:sivqlm-h2o:depth=2",
    "lib:sivqlm-h2o:depth=2,breaking=true",
    "lib:sivqlm-h2o:depth=2,radial=bessel",
    "lib:sivqlm-nh3:depth=1",
    "lib:sivqlm-nh3:depth=1,breaking=true",
    "lib:sivqlm-nh3:depth=1,radial=bessel",
    "lib:sivqlm-nh3:depth=2,collective=true",
    "lib:sivqlm-nh3:depth=1,collective=true,breaking=true",
    "lib:initial:slots=3,depth=1,channels=2",
    "lib:initial:slots=3,depth=1,channels=1,mirror=true,couplings=all-pairs",
    "lib:revised:slots=3,depth=1,channels=2",
    "lib:revised:slots=3,depth=1,channels=1,mirror=true,hidden=4,radial=chebyshev",
    "lib:ring:qubits=4,depth=1",
    "lib:all-pairs:qubits=4,depth=1",
    "lib:pair:depth=2,channels=2",
    "lib:pair:depth=2,channels=1,products=true,damped=true",
)


def change(program: Program, generator: Symmetry) -> float:
    declared = replace(program, symmetry=(generator,))
    return max(deviations(declared, np.random.default_rng(5), points=2).values())


@pytest.mark.parametrize("reference", SYMMETRIC)
def test_declared_symmetry_holds(reference: str) -> None:
    found = deviations(load_reference(reference), np.random.default_rng(5), points=2)
    assert {name for name in found if found[name] > 1e-10} == set()


@pytest.mark.parametrize(
    ("reference", "generator"),
    [
        ("lib:water-demo:depth=2,breaking=false", "exchange"),
        ("lib:water-demo:depth=2,tied=true", "rotation"),
        ("lib:sivqlm-h2o:depth=2,breaking=true", "rotation"),
        ("lib:sivqlm-nh3:depth=1,breaking=true", "rotation"),
        ("lib:sivqlm-nh3:depth=1,breaking=true,collective=true", "rotation"),
    ],
)
def test_broken_symmetry_fails(reference: str, generator: Symmetry) -> None:
    assert change(load_reference(reference), generator) > 1e-4


def test_ammonia_needs_its_averages() -> None:
    program = replace(load_reference("lib:sivqlm-nh3:depth=2"), average=())
    assert change(program, "exchange") > 1e-4
    assert change(program, "inversion") > 1e-6


def test_ammonia_with_collective_exchanges_needs_one_average() -> None:
    program = load_reference("lib:sivqlm-nh3:depth=2,collective=true")
    assert program.average == ("inversion",)
    bare = replace(program, average=())
    assert change(bare, "exchange") < 1e-10
    assert change(bare, "inversion") > 1e-6
    verdicts = check_equivariance(program).verdicts
    assert {verdict.status for verdict in verdicts} == {"proven"}
    assert {v.rule for v in verdicts if v.generator.startswith("exchange")} == {"relabelling modulo commutation"}


def test_a_neighbour_leaves_smoothly() -> None:
    program = load_reference("lib:pair:channels=1,depth=1")
    rng = np.random.default_rng(3)
    tables = {item.name: rng.normal(size=program.shape(item)) for item in program.parameters}
    far = np.array([[0.0, 0.0, 0.0], [0.9, 0.1, 0.0], [0.0, 4.999, 0.0]])
    assert np.max(np.abs(response(program, Instance(far, np.array([0, 1, 1]), tables)))) < 1e-8
