"""Ethanol by `lib:gathered`, `lib:pair` and GFN2-xTB: energies and forces through ASE, and steps of training.

Calls of all go round in one process, so that whatever else the machine does hits them alike; figures are medians, of
the wall clock and of CPU time (all threads). GFN2-xTB is there where tblite is installed (`pip install tblite==0.8.0`);
it starts from the wave function of the step before.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from ase import Atoms

from benchmarks.engine.cells import EPOCH, OURS, TRAINING, Cell
from benchmarks.engine.plan import GATHERED_PROGRAM, TRAINED_PROGRAM, ethanol
from benchmarks.engine.tasks.training_task import prepare
from benchmarks.engine.work import RING_MOLECULE
from qffc.cli.output import say
from qffc.models.calculator import Calculator

MODELS = {"trained:ethanol (gathered)": "trained:ethanol", "trained:ethanol-pair": "trained:ethanol-pair"}
STEP = 0.01  # Angstrom, of each coordinate


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=300, help="calls of each (default: %(default)d)")
    parser.add_argument("--steps", type=int, default=40, help="steps of training of each (default: %(default)d)")
    parser.add_argument("--without", nargs="*", choices=("pair", "xtb", "training"), default=[], help="leave out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trajectory, first = ethanol(None, Path(folder))
        with np.load(trajectory) as file:
            numbers, positions = file["numbers"], file["positions"][0]
        say("ethanol, energy and forces through ASE     wall ms   CPU ms")
        show(by_turns(calls(numbers, positions, options.without), options.turns))
        if "training" not in options.without:
            say("training, float32, batches of 5            wall ms   CPU ms")
            show(by_turns(steps(trajectory, first, options.without), options.steps))
    return 0


def calls(numbers: np.ndarray, positions: np.ndarray, without: list[str]) -> dict[str, Callable[[], object]]:
    found: dict[str, Callable[[], object]] = {}
    for name, model in MODELS.items():
        if model.endswith("pair") and "pair" in without:
            continue
        for bits in (32, 64):
            found[f"{name}, float{bits}"] = moving(Atoms(numbers, positions), Calculator(model, precision=bits))
    try:
        if "xtb" not in without:
            from tblite.ase import TBLite

            found["GFN2-xTB (tblite, warm)"] = moving(Atoms(numbers, positions), TBLite(method="GFN2-xTB", verbosity=0))
    except ImportError:
        say("(no tblite here)")
    return found


def moving(atoms: Atoms, calculator: object) -> Callable[[], object]:
    """A call asks for forces and energy a small random step on; all begin with the same steps."""
    atoms.calc = calculator
    start, generator = atoms.positions.copy(), np.random.default_rng(0)

    def call() -> object:
        atoms.positions = start + generator.normal(0.0, STEP, size=start.shape)
        return atoms.get_forces(), atoms.get_potential_energy()

    return call


def steps(trajectory: Path, first: Path, without: list[str]) -> dict[str, Callable[[], object]]:
    native = next(engine.name for engine in OURS if engine.choice == "native")
    work = replace(RING_MOLECULE, geometry=str(first))
    programs = {"lib:gathered": GATHERED_PROGRAM, "lib:pair": TRAINED_PROGRAM}
    chosen = {name: program for name, program in programs.items() if name.removeprefix("lib:") not in without}
    return {
        name: prepare(
            Cell(
                EPOCH,
                TRAINING,
                native,
                work,
                precision="float32",
                options={"trajectory": str(trajectory), "program": program},
            )
        )[0]
        for name, program in chosen.items()
    }


def by_turns(each: dict[str, Callable[[], object]], turns: int) -> dict[str, tuple[float, float]]:
    """Median seconds of wall clock and of CPU time; calls that come one after another are of one kind, as in use."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in each}
    together = max(1, turns // 10)
    for call in each.values():
        call(), call()
    for _ in range(10):
        for name, call in each.items():
            call()
            for _ in range(together):
                wall, cpu = perf_counter(), process_time()
                call()
                times[name].append((perf_counter() - wall, process_time() - cpu))
    return {name: tuple(statistics.median(column) for column in zip(*own, strict=True)) for name, own in times.items()}


def show(figures: dict[str, tuple[float, float]]) -> None:
    for name, (wall, cpu) in figures.items():
        say(f"{name:40} {1e3 * wall:10.3f} {1e3 * cpu:8.3f}")


if __name__ == "__main__":
    sys.exit(main())
