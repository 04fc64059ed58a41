"""Errors of finished runs on the published test frames, beside baselines and published models."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path

from benchmarks.forcefields.data import data_folder
from benchmarks.forcefields.models import Molecules, finished_runs, open_model
from benchmarks.forcefields.published import published_errors
from benchmarks.forcefields.report import show_table
from qffc.atomic_files import write_text
from qffc.ir.diagnostics import error
from qffc.models.ensemble import Ensemble
from qffc.models.errors import Errors
from qffc.toolchain import evaluate
from qffc.training.config import TrainingConfig

HEADER = ("", "energy MAE (meV)", "RMSE", "force MAE (meV/Å)", "RMSE")


@dataclass(frozen=True)
class Line:
    """One run with its errors, and those of the baselines that were fitted to its training frames."""

    run: str
    molecule: str
    frames: int
    split: int | None
    errors: Errors
    baselines: tuple[tuple[str, Errors], ...]

    @property
    def group(self) -> tuple[str, int, int]:
        return self.molecule, self.frames, self.split or 0


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="*", type=Path, help="folders of runs (default: all in runs/forcefields)")
    parser.add_argument("--mean", action="store_true", help="of all runs together, as one model: an ensemble")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")


def run(options: argparse.Namespace) -> int:
    molecules = Molecules(data_folder(options.data))
    folders = finished_runs(options.runs)
    lines = [line_of(folder, molecules) for folder in folders]
    if options.mean:
        lines.append(mean_of(folders, lines, molecules))
    for (molecule, frames, split), group in groupby(
        sorted(lines, key=lambda line: line.group), lambda line: line.group
    ):
        show_group(molecule, frames, split, list(group))
    if options.json:
        write_text(options.json, json.dumps([asdict(line) for line in lines], indent=1) + "\n")
    return 0


def line_of(folder: Path, molecules: Molecules) -> Line:
    """The errors of one run on the frames that its split holds out."""
    model = open_model(folder)
    molecule = molecules.of(model, folder)
    config = TrainingConfig.model_validate_json(model.metadata["config"])
    if not isinstance(config.train, int):
        raise error(
            "run of unknown size",
            found=f"'{folder}', trained with train = {config.train}",
            expected="one molecule, and train = N in its settings",
            help="train it anew with --train",
        )
    evaluation = evaluate(model, molecules[molecule], part="test")
    return Line(folder.name, molecule, config.train, config.published_split, evaluation.errors, evaluation.baselines)


def mean_of(folders: list[Path], lines: list[Line], molecules: Molecules) -> Line:
    """The errors of the mean of runs on the same frames."""
    if len({line.group for line in lines}) > 1:
        raise error(
            "mean of different runs",
            found=f"runs on {len({line.group for line in lines})} sets of frames",
            expected="runs of one molecule, split and number of frames, with other seeds",
            help="name the folders of such runs",
        )
    ensemble = Ensemble([open_model(folder) for folder in folders])
    errors = evaluate(ensemble, molecules[lines[0].molecule], part="test").errors
    return replace(lines[0], run=f"mean of {len(folders)}", errors=errors)


def show_group(molecule: str, frames: int, split: int, lines: list[Line]) -> None:
    """Runs on the same frames, best last, then what was published for as many."""
    where = f"split {split} of the data" if split else "split drawn by qffc"
    rows = [_row(name, errors) for name, errors in lines[0].baselines]
    rows += [_row(line.run, line.errors) for line in sorted(lines, key=lambda line: -line.errors.force_mae)]
    for name, (energy, forces) in published_errors(molecule, frames).items():
        rows.append((f"{name}, published", f"{energy:g}", "", f"{forces:g}", ""))
    title = f"{molecule}, {frames} training frames, {lines[0].errors.frames} test frames, {where}"
    show_table(HEADER, rows, title)


def _row(name: str, errors: Errors) -> tuple[str, ...]:
    figures = (errors.energy_mae, errors.energy_rmse, errors.force_mae, errors.force_rmse)
    return (name, *(f"{figure:.2f}" for figure in figures))
