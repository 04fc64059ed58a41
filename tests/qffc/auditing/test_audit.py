"""A calculator without a fault passes; each planted fault is found by the property that it breaks."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from toy_calculator import Toy, wrong

from qffc.auditing import audit as module
from qffc.auditing.audit import audit
from qffc.auditing.close_together import close_rows
from qffc.auditing.derivatives import derivative_rows
from qffc.auditing.far_apart import far_apart_rows
from qffc.auditing.motions import motion_rows
from qffc.auditing.over_time import over_time_rows
from qffc.auditing.paths import path_rows

WATER = molecule("H2O")
COPPER = bulk("Cu", a=2.4, cubic=True)


@pytest.fixture(scope="module")
def of_water():
    return audit(Toy, WATER)


def test_a_right_calculator_passes(of_water):
    assert of_water.holds, of_water.render()
    assert of_water.precision == "double precision"
    asked = {row.test.name for row in of_water.rows if row.test.verdict == "holds"}
    assert {"extensive: energy", "symmetric Hessian", "two molecules that part: forces", "net torque"} <= asked


def test_a_right_crystal_passes():
    found = audit(Toy, COPPER)
    assert found.holds, found.render()
    asked = {row.test.name for row in found.rows if row.test.verdict == "holds"}
    assert {
        "stress = strain derivative",
        "a repeated cell: forces",
        "rotation: energy",
        "a strained cell: forces",
    } <= asked


class Single(Toy):
    """Total energies with large constants, in single precision."""

    def sums(self, atoms):
        e, f, v = super().sums(atoms)
        return float(np.float32(e - 1000.0 * len(atoms))), f.astype(np.float32), v


def test_single_precision_is_held_to_single_precision():
    found = audit(Single, WATER)
    assert found.holds, found.render()
    assert found.precision.startswith("single precision")


def field(atoms, e, f, v):
    """An electric field: the energy knows directions and places."""
    return e + 0.01 * atoms.positions[:, 2].sum(), f - [0, 0, 0.01], v


def handed(atoms, e, f, v):
    """The mirror image has another energy, forces included by differences."""
    return with_forces(atoms, e, f, v, lambda x: 0.01 * np.linalg.det(x[1:4] - x[0]) if len(x) > 3 else 0.0)


def with_forces(atoms, e, f, v, energy, step=1e-5):
    positions = atoms.positions
    more = np.zeros_like(f)
    for k in np.ndindex(positions.shape):
        up, down = positions.copy(), positions.copy()
        up[k] += step
        down[k] -= step
        more[k] = -(energy(up) - energy(down)) / (2 * step)
    return e + energy(positions), f + more, v


def turned_only(atoms, e, f, v):
    """Forces that do not turn with the molecule."""
    return e, f * [1, 1, 1.001], v


def first_atom(atoms, e, f, v):
    """The first atom in the list is special."""
    return with_forces(atoms, e, f, v, lambda x: 0.01 * np.linalg.norm(x[-1] - x.mean(axis=0)) ** 2)


def forces_in_order(atoms, e, f, v):
    return e, f + 1e-4 * np.arange(len(f))[:, None] - 1e-4 * np.arange(len(f)).mean(), v


def far_away(atoms, e, f, v):
    """A fault that grows with the distance from the origin."""
    return e + 1e-9 * np.sum(atoms.positions**2) * (np.abs(atoms.positions).max() > 100), f, v


def far_forces(atoms, e, f, v):
    return e, np.round(f, 2) if np.abs(atoms.positions).max() > 100 else f, v


def curl(atoms, e, f, v):
    """Forces around an axis, which are no gradient."""
    turned = np.cross([0, 0, 1e-3], atoms.positions - atoms.positions.mean(axis=0))
    return e, f + turned, v


def scaled(atoms, e, f, v):
    return e, 1.001 * f, 1.001 * v


def pushed(atoms, e, f, v):
    return e, f + 1e-3, v


def whole_stress(atoms, e, f, v):
    return e, f, 1.001 * v


def shear(atoms, e, f, v):
    return e, f, v + 1e-3 * np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]])


def first_cell(atoms, e, f, v):
    """Atoms outside of the cell count less."""
    outside = (np.ptp(atoms.get_scaled_positions(wrap=False), axis=0) > 1.0).any()
    return e + 1e-6 * outside, f, v


def jump(atoms, e, f, v):
    """A shift at the cutoff of a pair."""
    near = np.linalg.norm(atoms.positions[:, None] - atoms.positions[None], axis=2) < 3.3
    return e + 1e-5 * near.sum(), f, v


def kink(atoms, e, f, v):
    """A force that stops at a distance."""
    apart = atoms.positions[None] - atoms.positions[:, None]
    distance = np.linalg.norm(apart, axis=2) + 10 * np.eye(len(atoms))
    near = distance < 3.3
    pull = np.where(near[..., None], 1e-3 * apart / distance[..., None], 0.0)
    return e + 0.5e-3 * np.where(near, distance - 3.3, 0.0).sum(), f + pull.sum(axis=1), v


def per_atom(atoms, e, f, v):
    """A mean over all atoms in the place of a sum."""
    share = 3 / len(atoms)
    return e * share, f * share, v * share


def offset(atoms, e, f, v):
    """Energy of a vacuum."""
    return e + 0.1, f, v


def global_pool(atoms, e, f, v):
    """What one molecule does is felt by all."""
    spread = 1e-3 * e
    return e, f + spread - spread * np.mean(np.ones_like(f), axis=0) * (len(f) <= 3), v


def hole(atoms, e, f, v):
    """Atoms that are too near fall into each other."""
    return with_forces(atoms, e, f, v, lambda x: -50.0 * sum(np.exp(-((np.linalg.norm(x[i] - x[j]) / 0.35) ** 4))
                       for i in range(len(x)) for j in range(i)))  # fmt: skip


def undefined(atoms, e, f, v):
    distance = np.linalg.norm(atoms.positions[:, None] - atoms.positions[None], axis=2) + 10 * np.eye(len(atoms))
    return (np.nan if distance.min() < 0.4 else e), f, v


def bent(atoms, e, f, v):
    """Forces of an angle that are lost where it is straight."""
    a, b = atoms.positions[1] - atoms.positions[0], atoms.positions[2] - atoms.positions[0]
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    return e, (0.9 * f if cosine < -0.999 else f), v


def clipped(atoms, e, f, v):
    straight = np.linalg.svd(atoms.positions - atoms.positions.mean(axis=0))[1][1] < 0.5
    return e, np.clip(f, -0.3, 0.3) if straight else f, v


def forever(atoms, e, f, v):
    """An energy that never stops falling."""
    return with_forces(atoms, e, f, v, lambda x: 5e-3 * np.linalg.norm(x[:, None] - x[None], axis=2).sum())


def rough(atoms, e, f, v):
    """Energies with four digits."""
    return round(e, 4), f, v


def rough_hash(atoms, e, f, v):
    return e + 1e-4 * np.sin(1e9 * atoms.positions.sum()), f, v


def lost_on_the_way(atoms, e, f, v):
    return (np.nan if np.ptp(atoms.positions) > 8 else e), f, v


class Refuses(Toy):
    """An iteration that does not converge."""

    def sums(self, atoms):
        if len(atoms) > 3:
            raise RuntimeError("not converged")
        return super().sums(atoms)


class Remembers(Toy):
    """Adds something from call to call."""

    calls = 0

    def sums(self, atoms):
        e, f, v = super().sums(atoms)
        self.calls += 1
        return e + 1e-3 * self.calls, f, v


class Stale(Toy):
    """Keeps the forces of the first geometry."""

    kept = None

    def sums(self, atoms):
        e, f, v = super().sums(atoms)
        self.kept = f if self.kept is None else self.kept
        return e, self.kept if self.kept.shape == f.shape else f, v


class Moves(Toy):
    """Centres the atoms of its caller."""

    def get_potential_energy(self, atoms=None, force_consistent=False):
        atoms.positions -= atoms.positions.mean(axis=0)
        return super().get_potential_energy(atoms, force_consistent)


class Notes(Toy):
    """Writes into the notes of its caller."""

    def get_forces(self, atoms=None):
        atoms.info["seen"] = True
        return super().get_forces(atoms)


class TwoEnergies(Toy):
    """A free energy that is another one without electrons to smear."""

    def calculate(self, *arguments):
        super().calculate(*arguments)
        self.results["energy"] += 1e-3


class PerAtomFree(Toy):
    def calculate(self, *arguments):
        super().calculate(*arguments)
        self.results["energy"] /= len(self.atoms)


class AtOnePlace(Toy):
    """Two atoms at one place: not a number, silently."""

    def sums(self, atoms):
        try:
            return super().sums(atoms)
        except ValueError:
            return np.nan, np.full((len(atoms), 3), np.nan), np.zeros((3, 3))


class DeepAtOnePlace(AtOnePlace):
    def sums(self, atoms):
        e, f, v = super().sums(atoms)
        return (e, f, v) if np.isfinite(e) else (-np.inf, np.zeros_like(f), v)


FAULTS = [
    ("rounding", None, wrong(rough), WATER),
    ("rounding", None, wrong(rough_hash), WATER),
    ("rotation: energy", motion_rows, wrong(field), WATER),
    ("rotation: forces", motion_rows, wrong(turned_only), WATER),
    ("rotation: forces", motion_rows, wrong(turned_only), COPPER),
    ("inversion: energy", motion_rows, wrong(handed), molecule("CH4")),
    ("inversion: energy", motion_rows, wrong(field), COPPER),
    ("translation: energy", motion_rows, wrong(field), WATER),
    ("net force", motion_rows, wrong(pushed), WATER),
    ("net force", motion_rows, wrong(field), WATER),
    ("net torque", motion_rows, wrong(curl), WATER),
    ("net torque", motion_rows, wrong(turned_only), WATER),
    ("exchange: energy", motion_rows, wrong(first_atom), WATER),
    ("exchange: forces", motion_rows, wrong(forces_in_order), WATER),
    ("far from the origin: energy", motion_rows, wrong(far_away), WATER),
    ("far from the origin: forces", motion_rows, wrong(far_forces), WATER),
    ("an atom and its image: energy", motion_rows, wrong(first_cell), COPPER),
    ("a repeated cell: energy", motion_rows, wrong(offset), COPPER),
    ("a repeated cell: energy", motion_rows, wrong(lambda a, e, f, v: (e / len(a), f / len(a), v)), COPPER),
    ("other vectors of the lattice: energy", motion_rows,
     wrong(lambda a, e, f, v: (e + 1e-6 * (a.cell.angles() != 90).sum(), f, v)), COPPER),
    ("other vectors of the lattice: forces", motion_rows,
     wrong(lambda a, e, f, v: (e, f * (1 + 1e-6 * (a.cell.angles() != 90).sum()), v)), COPPER),
    ("forces = -gradient", derivative_rows, wrong(scaled), WATER),
    ("forces = -gradient", derivative_rows, wrong(curl), WATER),
    ("symmetric Hessian", derivative_rows, wrong(curl), WATER),
    ("symmetric Hessian", derivative_rows, wrong(turned_only), WATER),
    ("stress = strain derivative", derivative_rows, wrong(whole_stress), COPPER),
    ("stress = strain derivative", derivative_rows, wrong(shear), COPPER),
    ("the past does not matter: energy", over_time_rows, Remembers, WATER),
    ("the past does not matter: forces", over_time_rows, Stale, WATER),
    ("atoms are not changed (positions)", over_time_rows, Moves, WATER),
    ("atoms are not changed (info)", over_time_rows, Notes, WATER),
    ("energy = free energy", over_time_rows, TwoEnergies, WATER),
    ("energy = free energy", over_time_rows, PerAtomFree, WATER),
    ("energy kept in dynamics: half the step", over_time_rows, wrong(lambda a, e, f, v: (e, 1.05 * f, v)), WATER),
    ("energy kept in dynamics: half the step", over_time_rows, Remembers, WATER),
    ("extensive: energy", far_apart_rows, wrong(per_atom), WATER),
    ("extensive: energy", far_apart_rows, wrong(offset), WATER),
    ("extensive: forces", far_apart_rows, wrong(per_atom), WATER),
    ("extensive: forces", far_apart_rows, wrong(global_pool), WATER),
    ("local: forces", far_apart_rows, wrong(global_pool), WATER),
    ("local: forces", far_apart_rows,
     wrong(lambda a, e, f, v: (e, f + 1e-1 * np.std(a.positions[len(a) // 2 :] - a.positions[-1]), v)), WATER),
    ("atoms pushed together: energy rises", close_rows, wrong(hole), WATER),
    ("atoms pushed together: energy rises", close_rows, wrong(lambda a, e, f, v: (-abs(e), f, v)), WATER),
    ("atoms pushed together: finite", close_rows, wrong(undefined), WATER),
    ("atoms pushed together: finite", close_rows, wrong(lambda a, e, f, v: (e, f / (np.abs(f).max() < 20), v)), WATER),
    ("two atoms at one place: no number without meaning", close_rows, AtOnePlace, WATER),
    ("two atoms at one place: no number without meaning", close_rows, DeepAtOnePlace, WATER),
    ("three atoms on a line: forces = -gradient", close_rows, wrong(bent), WATER),
    ("three atoms on a line: forces = -gradient", close_rows, wrong(clipped), WATER),
    ("two molecules that part: an answer everywhere", path_rows, Refuses, WATER),
    ("an atom that leaves: an answer everywhere", path_rows, wrong(lost_on_the_way), WATER),
    ("an atom that leaves: energy", path_rows, wrong(jump), WATER),
    ("an atom that leaves: forces", path_rows, wrong(kink), WATER),
    ("two molecules that part: energy", path_rows, wrong(jump), WATER),
    ("two molecules that part: forces", path_rows, wrong(kink), WATER),
    ("a strained cell: energy", path_rows,
     wrong(lambda a, e, f, v: (e + 1e-4 * (a.get_volume() > 15), f, v)), COPPER),
    ("a strained cell: forces", path_rows,
     wrong(lambda a, e, f, v: (e, f * (1 + 1e-2 * (a.get_volume() > 15)), v)), COPPER),
    ("an atom far away: energy", path_rows, wrong(forever), WATER),
    ("an atom far away: forces", path_rows, wrong(forever), WATER),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rows", "calculator", "atoms"), FAULTS)
def test_a_planted_fault_is_found(monkeypatch, name, rows, calculator, atoms):
    monkeypatch.setattr(module, "_GROUPS", tuple(group for group in module._GROUPS if group[1] is rows))
    found = audit(calculator, atoms)
    assert name in found.failed, found.render()
    shown = next(row.shown for row in found.rows if row.test.name == name)
    assert shown
    assert all(isinstance(geometry, Atoms) for geometry in shown)
