from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qffc.ir import parse_program
from qffc.library import load
from qffc.models.circuits.instances import instances_of, pairs_of_neighbours
from qffc.models.circuits.neighbours import neighbours_within, reach


def all_within(positions, radius):
    return {
        (i, j)
        for i in range(len(positions))
        for j in range(len(positions))
        if i != j and np.linalg.norm(positions[i] - positions[j]) < radius
    }


@pytest.mark.parametrize("atoms", [2, 40, 200])
def test_neighbours_are_those_within_the_radius(atoms):
    positions = np.random.default_rng(atoms).uniform(0, 8, size=(atoms, 3))
    centres, others = neighbours_within(positions, 2.5)
    found = list(zip(centres.tolist(), others.tolist(), strict=True))
    assert len(set(found)) == len(found)
    assert set(found) == all_within(positions, 2.5)


def test_all_pairs_give_the_circuits_of_the_molecule():
    program = load("pair", species=("C", "H", "O"))
    numbers = np.array([1, 6, 8, 1, 1, 6, 1])
    whole = instances_of(program, numbers)
    positions = np.random.default_rng(0).normal(size=(7, 3))
    near = pairs_of_neighbours(program, whole.atom_species, *neighbours_within(positions, 100.0))
    np.testing.assert_array_equal(near.atoms, whole.atoms)
    np.testing.assert_array_equal(near.species, whole.species)


def weighted(weight):
    program = load("pair", cutoff=4.0, depth=1, channels=1)
    old = str(program.readout.weight)
    return parse_program(program.text.replace(f"weight {old}", f"weight {weight}"))


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        ("cutoff(norm(r(c, a)), 4)*cutoff(norm(r(c, b)), 4)", 4.0),
        ("2*cutoff(norm(r(a, c)), 3)*cutoff(norm(r(b, c)), 3)", 3.0),
        ("cutoff(norm(r(c, a)), 4)^2*cutoff(norm(r(c, b)), 4)^2", 4.0),
        (
            "cutoff(norm(r(c, a)), 4)*cutoff(norm(r(c, b)), 4) + cutoff(norm(r(c, a)), 5)*cutoff(norm(r(c, b)), 5)",
            5.0,
        ),
        ("cutoff(norm(r(c, a)), 4) + cutoff(norm(r(c, b)), 4)", None),
        ("cutoff(norm(r(a, b)), 4)", None),
        ("exp(-1*norm(r(c, a)))*exp(-1*norm(r(c, b)))", None),
        ("1", None),
    ],
)
def test_the_reach_is_where_the_weight_vanishes(weight, expected):
    assert reach(weighted(weight)) == expected


def test_programs_of_a_molecule_have_no_reach():
    assert reach(load("sivqlm-h2o")) is None
    assert reach(replace(load("pair", cutoff=2.5), name="other")) == 2.5


def test_messages_may_reach_farther_than_circuits():
    text = load("pair", messages=1, cutoff=4.0).text
    far = parse_program(text.replace("messages 1 radial bessel 8 cutoff 4", "messages 1 radial bessel 8 cutoff 6"))
    assert (reach(parse_program(text)), reach(far)) == (4.0, 6.0)
