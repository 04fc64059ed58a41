"""Why `initial` does not learn (3): errors of the frames it is trained on, against their number or a larger circuit.

A model that cannot express the energy errs on its own training frames as on any others, and no further frames help:
both curves are flat and together. One that can errs less on its training frames, and on the others with more of them.
Runs are trained unless they are there; small sets get more epochs, so that the number of steps is the same, up to
--stretch times.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.forcefields.data import data_folder, load_molecule
from benchmarks.forcefields.models import open_model
from benchmarks.forcefields.report import show_table
from benchmarks.forcefields.training import RUN_FILES, SETTINGS, folder_of, run_of, train_run
from qffc.atomic_files import write_text
from qffc.data import Dataset
from qffc.data.baselines import constant_baseline
from qffc.models.errors import Errors, errors_of
from qffc.models.files.model_file import MODEL_NAME
from qffc.models.force_field import ForceField
from qffc.reports.plots import ACCENT, INK, SECOND, new_figure, save_figure
from qffc.studies.power_law import fit_power_law
from qffc.training.config import TrainingConfig
from qffc.training.split import split_of


@dataclass(frozen=True)
class Point:
    """Errors of one run."""

    name: str
    frames: int
    training: Errors
    test: Errors


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--names", nargs="+", default=list(RUN_FILES), help="run files, with options: initial:depth=7 (default: all)"
    )
    parser.add_argument("--sizes", nargs="+", type=int, default=[50, 200, 1000], metavar="N", help="training frames")
    parser.add_argument("--stretch", type=float, default=5.0, help="of the epochs of small sets (default: %(default)g)")
    for setting in (name for name in SETTINGS if name != "train"):
        parser.add_argument(f"--{setting.replace('_', '-')}", type=int, metavar="N", help="in place of the file's")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="force errors against frames, PNG or SVG")


def run(options: argparse.Namespace) -> int:
    data = load_molecule(data_folder(options.data), "ethanol")
    given = {name: value for name in SETTINGS if (value := getattr(options, name, None)) is not None}
    points = [
        point_of(name, size, data, given, (max(options.sizes), options.stretch))
        for name in options.names
        for size in sorted(options.sizes)
    ]
    show(points, data, given)
    if options.json:
        write_text(options.json, json.dumps([asdict(point) for point in points], indent=1) + "\n")
    if options.plot:
        plot(points, options.plot)
    return 0


def point_of(name: str, size: int, data: Dataset, given: dict[str, object], stretching: tuple[int, float]) -> Point:
    """Return the errors of a run, trained unless it was."""
    program, config = run_of(name, given | {"train": size})
    config = stretched(config, *stretching)
    folder = folder_of(name, "ethanol", config)
    finished = (folder / MODEL_NAME).exists()
    model = open_model(folder) if finished else train_run(name, program, data, config, folder)
    # A run that was there may have been made with other settings; its own say which frames it knows.
    split = split_of(data, TrainingConfig.model_validate_json(model.metadata["config"]))
    return Point(name, size, *(_errors(model, data.subset(rows)) for rows in (split.train, split.test)))


def stretched(config: TrainingConfig, largest: int, stretch: float) -> TrainingConfig:
    """Return settings with as many more epochs as keep the number of steps of the largest set."""
    factor = min(largest / float(config.train or largest), stretch)
    changes = {name: max(1, round(getattr(config, name) * factor)) for name in ("epochs", "evaluate_every")}
    return config.model_copy(update=changes)


def show(points: list[Point], data: Dataset, given: dict[str, object]) -> None:
    """Print the curves, and how test errors fall."""
    header = ("model", "frames", "energy: training", "test", "force: training", "test", "test / training")
    rows = [
        (
            point.name,
            str(point.frames),
            *(f"{errors.energy_mae:.2f}" for errors in (point.training, point.test)),
            *(f"{errors.force_mae:.2f}" for errors in (point.training, point.test)),
            f"{point.test.force_mae / point.training.force_mae:.2f}",
        )
        for point in points
    ]
    _, config = run_of(points[0].name, given | {"train": max(point.frames for point in points)})
    split = split_of(data, config)
    mean = constant_baseline(data.subset(split.train))
    test = data.subset(split.test)
    constant = errors_of(*mean.predict(test.positions), test)
    rows.append(
        ("constant", str(len(split.train)), "", f"{constant.energy_mae:.2f}", "", f"{constant.force_mae:.2f}", "")
    )
    show_table(header, rows, "mean absolute errors, meV and meV/Å")
    names = dict.fromkeys(point.name for point in points)
    for name in names if len({point.frames for point in points}) > 1 else ():
        laws = [
            fit_power_law({point.frames: [figure(point)] for point in points if point.name == name})
            for figure in (lambda point: point.test.energy_mae, lambda point: point.test.force_mae)
        ]
        print(f"{name}: energy MAE falls as N^-{laws[0].exponent:.2f}, force MAE as N^-{laws[1].exponent:.2f}")


def plot(points: list[Point], path: Path) -> None:
    names = list(dict.fromkeys(point.name for point in points))
    figure = new_figure(3.4 * len(names), 3.4)
    panels = figure.subplots(1, len(names), squeeze=False, sharey=True)[0]
    for panel, name in zip(panels, names, strict=True):
        own = [point for point in points if point.name == name]
        frames = np.array([point.frames for point in own])
        panel.loglog(frames, [p.training.force_mae for p in own], "o--", color=ACCENT, label="training frames")
        panel.loglog(frames, [p.test.force_mae for p in own], "o-", color=SECOND, label="test frames")
        panel.set_title(name, color=INK)
        panel.set_xlabel("training frames")
    panels[0].set_ylabel("force MAE (meV/Å)")
    panels[0].legend(frameon=False)
    save_figure(figure, path)


def _errors(model: ForceField, frames: Dataset) -> Errors:
    return errors_of(*model.predict(frames.numbers, frames.positions), frames)
