"""What qffc makes of a circuit: imported, compiled, bound at a point, all settings of its plan."""

from __future__ import annotations

import numpy as np
from pytket.circuit import Circuit

import qffc as qf
from benchmarks.circuits.figures import PLACE, Figures, Moments, figures
from benchmarks.circuits.source import Source
from benchmarks.compile_peers import slots_at
from qffc.compiling.compiled import Compiled
from qffc.ir.evaluate import Instance
from qffc.ir.program import Program

LEVELS = (1, 2, 3)
"""Of the table; 2 is the default for devices."""


def compiled_by_qffc(program: Program, level: int) -> Compiled:
    return qf.compile(program, target=PLACE.name, level=level)


def measured_by_qffc(compiled: Compiled, point: Instance) -> tuple[Circuit, ...]:
    """Return a circuit for each setting."""
    return compiled.measured_circuits(slots_at(compiled.split, point))


def figures_of_qffc(source: Source, point: Instance, exact: Moments, level: int) -> Figures:
    compiled = compiled_by_qffc(source.program, level)
    return figures(measured_by_qffc(compiled, point), compiled.measurements, exact, f"-O{level}")


def many_slots(compiled: Compiled, source: Source, count: int) -> np.ndarray:
    """Return the slots of many points, (count, slot_count), radians."""
    return np.array([slots_at(compiled.split, source.point(number)) for number in range(count)])
