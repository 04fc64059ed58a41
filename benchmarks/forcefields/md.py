"""Molecular dynamics with a model: a thermostat, then constant energy; structure beside the data, and the drift.

First Langevin dynamics, whose bonds and dihedral angles are compared with the frames of the data; then its last frame
goes on without a thermostat, and the drift of the total energy is fitted. The exit status is 1 when a bond becomes
half as long again as in the data; what is on disk then stays, and the tables are of the time before.

rMD17 is sampled at 500 K, from dynamics on another surface than that of its labels: --temperature 500 compares like
with like as far as that goes; at another temperature distributions have to differ.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from ase import Atoms

from benchmarks.forcefields.data import data_folder
from benchmarks.forcefields.dynamics import Bonds, Plan, simulate, thermal_start
from benchmarks.forcefields.md_report import Trajectories, plot, read_trajectories, show
from benchmarks.forcefields.models import Molecules, open_model
from benchmarks.forcefields.subjects import minimum_of
from benchmarks.forcefields.topology import Topology, bond_lengths, topology_of
from qffc.atomic_files import write_text
from qffc.cli.output import say
from qffc.data import Dataset
from qffc.models.calculator import Calculator
from qffc.models.force_field import ForceField
from qffc.studies.run import need_same, read_saved

THERMOSTAT, ENERGY = "nvt.traj", "nve.traj"
_SAY_EVERY = 10.0
"""Picoseconds from one line of talk to the next."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, help="a model file, or the folder of its run")
    parser.add_argument("--ps", type=float, default=100.0, help="with the thermostat (default: %(default)g)")
    parser.add_argument("--nve-ps", type=float, default=20.0, help="without it (default: %(default)g)")
    parser.add_argument("--equilibration-ps", type=float, default=2.0, help="not counted (default: %(default)g)")
    parser.add_argument("--temperature", type=float, default=300.0, help="K (default: %(default)g)")
    parser.add_argument("--step", type=float, default=0.5, help="fs (default: %(default)g)")
    parser.add_argument("--every", type=int, default=20, help="steps between two frames (default: %(default)d)")
    parser.add_argument("--friction", type=float, default=0.01, help="of the thermostat, 1/fs (default: %(default)g)")
    parser.add_argument("--seed", type=int, default=0, help="of velocities and thermostat")
    parser.add_argument("--precision", type=int, choices=(32, 64), default=64, help="bits (default: %(default)d)")
    parser.add_argument("--out", type=Path, help="folder of the trajectories (default: md-300K in that of the model)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="distributions and total energy, PNG or SVG")


def run(options: argparse.Namespace) -> int:
    model = open_model(options.model)
    molecules = Molecules(data_folder(options.data))
    data = molecules[molecules.of(model, options.model)]
    beside = options.model if options.model.is_dir() else options.model.parent
    folder = options.out or beside / f"md-{options.temperature:g}K"
    thermostat, energy = _plans(options)
    _keep_plan(folder, model, options)
    start = minimum_of(data)
    topology = topology_of(start)
    wrong = run_both(model, start, mean_bonds(topology, data), (thermostat, energy), options, folder)
    found = read_trajectories(folder / THERMOSTAT, folder / ENERGY, (thermostat, energy), options.equilibration_ps)
    show(found, topology, data, options.temperature, wrong)
    if options.plot:
        plot(found, topology, data, options.temperature, options.plot)
    return int(wrong is not None)


def run_both(
    model: ForceField,
    start: Atoms,
    bonds: Bonds,
    plans: tuple[Plan, Plan],
    options: argparse.Namespace,
    folder: Path,
) -> str | None:
    """Run what is left of both parts; return words about where a bond broke, or None."""
    calculator = Calculator(model, precision=options.precision)
    seed = options.seed

    def warm() -> Atoms:
        return thermal_start(start, options.temperature, seed)

    def last() -> Atoms:
        return Trajectories.last(folder / THERMOSTAT)

    parts = ((THERMOSTAT, warm), (ENERGY, last))
    for (name, first), plan in zip(parts, plans, strict=True):
        path = folder / name
        spoken = -1
        for frame, wrong in simulate(first, calculator, plan, bonds, path):
            if wrong is not None:
                return f"{path.stem} after {plan.time(frame):.3f} ps: {wrong}"
            if int(plan.time(frame) / _SAY_EVERY) > spoken:
                spoken = int(plan.time(frame) / _SAY_EVERY)
                say(f"{path}: {plan.time(frame):.1f} of {plan.time(plan.frames):g} ps")
    return None


def mean_bonds(topology: Topology, data: Dataset) -> Bonds:
    """Return all bonds with their mean lengths in the data."""
    pairs = topology.all_bonds()
    return Bonds(pairs, bond_lengths(data.positions, pairs).mean(axis=0))


def _plans(options: argparse.Namespace) -> tuple[Plan, Plan]:
    picoseconds = options.every * options.step / 1000.0
    with_thermostat = Plan(
        options.step,
        options.every,
        round(options.ps / picoseconds),
        options.temperature,
        options.friction,
        options.seed,
    )
    return with_thermostat, replace(with_thermostat, temperature=None, frames=round(options.nve_ps / picoseconds))


def _keep_plan(folder: Path, model: ForceField, options: argparse.Namespace) -> None:
    """A trajectory goes on only with what it was begun with; how long it is may change."""
    names = ("temperature", "step", "every", "friction", "seed", "precision")
    wanted = {name: getattr(options, name) for name in names}
    wanted |= {"program": model.program.digest, "settings": model.metadata.get("config", "")}
    file = folder / "plan.json"
    if file.exists():
        need_same(read_saved(file), wanted, file)
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_text(file, json.dumps(wanted, indent=1) + "\n")
