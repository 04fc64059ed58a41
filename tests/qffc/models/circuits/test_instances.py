from __future__ import annotations

import numpy as np
import pytest

from qffc.ir.diagnostics import QffcError
from qffc.library import load
from qffc.models.circuits.instances import instances_of


def test_pairs_of_water_in_any_order_of_atoms():
    program = load("pair")
    for numbers in ([8, 1, 1], [1, 8, 1]):
        instances = instances_of(program, np.array(numbers))
        centres = [site.role for site in program.sites].index("centre")
        assert sorted(instances.atoms[:, centres]) == [0, 1, 2]
        # Neighbours come ordered by species, so that unlike ones always take the same places.
        neighbours = np.delete(instances.species, centres, axis=1)
        assert np.all(np.diff(neighbours, axis=1) >= 0)


def test_every_pair_once():
    instances = instances_of(load("pair", species=("C", "H", "O")), np.array([6, 6, 8, 1, 1, 1, 1, 1, 1]))
    assert len(instances) == 9 * 28
    keys = {(row[0], frozenset(row[1:])) for row in instances.atoms.tolist()}
    assert len(keys) == 9 * 28


def test_atoms_find_their_sites():
    program = load("water-demo")
    instances = instances_of(program, np.array([1, 8, 1]))
    assert instances.atoms.tolist() == [[1, 0, 2]]
    assert instances.share == 1.0


def test_averages_are_all_copies():
    instances = instances_of(load("sivqlm-nh3"), np.array([7, 1, 1, 1]))
    assert len(instances) == 12
    assert len({tuple(row) for row in instances.atoms.tolist()}) == 6
    assert sorted(instances.mirror) == [-1] * 6 + [1] * 6
    assert instances.share == pytest.approx(1 / 12)


@pytest.mark.parametrize(
    ("name", "numbers", "word"),
    [
        ("pair", [6, 1, 1], "'C'"),
        ("water-demo", [8, 1], "O H H"),
        ("pair", [1, 1], "at least 3"),
    ],
)
def test_molecules_that_do_not_fit_are_refused(name, numbers, word):
    with pytest.raises(QffcError, match=word):
        instances_of(load(name), np.array(numbers))
