"""What the verbs that move molecules share: the model or models, the geometry, which atoms are bonded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.data.file_names import DATA_FORMS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qffc.models.ensemble import Ensemble
    from qffc.models.force_field import ForceField

Models = Annotated[
    list[Path],
    typer.Argument(metavar="MODEL...", help="a model file, the folder of its run or trained:NAME; of several the mean"),
]
Geometry = Annotated[str, typer.Option(help=f"in Angstrom: {DATA_FORMS}; its first frame")]

_BOND = 1.3
"""Distances up to this times the covalent radii are printed."""


def model_given(models: Sequence[Path]) -> ForceField | Ensemble:
    """Return the model, or the ensemble of several."""
    from qffc.models.ensemble import Ensemble
    from qffc.models.files.model_file import load_model

    members = [load_model(model) for model in models]
    return members[0] if len(members) == 1 else Ensemble(members)


def bonded_pairs(numbers: NDArray[np.integer], positions: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return pairs of atoms with a bond; of small molecules all pairs."""
    import numpy as np
    from ase.data import covalent_radii

    pairs = [(a, b) for b in range(len(numbers)) for a in range(b)]
    if len(numbers) <= 4:
        return pairs
    return [
        (a, b)
        for a, b in pairs
        if np.linalg.norm(positions[a] - positions[b]) < _BOND * sum(covalent_radii[numbers[[a, b]]])
    ]
