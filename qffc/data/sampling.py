"""Frames sampled at a temperature and labelled by a calculator of the Atomic Simulation Environment (ASE).

Frames come from Langevin dynamics, or from normal-mode sampling: the harmonic approximation about a minimum.
"""

# ASE has no types for most of its methods.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qffc.data.dataset import Dataset
from qffc.data.periodic import refuse_periodic
from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.ir.telling import tell

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

WAYS = ("dynamics", "modes")
"""How frames are drawn: by Langevin dynamics, or along normal modes."""

_STEP_FS = 0.5
_FRICTION_PER_FS = 0.01
_EQUILIBRATION_FS = 500.0
_AT_ONCE = 50
"""Steps between two words about the way."""
_FORCE = 1e-3
"""Largest force of a relaxed geometry, eV/Angstrom."""
_RELAXATION = 1000
_DISPLACEMENT = 0.01
"""Of atoms, for the Hessian, Angstrom."""
_ZERO_MODE = 0.05
"""eV/(Angstrom^2 u): softer modes are motions of the whole molecule, or not those of a minimum."""


@dataclass(frozen=True)
class SamplingPlan:
    """How frames are sampled.

    Args:
        frames: how many.
        temperature: K.
        way: ``dynamics``: Langevin dynamics from the relaxed geometry, a frame every ``interval`` after half a
            picosecond; ``modes``: independent displacements along the normal modes, as a harmonic molecule has them.
        interval: between frames of dynamics, fs.
        seed: of velocities, noise and displacements.

    Raises:
        QffcError: a number is not positive, or there is no such way.
    """

    frames: int
    temperature: float
    way: str = WAYS[0]
    interval: float = 10.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.way not in WAYS:
            raise error("no such way to sample", found=repr(self.way), expected=quoted(WAYS), help="choose one of them")
        if self.frames < 1 or not 0 < self.temperature < 1e5 or self.interval < _STEP_FS or self.seed < 0:
            raise error(
                "sampling that cannot be done",
                found=f"{self.frames} frames at {self.temperature:g} K, every {self.interval:g} fs, seed {self.seed}",
                expected=f"at least 1 frame, a temperature above 0, at least {_STEP_FS} fs, a seed from 0",
                help="correct the number",
            )


def sampled(atoms: Atoms, mover: Calculator, plan: SamplingPlan, labels: Calculator | None = None) -> Dataset:
    """Return frames of a molecule with energies and forces.

    The geometry is relaxed first. Frames are centred on their centre of mass, and come in their order in time; those of
    dynamics are correlated when the interval is short.

    Args:
        atoms: the molecule, near a minimum.
        mover: computes what moves it.
        plan: how many frames, at which temperature.
        labels: computes energies and forces of the frames; without it, ``mover`` does.

    Raises:
        QffcError: the molecule is periodic, does not relax, is not at a minimum, or falls apart.
        Exception: what a calculator raises.

    Example:
        >>> from ase.build import molecule
        >>> from ase.calculators.emt import EMT
        >>> sampled(molecule("N2"), EMT(), SamplingPlan(frames=3, temperature=300.0, way="modes"))
        Dataset('N2', N2, 3 frames)
    """
    refuse_periodic({"pbc": atoms.pbc}, str(atoms.symbols))
    moved = atoms.copy()
    moved.set_constraint()
    moved.calc = mover
    _relax(moved)
    rng = np.random.default_rng(plan.seed)
    positions = _along_modes(moved, plan, rng) if plan.way == "modes" else _by_dynamics(moved, plan, rng)
    energies, forces = _labelled(moved, positions, mover if labels is None else labels)
    return Dataset(moved.numbers, positions, energies, forces, name=str(atoms.symbols))


def _relax(atoms: Atoms) -> None:
    from ase.optimize import BFGS

    tell("relaxing the geometry")
    if len(atoms) > 1 and not BFGS(atoms, logfile=None).run(fmax=_FORCE, steps=_RELAXATION):
        raise error(
            "geometry that does not relax",
            found=f"forces up to {np.abs(atoms.get_forces()).max():.3g} eV/Å after {_RELAXATION} steps",
            expected=f"at most {_FORCE} eV/Å",
            help="begin nearer to a minimum of the method",
        )


