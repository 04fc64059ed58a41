from __future__ import annotations

import jax
import numpy as np
import pytest

from qffc.ir.diagnostics import QffcError
from qffc.ir.text.parser import parse_program
from qffc.library import load
from qffc.models import site_energy
from qffc.models.force_field import untrained
from qffc.models.site_energy import parameter_arrays, place_sites, site_energies

WATER = np.array([[[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.1, -0.76, -0.48]]])

FREE = """qffc 1
program free
scope molecule
species H
site A: H free
site B: H free
parameter J default 1
qubit a: A
qubit b: B
singlet a, b
rotate a, r(A, B)
exchange a, b, J
observable m = dot(a, b)
energy log(dot(r(A, B), r(A, B))) + moment(m)
"""


def test_pair_programs_take_molecules():
    program = load("pair", depth=1, channels=2, hidden=(3,))
    model = untrained(program, 0)
    arrays = parameter_arrays(program, {name: value.tolist() for name, value in model.arrays.items()})
    numbers = np.array([8, 1, 1])
    energies, forces = site_energies(program, arrays, place_sites(program, WATER, numbers), raw=True)
    expected = model.predict(numbers, WATER)
    assert np.allclose(energies, expected[0], atol=1e-12)
    assert np.allclose(forces, expected[1], atol=1e-12)


def test_pair_programs_need_elements_that_fit():
    program = load("pair", depth=1)
    with pytest.raises(QffcError, match="molecule without elements"):
        place_sites(program, WATER)
    with pytest.raises(QffcError, match="positions of another shape"):
        place_sites(program, WATER, np.array([8, 1]))


def test_atoms_in_another_order_than_the_sites_are_refused():
    program = load("water-demo", depth=1)
    whole, short = np.ones((1, 3, 3)), np.ones((1, 2, 3))
    for positions, numbers in ((whole, [8, 1, 1]), (short, [1, 1]), (short, [8, 1, 1])):
        assert place_sites(program, positions, np.array(numbers)).numbers.tolist() == [8, 1, 1]
    for positions, numbers in ((whole, [1, 8, 1]), (whole, [8, 1]), (short, [1, 8]), (short, [1, 1, 8])):
        with pytest.raises(QffcError, match=r"atoms that are not those of the sites(.|\n)*expected: (.|\n)*'H', 'H'"):
            place_sites(program, positions, np.array(numbers))


def test_program_without_a_centre():
    program = parse_program(FREE)
    arrays = parameter_arrays(program, {})
    positions = np.array([[[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]])
    _, forces = site_energies(program, arrays, place_sites(program, positions), raw=True)
    assert np.allclose(forces[0, 0], -forces[0, 1])
    with pytest.raises(QffcError, match=r"\(frames, 2, 3\) for the sites"):
        place_sites(program, positions[:, :1])
    with jax.debug_nans(False), pytest.raises(QffcError, match="not finite"):
        site_energies(program, arrays, place_sites(program, 0 * positions), raw=True)


def test_many_frames_go_in_pieces(monkeypatch):
    program = load("sivqlm-h2o", depth=1)
    arrays = untrained(program, 0).arrays
    frames = WATER + np.linspace(0, 0.1, 7)[:, None, None] * np.arange(3)[:, None]
    whole = site_energies(program, arrays, place_sites(program, frames), raw=False)
    monkeypatch.setattr(site_energy, "_CHUNK_CIRCUITS", 3)
    parts = site_energies(program, arrays, place_sites(program, frames), raw=False)
    assert all(np.allclose(a, b, atol=1e-12) for a, b in zip(whole, parts, strict=True))


def test_positions_that_are_no_numbers_are_refused():
    program = load("water-demo")
    arrays = untrained(program, seed=0).arrays
    positions = np.ones((2, 2, 3))
    positions[1, 0, 2] = np.inf
    with pytest.raises(QffcError, match="position that is not finite"):
        site_energies(program, arrays, place_sites(program, positions), raw=True)
