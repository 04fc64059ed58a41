"""The calculator suite passes calculators that are right, of qffc and of ASE, and each of its tests has failed once."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones
from ase.calculators.morse import MorsePotential
from ase.constraints import FixAtoms
from suites import checks_of, failed

from qffc.testing import CalculatorSuite, Tolerances

CLUSTER = Atoms("Ar4H", [[0, 0, 0], [1.1, 0, 0], [0.1, 1.15, 0.1], [0.3, 0.4, 1.1], [-0.7, -0.6, 0.5]])


class TestEMT(CalculatorSuite):
    calculator = EMT
    atoms = molecule("CH3CH2OH")


class TestMorse(CalculatorSuite):
    atoms = CLUSTER

    def calculator(self):
        return MorsePotential(r0=1.1, rcut1=4.0, rcut2=6.0)


class TestLennardJonesOfACrystal(CalculatorSuite):
    atoms = bulk("Ar", cubic=True) * (1, 1, 2)
    rattle = 0.1
    timestep = 5.0

    def calculator(self):
        return LennardJones(sigma=3.4, epsilon=0.0104, rc=6.0, smooth=True)


class Spoiled(LennardJones):
    """A calculator with something added to its energy, and, unless said otherwise, its gradient to the forces."""

    implemented_properties = ("energy", "free_energy", "forces")

    def calculate(self, atoms=None, properties=("energy",), system_changes=()):
        super().calculate(atoms, properties, system_changes)
        extra, gradient = self.extra(self.atoms.positions)
        for name in ("energy", "free_energy"):
            self.results[name] = self.results[name] + extra
        self.results["forces"] = self.results["forces"] - gradient

    def extra(self, r):
        return 0.0, np.zeros_like(r)


class BesideAWall(Spoiled):
    def extra(self, r):
        return r[0, 0], np.eye(1, r.size).reshape(r.shape)


class InATrap(Spoiled):
    def extra(self, r):
        centre = r.mean(axis=0)
        return centre @ centre, np.tile(2 * centre / len(r), (len(r), 1))


class LongAlongX(Spoiled):
    def extra(self, r):
        x = (r - r.mean(axis=0)) * [1, 0, 0]
        return np.sum(x**2), 2 * x


class LeftHanded(Spoiled):
    def extra(self, r):
        a, b, c = r[1:4] - r[0]
        gradient = np.zeros_like(r)
        gradient[1:4] = np.cross(b, c), np.cross(c, a), np.cross(a, b)
        gradient[0] = -gradient[1:4].sum(axis=0)
        return np.dot(a, np.cross(b, c)), gradient


class FondOfOneBond(Spoiled):
    def extra(self, r):
        bond = r[1] - r[0]
        gradient = np.zeros_like(r)
        gradient[:2] = -2 * bond, 2 * bond
        return bond @ bond, gradient


class TooStrong(Spoiled):
    def extra(self, r):
        return 0.0, 0.2 * self.results["forces"]


class Forgetful(Spoiled):
    """Says something else of a geometry that it has seen before."""

    def extra(self, r):
        self.seen = getattr(self, "seen", []) + [r.tobytes()]
        return 1e-3 * (self.seen.count(r.tobytes()) > 1), np.zeros_like(r)


class Smeared(Spoiled):
    def calculate(self, *arguments):
        super().calculate(*arguments)
        self.results["energy"] += 1e-3


class Scribbling(Spoiled):
    def get_property(self, name, atoms=None, allow_calculation=True):
        atoms.info["energy"] = 0.0
        atoms.arrays["tags"] = np.ones(len(atoms), dtype=int)
        return super().get_property(name, atoms, allow_calculation)


def suite_of(kind, atoms=CLUSTER, **choices):
    return type("Suite", (CalculatorSuite,), {"calculator": kind, "atoms": atoms, **choices})


BROKEN = {
    BesideAWall: {"rotation", "inversion", "translation", "exchange", "net_force_vanishes", "net_torque_vanishes"},
    InATrap: {"translation", "net_force_vanishes"},
    LongAlongX: {"rotation", "inversion", "net_torque_vanishes"},
    FondOfOneBond: {"exchange"},
    TooStrong: {"forces_are_minus_the_gradient", "dynamics_keep_the_energy"},
    Forgetful: {"the_past_does_not_matter"},
    Smeared: {"free_energy"},
    Scribbling: {"atoms_are_not_changed"},
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_broken_fails_and_nothing_else(kind):
    assert failed(suite_of(kind)) == BROKEN[kind]


def test_only_the_mirror_image_differs():
    atoms = CLUSTER.copy()
    atoms.symbols[:] = "HCNOF"
    assert failed(suite_of(LeftHanded, atoms)) == {"inversion"}
    assert failed(suite_of(LeftHanded, atoms, symmetry=("rotation", "translation"))) == set()


def test_every_test_of_the_suite_fails_for_something():
    seen = set().union(*BROKEN.values())
    assert {name.removeprefix("test_") for name in checks_of(CalculatorSuite)} == seen


def test_constraints_are_left_aside():
    atoms = CLUSTER.copy()
    atoms.set_constraint(FixAtoms([0]))
    assert failed(suite_of(Spoiled, atoms)) == set()


def test_tolerances_and_smearing_are_choices():
    assert failed(suite_of(TooStrong, tolerances=Tolerances(difference=1.0))) == {"dynamics_keep_the_energy"}
    assert failed(suite_of(Smeared, smeared=True)) == set()
    assert failed(suite_of(Spoiled)) == set()
