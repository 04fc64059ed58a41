"""What energy and forces cost as molecules are added: ethanol, many times over, far enough apart to be as in the data.

Molecules stand on a cubic lattice, none within the cutoff of another, and the list of neighbours is kept, as in
dynamics. A cost per atom that stays the same is a cost that is linear. The energy must be that of one molecule times
their number: the table shows how far it is off, and the largest extrapolation grade of an atom.
"""

from __future__ import annotations

import argparse
import statistics
from time import perf_counter, process_time

import numpy as np

from qffc.cli.output import say
from qffc.models.circuits.neighbours import reach
from qffc.models.files.model_given import model_of
from qffc.models.moving_atoms import MovingAtoms

MOLECULES = (1, 2, 4, 8, 16, 32, 64, 111)
"""Of nine atoms: up to 999."""
_APART = 1.0
"""Angstrom between what one molecule sees and the next one."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="trained:ethanol", help="any model (default: %(default)s)")
    parser.add_argument("--precision", type=int, choices=(32, 64), default=32, help="bits (default: %(default)d)")
    parser.add_argument("--calls", type=int, default=20, help="of each size (default: %(default)d)")


def run(options: argparse.Namespace) -> int:
    from ase.build import molecule

    model = model_of(options.model)
    one = molecule("CH3CH2OH")
    say("   atoms    pairs   wall ms    CPU ms   CPU ms/atom   off, meV/atom   grade")
    alone: float | None = None
    for count in MOLECULES:
        numbers, positions = box_of(one.numbers, one.positions, count, reach(model.program) or 5.0)
        atoms = MovingAtoms(model, numbers, precision=options.precision)
        energy, forces = atoms.predict(positions)
        alone = energy if alone is None else alone
        walls, cpus = [], []
        for _ in range(options.calls):
            wall, cpu = perf_counter(), process_time()
            atoms.predict(positions)
            walls.append(perf_counter() - wall), cpus.append(process_time() - cpu)
        wall, cpu = 1e3 * statistics.median(walls), 1e3 * statistics.median(cpus)
        off = 1e3 * (energy - count * alone) / len(numbers)
        say(
            f"{len(numbers):8d} {atoms.counts.neighbours:8d} {wall:9.3f} {cpu:9.3f} {cpu / len(numbers):13.4f}"
            f" {off:15.5f} {atoms.grade:7.2f}"
        )
        assert np.all(np.isfinite(forces))
    return 0


def box_of(numbers: np.ndarray, positions: np.ndarray, count: int, cutoff: float) -> tuple[np.ndarray, np.ndarray]:
    """Copies of a molecule on a cubic lattice, none within the cutoff of another."""
    size = float(np.max(np.ptp(positions, axis=0))) + cutoff + _APART
    edge = int(np.ceil(count ** (1 / 3)))
    corners = np.argwhere(np.ones((edge, edge, edge)))[:count] * size
    return np.tile(numbers, count), (positions[None] + corners[:, None]).reshape(-1, 3)
