"""Train one of the run files on a molecule; the same command goes on with a run that was stopped.

A name may have options of its program, which win over those of the file: `initial:depth=3,channels=4`.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from benchmarks.forcefields.data import MOLECULES, data_folder, load_molecule
from benchmarks.forcefields.models import RUNS_FOLDER
from benchmarks.forcefields.twins import TWINS
from qffc.data import Dataset
from qffc.ir.diagnostics import error, quoted
from qffc.ir.program import Program
from qffc.models.force_field import ForceField
from qffc.references.programs import resolve_program
from qffc.studies.program_options import with_options
from qffc.studies.run_file import read_run
from qffc.toolchain import train as train_circuits
from qffc.training import trainer
from qffc.training.checkpoint import CHECKPOINT_NAME, epochs_done
from qffc.training.config import TrainingConfig, training_config
from qffc.training.progress import TrainingProgress
from qffc.training.starting import Start

RUNS = Path(__file__).parent / "runs"
RUN_FILES = tuple(sorted(file.stem for file in RUNS.glob("*.toml")))
NAMES = (*RUN_FILES, *TWINS)
"""Run files, and those of them that have a counterpart without circuits."""
SETTINGS = ("train", "validation", "test", "published_split", "seed", "epochs", "batch_size", "evaluate_every")


def add_options(parser: argparse.ArgumentParser) -> None:
    twins = ", ".join(f"{name} ({twin.of})" for name, twin in TWINS.items())
    names = f"{', '.join(RUN_FILES)}; without circuits {twins}; with options, NAME:depth=3"
    parser.add_argument("name", help=names)
    parser.add_argument("--molecule", choices=MOLECULES, default="ethanol", help="default: %(default)s")
    parser.add_argument("--out", type=Path, help="folder of the run (default: runs/forcefields/MOLECULE/NAME-FRAMES)")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a run file whose settings are taken instead")
    for setting in SETTINGS:
        parser.add_argument(f"--{setting.replace('_', '-')}", type=int, metavar="N", help="in place of the file's")


def run(options: argparse.Namespace) -> int:
    data = load_molecule(data_folder(options.data), options.molecule)
    given = {name: getattr(options, name) for name in SETTINGS if getattr(options, name) is not None}
    program, config = run_of(options.name, given, options.settings)
    folder = options.out or folder_of(options.name, options.molecule, config)
    train_run(options.name, program, data, config, folder)
    print(f"model written to {folder}")
    return 0


def run_of(name: str, changes: dict[str, object], settings: Path | None = None) -> tuple[Program, TrainingConfig]:
    """Return the program of a run file, with the options in the name, and settings, its own or others, with changes."""
    base, _, text = name.partition(":")
    if base not in NAMES:
        raise error(
            "unknown run file",
            found=f"'{base}'",
            expected=f"one of {quoted(NAMES)}",
            help=f"the files are in {RUNS}; options of the program go after a colon, pair:depth=3",
        )
    twin = TWINS.get(base)
    file = read_run(RUNS / f"{base if twin is None else twin.of}.toml")
    # An option without a value belongs to the one before it, as in hidden=64,64.
    pieces = re.split(r",(?=\w+=)", text) if text else []
    given = {key: value for key, _, value in (piece.partition("=") for piece in pieces)}
    program = resolve_program(with_options(str(file.program), given))
    program = program if twin is None else twin.program(program)
    chosen = file if settings is None else read_run(settings)
    return program, training_config({**chosen.settings.model_dump(), **changes})


def folder_of(name: str, molecule: str, config: TrainingConfig) -> Path:
    """Return where a run is by default."""
    return RUNS_FOLDER / molecule / f"{name.replace(':', ',')}-{config.train}"


def train_run(
    name: str,
    program: Program,
    data: Dataset,
    config: TrainingConfig,
    folder: Path,
    start_from: ForceField | None = None,
) -> ForceField:
    """Train a program from a fresh start or a model, or go on with what is in the folder."""
    checkpoint = folder / CHECKPOINT_NAME
    done = epochs_done(checkpoint) if checkpoint.exists() else 0
    with TrainingProgress(config.epochs, done, f"{name} on {data.name}, {config.train} frames: {folder}") as shown:
        talk = {"report": shown, "stepped": shown.stepped}
        twin = TWINS.get(name.partition(":")[0])
        if twin is not None:
            start = Start(model=start_from)
            return trainer.train(program, data, config, folder, **talk, lower=twin.lower, start=start)
        return train_circuits(program, data, folder, config=config, start_from=start_from, **talk)
