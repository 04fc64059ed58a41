"""An energy from circuits in one call: the verb ``run`` as a function."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ase import Atoms

from qffc.execution.energy import EnergyEstimate, estimate_energies
from qffc.ir.diagnostics import error
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
    (estimate,) = estimate_energies(
        load_model(Path(model)) if isinstance(model, str | Path) else model,
        atoms.numbers,
        atoms.positions[None],
        find_target(target) if isinstance(target, str) else target,
        shots=shots,
        standard_error=energy_in_ev(standard_error) if isinstance(standard_error, str) else standard_error,
        pilot=pilot,
        max_price=max_price,
        store=None if store is None else Path(store),
        seed=seed,
    )
    return estimate
