"""Every library program has the symmetries that it declares, in numbers; where one must fail, it does."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray

from qffc.ir.evaluate import Instance
from qffc.ir.program import Program
from qffc.ir.reference import response
from qffc.library import load_reference

Positions = NDArray[np.float64]

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
    "lib:initial:slots=3,depth=1,channels=2",
    "lib:initial:slots=3,depth=1,channels=1,mirror=true,couplings=all-pairs",
    "lib:revised:slots=3,depth=1,channels=2",
    "lib:revised:slots=3,depth=1,channels=1,mirror=true,hidden=4,radial=chebyshev",
    "lib:ring:qubits=4,depth=1",
    "lib:all-pairs:qubits=4,depth=1",
    "lib:pair:depth=2,channels=2",
    "lib:pair:depth=2,channels=1,products=true,damped=true",
)


def random_parameters(program: Program, rng: np.random.Generator) -> dict[str, Positions]:
    return {p.name: rng.normal(size=program.shape(p)) for p in program.parameters}


def species_of(program: Program) -> list[int]:
    """Indices of the species of the sites; two like neighbours where any species fits."""
    return [program.species.index(site.species or program.species[-1]) for site in program.sites]


def like_permutations(program: Program) -> list[tuple[int, ...]]:
    kinds = [(site.species, site.role) for site in program.sites]
    orders = permutations(range(len(kinds)))
    return [order for order in orders if all(kinds[old] == kinds[new] for old, new in enumerate(order))]


def outside(program: Program, positions: Positions, parameters: dict[str, Positions]) -> Positions:
    """What the outside sees: averaged as the program says, for every channel."""
    orders = like_permutations(program) if "exchange" in program.average else [tuple(range(len(positions)))]
    signs = (1.0, -1.0) if "inversion" in program.average else (1.0,)
    species = np.array(species_of(program))
    return np.array(
        [
            np.mean(
                [
                    response(program, Instance(sign * positions[list(order)], species, parameters, channel))
                    for order in orders
                    for sign in signs
                ],
                axis=0,
            )
            for channel in range(program.channels)
        ]
    )


def rotation(rng: np.random.Generator) -> Positions:
    q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return q * np.sign(np.linalg.det(q))


def change(program: Program, generator: str, seed: int = 5) -> float:
    rng = np.random.default_rng(seed)
    parameters = random_parameters(program, rng)
    positions = rng.normal(size=(len(program.sites), 3))
    moved = {
        "rotation": [positions @ rotation(rng).T],
        "inversion": [-positions],
        "translation": [positions + rng.normal(size=3)],
        "exchange": [positions[list(order)] for order in like_permutations(program)],
    }[generator]
    before = outside(program, positions, parameters)
    assert np.max(np.abs(before)) > 1e-6
    return max(float(np.max(np.abs(outside(program, after, parameters) - before))) for after in moved)


@pytest.mark.parametrize("reference", SYMMETRIC)
def test_declared_symmetry_holds(reference: str) -> None:
    program = load_reference(reference)
    for generator in program.symmetry:
        assert change(program, generator) < 1e-10, generator


@pytest.mark.parametrize(
    ("reference", "generator"),
    [
        ("lib:water-demo:depth=2,breaking=false", "exchange"),
        ("lib:water-demo:depth=2,tied=true", "rotation"),
        ("lib:sivqlm-h2o:depth=2,breaking=true", "rotation"),
        ("lib:sivqlm-nh3:depth=1,breaking=true", "rotation"),
    ],
)
def test_broken_symmetry_fails(reference: str, generator: str) -> None:
    assert change(load_reference(reference), generator) > 1e-4


def test_ammonia_needs_its_averages() -> None:
    program = replace(load_reference("lib:sivqlm-nh3:depth=2"), average=())
    assert change(program, "exchange") > 1e-4
    assert change(program, "inversion") > 1e-6


def test_a_neighbour_leaves_smoothly() -> None:
    program = load_reference("lib:pair:channels=1,depth=1")
    rng = np.random.default_rng(3)
    parameters = random_parameters(program, rng)
    far = np.array([[0.0, 0.0, 0.0], [0.9, 0.1, 0.0], [0.0, 4.999, 0.0]])
    assert np.max(np.abs(outside(program, far, parameters))) < 1e-8
