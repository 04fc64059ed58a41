"""From ethanol to methanol: a model of one molecule on another, as it is and after training on few frames of it.

Force errors of a model that has never seen methanol are given as they are, and without the limits that make it fade
where its data end: its atoms have surroundings that are in no ethanol. Its energies lack what the atoms of another
composition are worth, which no frame of one molecule tells: the mean error is taken off. A run that starts from this
model begins with reference energies that make the mean of its training frames right. Beside it there is one on the same
frames from a fresh start. Test frames are the published ones.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.forcefields.data import data_folder, load_molecule
from benchmarks.forcefields.flat_learning import stretched
from benchmarks.forcefields.models import RUNS_FOLDER, open_model
from benchmarks.forcefields.report import show_table
from benchmarks.forcefields.training import RUN_FILES, folder_of, run_of, train_run
from qffc.atomic_files import write_text
from qffc.data import Dataset
from qffc.model_limits import without_limits
from qffc.models.errors import Errors, errors_of
from qffc.models.files.model_file import MODEL_NAME
from qffc.models.force_field import ForceField
from qffc.models.validity.limits import has_limits
from qffc.training.config import settled

SIZES = (10, 50, 300)


@dataclass(frozen=True)
class Row:
    """Errors on methanol's test frames.

    `zero-shot`, the same `without limits` where it has some, `fine-tuned` or `from scratch`, on so many of its frames.
    """

    name: str
    way: str
    frames: int
    errors: Errors


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--names", nargs="+", default=list(RUN_FILES), help="run files, with options (default: all)")
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES), metavar="N", help="frames of methanol")
    parser.add_argument(
        "--ethanol-frames", type=int, default=1000, help="that models start from (default: %(default)d)"
    )
    parser.add_argument("--ethanol-epochs", type=int, help="of these models, in place of the file's")
    parser.add_argument("--epochs", type=int, default=200, help="on the most frames (default: %(default)d)")
    parser.add_argument("--stretch", type=float, default=5.0, help="of the epochs of small sets (default: %(default)g)")
    parser.add_argument("--rate", type=float, default=0.3, help="of the learning rate in fine-tuning, of the file's")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")


def run(options: argparse.Namespace) -> int:
    folder = data_folder(options.data)
    ethanol, methanol = load_molecule(folder, "ethanol"), load_molecule(folder, "methanol")
    rows: list[Row] = []
    for name in options.names:
        changes = {"train": options.ethanol_frames} | (
            {} if options.ethanol_epochs is None else {"epochs": options.ethanol_epochs}
        )
        rows += rows_of(name, base_model(name, ethanol, changes), methanol, options)
    show(rows)
    if options.json:
        write_text(options.json, json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    return 0


def base_model(name: str, ethanol: Dataset, changes: dict[str, object]) -> ForceField:
    """Return the model of ethanol, trained unless it was."""
    program, config = run_of(name, changes)
    folder = folder_of(name, "ethanol", config)
    return open_model(folder) if (folder / MODEL_NAME).exists() else train_run(name, program, ethanol, config, folder)


def rows_of(name: str, base: ForceField, methanol: Dataset, options: argparse.Namespace) -> list[Row]:
    """Return the errors of all three ways of one model."""
    test = methanol.subset(methanol.published[0].test)
    rows = [Row(name, "zero-shot", 0, errors_but_mean(base, test))]
    if has_limits(base.arrays):
        rows.append(Row(name, "zero-shot, without limits", 0, errors_but_mean(without_limits(base), test)))
    for size in sorted(options.sizes):
        changes = {"train": size, "validation": 0, "epochs": options.epochs, "evaluate_every": options.epochs}
        program, config = run_of(name, changes)
        config = settled(stretched(config, max(options.sizes), options.stretch), program)
        ways = (
            ("fine-tuned", base, config.model_copy(update={"learning_rate": options.rate * config.learning_rate})),
            ("from scratch", None, config),
        )
        for way, start, settings in ways:
            folder = RUNS_FOLDER / "transfer" / f"{name.replace(':', ',')},{way.replace(' ', '-')}-{size}"
            finished = (folder / MODEL_NAME).exists()
            model = open_model(folder) if finished else train_run(name, program, methanol, settings, folder, start)
            rows.append(Row(name, way, size, errors_of(*model.predict(test.numbers, test.positions), test)))
    return rows


def errors_but_mean(model: ForceField, data: Dataset) -> Errors:
    """Return errors, with the mean error of the energies taken off."""
    energies, forces = model.predict(data.numbers, data.positions)
    return errors_of(energies - np.mean(energies - data.energies), forces, data)


def show(rows: list[Row]) -> None:
    header = ("model", "way", "frames of methanol", "energy MAE (meV)", "force MAE (meV/Å)")
    lines = [
        (row.name, row.way, str(row.frames), f"{row.errors.energy_mae:.2f}", f"{row.errors.force_mae:.2f}")
        for row in rows
    ]
    frames = rows[0].errors.frames
    show_table(header, lines, f"{frames} test frames of methanol; zero-shot energies without their mean error")
