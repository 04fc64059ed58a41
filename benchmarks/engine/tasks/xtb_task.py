"""Energies and forces of a molecule by GFN2-xTB, as molecular dynamics asks for them."""

from __future__ import annotations

import numpy as np
from tblite.interface import Calculator

from benchmarks.engine.cells import XTB_STARTS, Cell

BOHR = 0.529177210903  # Angstrom
HARTREE = 27.211386245988  # eV


def prepare(cell: Cell):
    """Return what to repeat, what it found; nothing is compiled."""
    with np.load(cell.options["trajectory"]) as trajectory:
        numbers, frames = trajectory["numbers"], trajectory["positions"]
    calculator = Calculator("GFN2-xTB", numbers, frames[0] / BOHR)
    calculator.set("verbosity", 0)
    warm = cell.options["start"] == XTB_STARTS[0]
    last = [calculator.singlepoint()]
    step = iter(range(10**9))

    def run():
        calculator.update(frames[next(step) % len(frames)] / BOHR)
        last[0] = calculator.singlepoint(last[0] if warm else None)
        return last[0].get("energy"), last[0].get("gradient")

    def found():
        calculator.update(frames[0] / BOHR)
        result = calculator.singlepoint(last[0])
        forces = -result.get("gradient") * HARTREE / BOHR
        return {"energies": [float(result.get("energy")) * HARTREE], "forces": forces.tolist()}

    return run, found, {"build": 0.0, "trace": 0.0, "xla": 0.0}
