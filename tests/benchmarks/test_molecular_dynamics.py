"""Molecular dynamics of the force-field experiments: topology, runs in pieces, broken bonds, distributions."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT

pytest.importorskip("benchmarks.forcefields", reason="needs the source tree on the path: python -m pytest")

from benchmarks.forcefields.dynamics import Bonds, Plan, simulate, thermal_start
from benchmarks.forcefields.md_report import Trajectories, overlap, read_trajectories
from benchmarks.forcefields.topology import bond_lengths, dihedral_angles, topology_of

ETHANOL = molecule("CH3CH2OH")
TOPOLOGY = topology_of(ETHANOL)
NVT = Plan(step=0.5, every=2, frames=6, temperature=300.0)


class Springs(Calculator):
    """Every bond as a spring about its first length."""

    implemented_properties = ["energy", "forces"]

    def calculate(self, atoms=None, properties=("energy",), system_changes=()):
        super().calculate(atoms, properties, system_changes)
        first, second = np.transpose(TOPOLOGY.all_bonds())
        vectors = self.atoms.positions[second] - self.atoms.positions[first]
        lengths = np.linalg.norm(vectors, axis=1)
        stretch = lengths - usual_bonds().lengths
        forces = np.zeros((len(self.atoms), 3))
        np.add.at(forces, first, 30.0 * (stretch / lengths)[:, None] * vectors)
        np.add.at(forces, second, -30.0 * (stretch / lengths)[:, None] * vectors)
        self.results = {"energy": 15.0 * float(stretch @ stretch), "forces": forces}


def usual_bonds() -> Bonds:
    pairs = TOPOLOGY.all_bonds()
    return Bonds(pairs, bond_lengths(ETHANOL.positions[None], pairs)[0])


def start() -> Atoms:
    return thermal_start(ETHANOL, 300.0, seed=1)


def frames_of(path, plan, calculator=None):
    return list(simulate(start, calculator or Springs(), plan, usual_bonds(), path))


def test_topology_of_ethanol():
    assert {kind: len(bonds) for kind, bonds in TOPOLOGY.bonds.items()} == {"C-C": 1, "C-H": 5, "C-O": 1, "H-O": 1}
    counts = {kind: len(chains) for kind, chains in TOPOLOGY.dihedrals.items()}
    assert counts == {"C-C-O-H": 1, "H-C-C-H": 6, "H-C-C-O": 3, "H-C-O-H": 2}


def test_angles_are_those_of_ase():
    for chains in TOPOLOGY.dihedrals.values():
        expected = [ETHANOL.get_dihedral(*chain) for chain in chains]
        expected = [min(angle, 360.0 - angle) for angle in expected]
        np.testing.assert_allclose(dihedral_angles(ETHANOL.positions[None], chains)[0], expected, atol=1e-6)


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path):
    whole = frames_of(tmp_path / "whole.traj", NVT)
    assert whole == [(number, None) for number in range(7)]
    pieces = simulate(start, Springs(), NVT, usual_bonds(), tmp_path / "pieces.traj")
    for _ in range(3):
        next(pieces)
    pieces.close()
    assert frames_of(tmp_path / "pieces.traj", NVT) == whole[2:]
    ends = [Trajectories.last(tmp_path / name) for name in ("whole.traj", "pieces.traj")]
    np.testing.assert_array_equal(ends[0].positions, ends[1].positions)
    np.testing.assert_array_equal(ends[0].get_momenta(), ends[1].get_momenta())
    assert frames_of(tmp_path / "pieces.traj", NVT) == [(6, None)]


def test_the_run_ends_where_a_bond_breaks(tmp_path):
    # The "fun" parameters of EMT for these elements hold no molecule together.
    found = frames_of(tmp_path / "broken.traj", Plan(0.5, 20, 200, None), EMT())
    frame, wrong = found[-1]
    assert wrong is not None
    assert "usually" in wrong
    assert frame < 200
    assert all(other is None for _, other in found[:-1])
    assert frames_of(tmp_path / "broken.traj", Plan(0.5, 20, 200, None), EMT()) == [(frame, wrong)]


def test_energy_is_kept_without_a_thermostat_and_the_drift_is_a_slope(tmp_path):
    nve = Plan(step=0.25, every=4, frames=40, temperature=None)
    frames_of(tmp_path / "nvt.traj", NVT)
    frames_of(tmp_path / "nve.traj", nve)
    found = read_trajectories(tmp_path / "nvt.traj", tmp_path / "nve.traj", (NVT, nve), equilibration=0.003)
    assert found.positions.shape == (4, 9, 3)
    assert found.times[-1] == pytest.approx(0.04)
    assert np.ptp(found.energies) < 0.01
    times = np.linspace(0.0, 2.0, 50)
    slanted = Trajectories(found.positions, found.temperatures, times, 5.0 + 0.009 * times, 9, 1.0)
    assert slanted.drift() == pytest.approx((1.0, 0.0), abs=1e-9)


def test_overlap_of_distributions():
    angles = np.linspace(1.0, 179.0, 500)
    assert overlap(angles, angles) == pytest.approx(1.0)
    assert overlap(angles[:100], angles[400:]) == 0.0