def _by_dynamics(atoms: Atoms, plan: SamplingPlan, rng: np.random.Generator) -> NDArray[np.float64]:
    from ase import units
    from ase.md.langevin import Langevin

    widths = np.sqrt(atoms.get_masses()[:, None] * units.kB * plan.temperature)
    atoms.set_momenta(widths * rng.standard_normal((len(atoms), 3)))
    # fixcm=True would heat light atoms of small molecules.
    motion = Langevin(
        atoms,
        _STEP_FS * units.fs,
        temperature_K=plan.temperature,
        friction=_FRICTION_PER_FS / units.fs,
        fixcm=False,
        rng=rng,
    )
    steps = round(_EQUILIBRATION_FS / _STEP_FS)
    for done in range(0, steps, _AT_ONCE):
        tell("equilibrating, steps:", done, steps)
        motion.run(min(_AT_ONCE, steps - done))
    positions = np.empty((plan.frames, len(atoms), 3))
    for index in range(plan.frames):
        tell("sampling frames:", index, plan.frames)
        motion.run(round(plan.interval / _STEP_FS))
        positions[index] = atoms.positions - atoms.get_center_of_mass()
        if not np.all(np.isfinite(positions[index])) or np.abs(positions[index]).max() > 10.0 + 2.0 * len(atoms):
            raise _fell_apart(index, plan)
    return positions


def _along_modes(atoms: Atoms, plan: SamplingPlan, rng: np.random.Generator) -> NDArray[np.float64]:
    from ase.units import kB

    stiffness, modes = _normal_modes(atoms)
    count, places = 3 * len(atoms), atoms.positions.copy()
    whole = count - (3 if len(atoms) == 1 else 5 if _is_linear(places) else 6)
    inner = np.argsort(-stiffness)[:whole]
    if whole and stiffness[inner].min() < _ZERO_MODE:
        raise error(
            "geometry that is no minimum",
            found=f"a mode of stiffness {stiffness[inner].min():.3g} eV/(Å² u)",
            expected=f"at least {_ZERO_MODE} for all {whole} modes inside the molecule",
            help="take --way dynamics, or a geometry near another minimum",
        )
    amplitudes = np.sqrt(kB * plan.temperature / stiffness[inner]) * rng.standard_normal((plan.frames, whole))
    root = np.sqrt(np.repeat(atoms.get_masses(), 3))
    moved = places.ravel() + (amplitudes @ modes[:, inner].T) / root
    frames = moved.reshape(plan.frames, len(atoms), 3)
    masses = atoms.get_masses()
    return np.asarray(frames - np.einsum("fak,a->fk", frames, masses)[:, None] / masses.sum())


def _normal_modes(atoms: Atoms) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Eigenvalues, eV/(Angstrom^2 u), and eigenvectors of the Hessian in coordinates weighted by masses."""
    count, places = 3 * len(atoms), atoms.positions.copy()
    hessian = np.empty((count, count))
    for row in range(count):
        tell("displacing atoms:", row, count)
        both = []
        for sign in (1, -1):
            shift = np.zeros(count)
            shift[row] = sign * _DISPLACEMENT
            atoms.positions = places + shift.reshape(-1, 3)
            both.append(atoms.get_forces().ravel())
        hessian[row] = (both[1] - both[0]) / (2 * _DISPLACEMENT)
    atoms.positions = places
    root = np.sqrt(np.repeat(atoms.get_masses(), 3))
    values, vectors = np.linalg.eigh((hessian + hessian.T) / 2 / np.outer(root, root))
    return values, vectors


def _is_linear(positions: NDArray[np.float64]) -> bool:
    spread = np.linalg.svd(positions - positions.mean(axis=0), compute_uv=False)
    return bool(spread[1] < 1e-3 * max(float(spread[0]), 1.0))


def _labelled(
    atoms: Atoms, positions: NDArray[np.float64], labels: Calculator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    frame = atoms.copy()
    frame.calc = labels
    energies, forces = np.empty(len(positions)), np.empty(positions.shape)
    for index, place in enumerate(positions):
        tell("labelling frames:", index, len(positions))
        frame.positions = place
        energies[index], forces[index] = frame.get_potential_energy(), frame.get_forces()
    tell("")
    return energies, forces


def _fell_apart(index: int, plan: SamplingPlan) -> QffcError:
    return error(
        "molecule that falls apart",
        found=f"atoms far from each other in frame {index}, at {plan.temperature:g} K",
        expected="a molecule that holds together",
        help="sample at a lower temperature",
    )
