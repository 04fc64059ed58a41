"""What every script here is given, and what it says; needs NumPy alone.

Two files: an exported model, and an archive with ``positions`` (frames, atoms, 3) in Angstrom and what the calculator
of qffc says of them, ``energies`` in eV and ``forces`` in eV/Angstrom.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

MASSES = {1: 1.008, 6: 12.011, 8: 15.999}
TOLERANCE = 1e-6
"""Of energies in eV and forces in eV/Angstrom."""


@dataclass(frozen=True, eq=False)
class Given:
    """The frames, and what is expected of them."""

    model: str
    positions: Any
    energies: Any
    forces: Any


def given() -> Given:
    """Return what the command line names."""
    model, frames = sys.argv[1:3]
    # The loader lies in the exported file, beside the function.
    sys.path.insert(0, model)
    with np.load(Path(frames)) as stored:
        return Given(model, stored["positions"], stored["energies"], stored["forces"])


def compare(engine: str, energies: Any, forces: Any, expected: Given) -> None:
    """Print the largest differences; exit with 1 where one is beyond the tolerance."""
    pairs = (energies, expected.energies), (forces, expected.forces)
    apart = [float(np.max(np.abs(np.asarray(one) - other))) for one, other in pairs]
    print(f"{engine}: energies {apart[0]:.1e} eV, forces {apart[1]:.1e} eV/Angstrom apart")
    raise SystemExit(max(apart) > TOLERANCE)
