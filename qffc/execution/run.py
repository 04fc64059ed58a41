"""An energy, or forces, from circuits in one call: the verb ``run`` as functions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from qffc.compiling.levels import DEFAULT_LEVEL, at_level
from qffc.execution.energy import EnergyEstimate, estimate_energies
from qffc.execution.forces import ForceEstimate, estimate_forces
from qffc.execution.mitigation import Mitigation
from qffc.ir.diagnostics import error
from qffc.ir.given_values import path_of, real_of, whole_of
from qffc.models.files.model_given import ModelLike, model_of
from qffc.models.force_field import ForceField
from qffc.models.given.atoms_given import molecule_of
from qffc.models.given.closed_shell import need_closed_shell
from qffc.passes.target import Target
from qffc.progress_line import shown_as
from qffc.targets.catalogue import target_of
from qffc.units import energy_in_ev, force_in_ev_per_angstrom


@shown_as("run")
def run(
    model: ModelLike,
    atoms: Atoms,
    *,
    target: str | Target = "H2-1LE",
    standard_error: str | float | None = None,
    shots: int | None = None,
    pilot: int | None = None,
    batches: int | None = None,
    mitigate: str | Sequence[str] | None = None,
    own_settings: bool = False,
    pack: bool | None = None,
    max_price: float | None = None,
    store: str | Path | None = None,
    seed: int = 0,
    level: int = DEFAULT_LEVEL,
) -> EnergyEstimate:
    """Return the energy of a molecule from circuits on a target, with its standard error.

    Args:
        model: a model, its file, the folder of its run, or ``trained:NAME``.
        atoms: an isolated molecule, Angstrom.
        target: the name of a target that runs circuits, or a target.
        standard_error: that the energy should have: ``"5 meV"``, or a number in eV.
        shots: instead, the mean over the circuits, measurement settings counted.
        pilot: shots of each setting of a run that comes first; see
            :func:`qffc.execution.energy.estimate_energies`.
        batches: how many batches the shots come in, each allocated by what the ones before have shown.
        mitigate: what is done against noise: some of ``"readout"``, ``"symmetry"``, ``"extrapolate"``; see
            :mod:`qffc.execution.mitigation`.
        own_settings: choose what is measured for each circuit by itself, for fewer shots.
        pack: run circuits side by side in jobs that share their shots, or not; None for what costs less
            at equal standard errors.
        max_price: in HQC; a run that costs more is refused. A machine needs it.
        store: a folder for results, so that a run can go on after a kill. A machine needs it.
        seed: what reproduces the shots.
        level: the optimization level of the circuits; the energy that they stand for is the same at every level.

    Raises:
        QffcError: when the molecule does not fit the model or is periodic, the target cannot run the circuits, or the
            price is above the limit.

    Example:
        >>> from ase.build import molecule
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> estimate = run(untrained(load("sivqlm-h2o", depth=1), seed=0), molecule("H2O"), standard_error="100 meV")
        >>> estimate.standard_error < 0.15
        True
    """
    (estimate,) = estimate_energies(
        *_placed(model, atoms, target, level),
        shots=None if shots is None else whole_of("shots", shots),
        standard_error=energy_in_ev(standard_error) if isinstance(standard_error, str) else standard_error,
        pilot=None if pilot is None else whole_of("pilot", pilot),
        batches=None if batches is None else whole_of("batches", batches),
        mitigation=Mitigation.of(mitigate),
        own_settings=own_settings,
        pack=pack,
        max_price=None if max_price is None else real_of("max_price", max_price),
        store=None if store is None else path_of("the results", store),
        seed=whole_of("seed", seed),
    )
    return estimate


@shown_as("run forces")
def run_forces(
    model: ModelLike,
    atoms: Atoms,
    *,
    target: str | Target = "H2-1LE",
    standard_error: str | float | None = None,
    shots: int | None = None,
    parameters: bool = False,
    pack: bool | None = None,
    max_price: float | None = None,
    store: str | Path | None = None,
    seed: int = 0,
    level: int = DEFAULT_LEVEL,
) -> ForceEstimate:
    """Return energy and forces of a molecule from circuits on a target, with their standard errors.

    Args:
        model: a model, its file, the folder of its run, or ``trained:NAME``.
        atoms: an isolated molecule, Angstrom.
        target: the name of a target that runs circuits, or a target.
        standard_error: that the force components should have, root mean square: ``"20 meV/A"``, or a number in
            eV/Angstrom.
        shots: instead, the mean over the circuits, shifts and measurement settings counted.
        parameters: also estimate the gradient of the energy along the trained parameters.
        pack: run circuits side by side in jobs that share their shots, or not; None for what costs less
            at equal standard errors.
        max_price: in HQC; a run that costs more is refused. A machine needs it.
        store: a folder for results, so that a run can go on after a kill. A machine needs it.
        seed: what reproduces the shots.
        level: the optimization level of the circuits; the forces that they stand for are the same at every level.

    Raises:
        QffcError: when the molecule does not fit the model or is periodic, the target cannot run the circuits, or the
            price is above the limit.

    Example:
        >>> from ase import Atoms
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> model = untrained(load("sivqlm-lih", depth=1), seed=0)
        >>> run_forces(model, Atoms("LiH", [[0, 0, 0], [0, 0, 1.6]]), shots=20).forces.shape
        (2, 3)
    """
    (estimate,) = estimate_forces(
        *_placed(model, atoms, target, level),
        shots=None if shots is None else whole_of("shots", shots),
        standard_error=force_in_ev_per_angstrom(standard_error) if isinstance(standard_error, str) else standard_error,
        parameters=parameters,
        pack=pack,
        max_price=None if max_price is None else real_of("max_price", max_price),
        store=None if store is None else path_of("the results", store),
        seed=whole_of("seed", seed),
    )
    return estimate


def _placed(
    model: ModelLike, atoms: Atoms, target: str | Target, level: int
) -> tuple[ForceField, NDArray[np.integer], NDArray[np.float64], Target]:
    molecule_of(atoms)
    if np.any(atoms.pbc):
        raise error(
            "periodic atoms",
            found=f"pbc {atoms.pbc.tolist()}",
            expected="an isolated molecule",
            help="set atoms.pbc = False if the molecule is alone in its box",
        )
    need_closed_shell(atoms)
    place = target_of(target)
    return at_level(model_of(model), place, level), atoms.numbers, atoms.positions[None], place
