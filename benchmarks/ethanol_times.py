"""Ethanol by `lib:gathered`, `lib:pair` and GFN2-xTB: energies and forces through ASE, dynamics, and steps of training.

Dynamics are velocity Verlet, by ASE and by the loop of `qffc md`, with 1 to 8 replicas side by side and with copies of
the molecule on a grid as one molecule of up to 1,000 atoms; figures are of a step of one replica.

Calls of all go round in one process, so that whatever else the machine does hits them alike; figures are medians, of
the wall clock and of CPU time (all threads). GFN2-xTB is there where tblite is installed (`pip install tblite==0.8.0`);
it starts from the wave function of the step before. `--mace PYTHON` has MACE of MACE-OFF-small's size go round with
them, in a process of an environment with `mace-torch==0.3.16`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE
from time import perf_counter, process_time

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from ase import Atoms, units
from ase.md.verlet import VelocityVerlet

from benchmarks.engine.cells import EPOCH, OURS, TRAINING, Cell
from benchmarks.engine.plan import GATHERED_PROGRAM, TRAINED_PROGRAM, ethanol
from benchmarks.engine.tasks.training_task import prepare
from benchmarks.engine.work import RING_MOLECULE
from qffc.cli.output import say
from qffc.ir.diagnostics import QffcWarning
from qffc.models.calculator import Calculator
from qffc.models.files.model_file import load_model
from qffc.motion.movers import mover_of
from qffc.motion.replicas import replicas_at
from qffc.motion.settings import DynamicsSettings, Limits

MODELS = {"trained:ethanol (gathered)": "trained:ethanol", "trained:ethanol-pair": "trained:ethanol-pair"}
MACE = "MACE, 96 invariant channels, float32"
STEP = 0.01  # Angstrom, of each coordinate
BLOCK = 20  # steps of dynamics in a call
SPACING = 6.0  # Angstrom, between copies of the molecule


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=300, help="calls of each (default: %(default)d)")
    parser.add_argument("--steps", type=int, default=40, help="steps of training of each (default: %(default)d)")
    parser.add_argument(
        "--without", nargs="*", choices=("pair", "xtb", "dynamics", "training"), default=[], help="leave out"
    )
    parser.add_argument("--mace", metavar="PYTHON", help="python of an environment with mace-torch")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=QffcWarning)  # copies on a grid are beyond the training data
    with tempfile.TemporaryDirectory() as folder:
        trajectory, first = ethanol(None, Path(folder))
        with np.load(trajectory) as file:
            numbers, positions = file["numbers"], file["positions"][0]
        say("ethanol, energy and forces through ASE     wall ms   CPU ms")
        with ExitStack() as stack:
            mace = None if options.mace is None else stack.enter_context(mace_process(options.mace, numbers, positions))
            show(by_turns(calls(numbers, positions, options.without), options.turns, mace))
        if "dynamics" not in options.without:
            say("steps of dynamics, velocity Verlet         wall ms   CPU ms   steps/s")
            show_steps(dynamics(numbers, positions), max(10, options.turns // 10))
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


@contextmanager
def mace_process(
    python: str, numbers: np.ndarray, positions: np.ndarray
) -> Iterator[Callable[[int], tuple[float, float]]]:
    """A function that has MACE called so many times, in another process, which waits meanwhile."""
    script = Path(__file__).parent / "engine" / "mace_ethanol.py"
    with subprocess.Popen([python, "-W", "ignore", str(script)], stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def tell(line: str) -> None:
            process.stdin.write(line + "\n")
            process.stdin.flush()

        def answer() -> str:
            line = process.stdout.readline()
            if not line:
                raise SystemExit(f"{python} {script} ended")
            return line.strip()

        def calls(count: int) -> tuple[float, float]:
            tell(str(count))
            return tuple(json.loads(answer()))

        tell(json.dumps({"numbers": numbers.tolist(), "positions": positions.tolist()}))
        while answer() != "ready":  # packages print lines of their own before
            pass
        yield calls
        process.stdin.close()


def moving(atoms: Atoms, calculator: object) -> Callable[[], object]:
    """A call asks for forces and energy a small random step on; all begin with the same steps."""
    atoms.calc = calculator
    start, generator = atoms.positions.copy(), np.random.default_rng(0)

    def call() -> object:
        atoms.positions = start + generator.normal(0.0, STEP, size=start.shape)
        return atoms.get_forces(), atoms.get_potential_energy()

    return call


def dynamics(numbers: np.ndarray, positions: np.ndarray) -> dict[str, tuple[Callable[[], object], int]]:
    """Calls, and the steps of replicas that each goes."""
    found: dict[str, tuple[Callable[[], object], int]] = {}
    for bits in (32, 64):
        for copies in (1, 10, 111):
            many, places = np.tile(numbers, copies), on_grid(positions, copies)
            block = max(1, BLOCK // copies)
            found[f"ASE, {len(many)} atoms, float{bits}"] = (by_ase(many, places, bits, block), block)
            for replicas in (1, 2, 4, 8) if copies == 1 else (1,):
                name = f"own loop, {len(many)} atoms, {replicas} replica{'s'[: replicas > 1]}, float{bits}"
                found[name] = (by_own_loop(many, places, bits, replicas, block), block * replicas)
    return found


def on_grid(positions: np.ndarray, copies: int) -> np.ndarray:
    """Copies of a molecule, each some Angstrom from the next."""
    side = round(np.ceil(copies ** (1 / 3)))
    places = SPACING * np.stack(np.meshgrid(*3 * [np.arange(side)], indexing="ij"), axis=-1).reshape(-1, 3)[:copies]
    return (positions - positions.mean(axis=0) + places[:, None]).reshape(-1, 3)


def by_ase(numbers: np.ndarray, positions: np.ndarray, bits: int, block: int) -> Callable[[], object]:
    atoms = Atoms(numbers, positions, calculator=Calculator("trained:ethanol", precision=bits))
    settings = DynamicsSettings(thermostat="none", precision=bits)
    atoms.set_velocities(replicas_at(numbers, positions, settings).velocities[0])
    motion = VelocityVerlet(atoms, settings.step * units.fs)
    return lambda: motion.run(block)


def by_own_loop(
    numbers: np.ndarray, positions: np.ndarray, bits: int, replicas: int, block: int
) -> Callable[[], object]:
    settings = DynamicsSettings(thermostat="none", precision=bits, replicas=replicas)
    replicas_now = replicas_at(numbers, positions, settings)
    mover = mover_of(load_model("trained:ethanol"), numbers, replicas_now, settings)
    mover.start(replicas_now)
    return lambda: mover.move(replicas_now, block, None, Limits())


def show_steps(each: dict[str, tuple[Callable[[], object], int]], turns: int) -> None:
    times = by_turns({name: call for name, (call, _) in each.items()}, turns)
    for name, (wall, cpu) in times.items():
        count = each[name][1]
        say(f"{name:40} {1e3 * wall / count:10.3f} {1e3 * cpu / count:8.3f} {count / wall:9.0f}")


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


def by_turns(
    each: dict[str, Callable[[], object]], turns: int, mace: Callable[[int], tuple[float, float]] | None = None
) -> dict[str, tuple[float, float]]:
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
        if mace is not None:
            times.setdefault(MACE, []).append(mace(together))
    return {name: tuple(statistics.median(column) for column in zip(*own, strict=True)) for name, own in times.items()}


def show(figures: dict[str, tuple[float, float]]) -> None:
    for name, (wall, cpu) in figures.items():
        say(f"{name:40} {1e3 * wall:10.3f} {1e3 * cpu:8.3f}")


if __name__ == "__main__":
    sys.exit(main())
