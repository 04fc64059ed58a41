"""An energy from circuits in one call: the verb ``run`` as a function."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from ase import Atoms

from qffc.execution.energy import EnergyEstimate, estimate_energies
from qffc.ir.diagnostics import error
from qffc.levels import DEVICE_LEVEL, optimized
from qffc.models.force_field import ForceField
from qffc.models.model_file import load_model
from qffc.passes.target import Target
from qffc.targets import target as find_target
from qffc.units import energy_in_ev


def run(
    model: ForceField | str | Path,
    atoms: Atoms,
    *,
    target: str | Target = "H2-1LE",
    standard_error: str | float | None = None,
    shots: int | None = None,
    pilot: int | None = None,
    max_price: float | None = None,
    store: str | Path | None = None,
    seed: int = 0,
    level: int = DEVICE_LEVEL,
) -> EnergyEstimate:
    """Return the energy of a molecule from circuits on a target, with its standard error.

    Args:
        model: a model, its file, or the folder of its run.
        atoms: an isolated molecule, Angstrom.
        target: the name of a target that runs circuits, or a target.
        standard_error: that the energy should have: ``"5 meV"``, or a number in eV.
        shots: instead, the mean over the circuits, measurement settings counted.
        pilot: shots of each setting of a run that comes first; see
            :func:`qffc.execution.energy.estimate_energies`.
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
    if np.any(atoms.pbc):
        raise error(
            "periodic atoms",
            found=f"pbc {atoms.pbc.tolist()}",
            expected="an isolated molecule",
            help="set atoms.pbc = False if the molecule is alone in its box",
        )
    place = find_target(target) if isinstance(target, str) else target
    (estimate,) = estimate_energies(
        at_level(load_model(Path(model)) if isinstance(model, str | Path) else model, place, level),
        atoms.numbers,
        atoms.positions[None],
        place,
        shots=shots,
        standard_error=energy_in_ev(standard_error) if isinstance(standard_error, str) else standard_error,
        pilot=pilot,
        max_price=max_price,
        store=None if store is None else Path(store),
        seed=seed,
    )
    return estimate


def at_level(model: ForceField, target: Target, level: int) -> ForceField:
    """Return the same energy function with shorter circuits: the model's program after the passes of a level.

    Args:
        model: a trained model.
        target: where its circuits are to run.
        level: the optimization level.

    Example:
        >>> from qffc.library import load
        >>> from qffc.models.force_field import untrained
        >>> model = untrained(load("sivqlm-h2o", depth=1), seed=0)
        >>> len(model.program.ops), len(at_level(model, find_target("H2-1LE"), 2).program.ops)
        (16, 14)
    """
    return replace(model, program=optimized(model.program, target, level))
