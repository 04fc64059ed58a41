"""Which cells a run measures, section by section."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.engine.cells import (
    BATCH,
    CORES,
    DEPTH,
    EPOCH,
    ETHANOL,
    GATHERED,
    GRADIENT,
    KERNELS,
    MAIN,
    MIXED,
    MOLECULE,
    MOMENTS,
    OURS,
    PAIR,
    PAIRS,
    PEERS,
    REVERSE,
    RING,
    SECOND,
    STEP,
    TRAINED,
    TRAINING,
    XTB,
    XTB_STARTS,
    Cell,
    Engine,
    Result,
)
from benchmarks.engine.running import Runner
from benchmarks.engine.work import RING_MOLECULE, RING_STEP, WATER_STEP, Work

SECTIONS = ("main", "sweeps", "molecule", "training", "roofline")
PRECISIONS = ("float64", "float32")
PAIR_PROGRAM = "lib:pair:channels=8,depth=3,species=C,H,O"
TRAINED_PROGRAM = "lib:pair:channels=8,depth=4,species=C,H,O,hidden=128,128,products=true,by_species=true,messages=1"
GATHERED_PROGRAM = "lib:gathered:species=C,H,O"
SWEEP_CIRCUITS = 72
FRAMES, FRAME_STEP = 64, 0.01  # steps of a trajectory, and the standard deviation of each in Angstrom


class Plan:
    """The sections of a run.

    Args:
        runner: measures.
        quick: the fewest cells that touch everything, with few repeats.
        cores: of the machine.
        engines: those that take part.
    """

    def __init__(self, runner: Runner, quick: bool, cores: int, engines: list[Engine]) -> None:
        self.runner = runner
        self.quick = quick
        self.cores = cores
        self.engines = engines
        self.budget = 1.0 if quick else 5.0

    def main(self) -> None:
        """Both works for every engine, and one molecule of the second."""
        for work in (WATER_STEP, RING_STEP):
            for engine, precision in self._main_engines(work):
                for form in engine.forms[:1] if self.quick else engine.forms:
                    self._run(MAIN, STEP, engine, work, precision=precision, form=form)
        for engine, precision in self._main_engines(RING_MOLECULE):
            self._run(MAIN, MOLECULE, engine, RING_MOLECULE, precision=precision)

    def sweeps(self) -> None:
        """Qubits, batch, depth and cores, for the kernels of qffc and the two fastest peers."""
        few = [engine for engine in self.engines if engine in OURS] + self._fastest_peers()
        for group, kind in ((RING, "ring"), (PAIRS, "all-pairs")):
            for qubits in (4, 8) if self.quick else (4, 6, 8, 10, 12):
                molecules = max(1, SWEEP_CIRCUITS // (qubits + 1))
                self._each(group, few, Work(kind, qubits, 4, molecules, qubits + 1))
        for batch in (1, 64) if self.quick else (1, 4, 16, 64, 256, 1024, 4096):
            self._each(BATCH, few, Work("ring", 8, 4, batch, 1))
        for layers in (4, 16) if self.quick else (2, 4, 8, 16, 32, 64):
            self._each(DEPTH, few, Work("ring", 8, layers, 1, 9))
        for cores in range(1, self.cores + 1):
            self._each(CORES, few, RING_STEP, cores=cores)

    def molecule(self, data: Path | None) -> None:
        """Energies and forces of ethanol: a circuit for each atom, two programs, and GFN2-xTB on one trajectory."""
        trajectory, first = ethanol(data, self.runner.folder)
        atom = replace(RING_MOLECULE, geometry=str(first))
        options = {"trajectory": str(trajectory), "program": PAIR_PROGRAM}
        gathered = options | {"program": GATHERED_PROGRAM}
        for engine in (engine for engine in self.engines if engine in OURS):
            for precision in PRECISIONS:
                self._run(ETHANOL, MOLECULE, engine, atom, precision=precision)
                self._run(ETHANOL, PAIR, engine, atom, precision=precision, options=options)
                self._run(ETHANOL, GATHERED, engine, atom, precision=precision, options=gathered)
        for start in XTB_STARTS:
            for cores in range(1, self.cores + 1):
                told = options | {"start": start}
                self.runner.run(Cell(ETHANOL, XTB, XTB, atom, budget=self.budget, cores=cores, options=told))

    def training(self, data: Path | None) -> None:
        """A step of training two programs on ethanol, as they are trained for their published figures."""
        trajectory, first = ethanol(data, self.runner.folder)
        work = replace(RING_MOLECULE, geometry=str(first))
        options = {"trajectory": str(trajectory), "program": TRAINED_PROGRAM}
        gathered = options | {"program": GATHERED_PROGRAM}
        for engine in self.engines:
            if engine in OURS:
                for precision in PRECISIONS:
                    self._run(EPOCH, TRAINING, engine, work, precision=precision, options=options)
                    self._run(EPOCH, TRAINING, engine, work, precision=precision, options=gathered)
            elif engine.name in TRAINED:
                for form in (MIXED,) if self.quick else (MIXED, REVERSE):
                    self._run(EPOCH, TRAINING, engine, work, form=form, options=options)

    def roofline(self) -> None:
        """The kernels of qffc alone."""
        more = (WATER_STEP, Work("all-pairs", 8, 4, 32, 9), Work("ring", 12, 4, 5, 13))
        for engine in (engine for engine in self.engines if engine in OURS):
            for work in (RING_STEP,) if self.quick else (RING_STEP, *more):
                for precision in PRECISIONS:
                    for cores in (1,) if self.quick else range(1, self.cores + 1):
                        for task in (MOMENTS, GRADIENT, SECOND):
                            self._run(KERNELS, task, engine, work, precision=precision, cores=cores)

    def _main_engines(self, work: Work) -> list[tuple[Engine, str]]:
        return [
            (engine, precision)
            for engine in self.engines
            if work.kind in engine.kinds
            for precision in (PRECISIONS[:1] if self.quick and engine in PEERS else PRECISIONS)
        ]

    def _each(self, group: str, engines: list[Engine], work: Work, **more) -> None:
        for engine in engines:
            best = self._best(engine)
            self._run(group, STEP, engine, work, form=best.cell.form if best else engine.forms[0], **more)

    def _run(self, group: str, task: str, engine: Engine, work: Work, **more) -> None:
        self.runner.run(Cell(group, task, engine.name, work, budget=self.budget, **({"cores": self.cores} | more)))

    def _best(self, engine: Engine) -> Result | None:
        """The fastest form of work B in this run."""
        good = [
            r
            for r in self.runner.results
            if (r.cell.group, r.cell.engine, r.cell.work, r.cell.task) == (MAIN, engine.name, RING_STEP, STEP)
            and (r.status, r.cell.precision) == ("ok", "float64")
        ]
        return min(good, key=lambda r: r.figures["seconds"]["median"], default=None)

    def _fastest_peers(self) -> list[Engine]:
        peers = [engine for engine in self.engines if engine in PEERS and "ring" in engine.kinds]

        def seconds(engine: Engine) -> float:
            best = self._best(engine)
            return best.figures["seconds"]["median"] if best else np.inf

        return sorted(peers, key=seconds)[:2]


def ethanol(data: Path | None, folder: Path) -> tuple[Path, Path]:
    """Write a trajectory of small random steps from one geometry of ethanol, and that geometry by itself.

    Args:
        data: an rMD17 file, whose first frame is taken; None for the geometry that ASE knows.
        folder: where they go.
    """
    if data is None:
        from ase.build import molecule

        atoms = molecule("CH3CH2OH")
        numbers, start = atoms.numbers, atoms.positions
    else:
        with np.load(data) as file:
            numbers, start = file["nuclear_charges"].astype(int), file["coords"][0].astype(float)
    steps = np.random.default_rng(0).normal(0.0, FRAME_STEP, size=(FRAMES, *start.shape))
    steps[0] = 0.0
    folder.mkdir(parents=True, exist_ok=True)
    trajectory, first = folder / "ethanol-trajectory.npz", folder / "ethanol.npy"
    np.savez(trajectory, numbers=numbers, positions=start + np.cumsum(steps, axis=0))
    np.save(first, start)
    return trajectory.resolve(), first.resolve()
