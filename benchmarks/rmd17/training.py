"""The runs of a command: one for each molecule and split, in a folder of its own, done once and gone on with."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import jax

from benchmarks.forcefields.data import data_place
from benchmarks.forcefields.rmd17_files import molecule_file, need_molecule, read_rmd17
from benchmarks.rmd17.costs import COSTS_NAME, Costs, Times
from benchmarks.rmd17.settings import Choices, read_choices
from qffc.atomic_files import write_text
from qffc.data import Dataset, write_npz
from qffc.data.archive import opened
from qffc.folder_lock import lock_of
from qffc.ir.diagnostics import QffcError
from qffc.library.catalogue import PREFIX, describe
from qffc.models.files.model_file import load_model
from qffc.models.force_field import ForceField, trainable_names
from qffc.references.programs import resolve_program
from qffc.studies.program_options import with_options
from qffc.studies.run import Run, do_run
from qffc.studies.run_file import DataFile
from qffc.training.checkpoint import epochs_in
from qffc.training.config import training_config
from qffc.training.progress import TrainingProgress
from qffc.training.split import split_of
from qffc.training.talk import Progress


def train_all(molecules: Sequence[str], options: argparse.Namespace) -> bool:
    """Do all runs of a command; return whether all are complete.

    Raises:
        QffcError: when data, program or settings are not valid; then nothing is trained.
    """
    place = data_place(options.data)
    choices = read_choices(options.model, options.settings)
    planned: list[tuple[Run, Dataset]] = []
    for molecule in molecules:
        data = read_rmd17(place, molecule)
        file = molecule_file(place, molecule)
        need_molecule(data, molecule, file)
        source = data_file(file, data, options.folder / "data" / f"rmd17_{molecule}.npz")
        program = program_for(choices.program, data)
        resolve_program(program)
        for split in options.splits:
            run = run_of(molecule, source, program, choices, options.frames, split)
            split_of(data, run.config)
            planned.append((run, data))
    return all([_do(run, data, options.folder / run.name) for run, data in planned])


def data_file(file: Path, data: Dataset, copy: Path) -> DataFile:
    """Return a file of a molecule with its splits inside: a copy, where the archive has the splits beside."""
    with opened(file) as archive:
        if "train_idx" in archive.files:
            return DataFile(file=str(file.absolute()), units="rmd17")
    copy.parent.mkdir(parents=True, exist_ok=True)
    write_npz(data, copy)
    return DataFile(file=str(copy.absolute()))


def program_for(reference: str, data: Dataset) -> str:
    """Return a reference with the elements of a molecule, where a library program asks for some and it names none."""
    if not reference.startswith(PREFIX) or re.search(r"[:,]\s*species\s*=", reference):
        return reference
    name = reference.removeprefix(PREFIX).partition(":")[0]
    if "species" not in [option for option, _, _ in describe(name).options]:
        return reference
    return with_options(reference, {"species": ",".join(sorted(set(data.symbols)))})


def run_of(molecule: str, source: DataFile, program: str, choices: Choices, frames: int, split: int) -> Run:
    """Return a run, on the first frames of a published split; tested on all that it has for that."""
    file = choices.file
    settings = {**file.settings.model_dump(), "train": frames, "test": None, "published_split": split}
    labels = (("molecule", molecule), ("frames", frames), ("program", program), ("published_split", split))
    return Run(
        program,
        (source,),
        training_config(settings),
        labels,
        file.unproven,
        tuple(file.atom_energies.items()),
        file.start_from,
    )


def _do(run: Run, data: Dataset, folder: Path) -> bool:
    """Do what is left of a run, and note what it cost; return whether it is complete."""
    with lock_of(folder):
        done = epochs_in(folder)
        times = Times(folder, done)
        with TrainingProgress(run.config.epochs, done, _opening(run, done)) as shown:

            def report(progress: Progress) -> None:
                times(progress)
                shown(progress)

            result = do_run(run, folder, report, shown.stepped)
            if result.failure is None and not shown.epochs_shown:
                shown.say(f"complete: {_named(run)}")
        if result.failure is None and not (folder / COSTS_NAME).exists():
            write_text(folder / COSTS_NAME, json.dumps(asdict(_costs(folder, data, times)), indent=2) + "\n")
    if result.failure is not None:
        problem = replace(result.failure, help=result.failure.help.replace("--out", "--folder"))
        print(f"{_named(run)}\n{QffcError(problem)}", file=sys.stderr)
    return result.failure is None


def _opening(run: Run, done: int) -> str:
    return _named(run) + (f": {done} of {run.config.epochs} epochs are done" if done else "")


def _named(run: Run) -> str:
    labels = dict(run.labels)
    return f"{labels['molecule']}, split {labels['published_split']}, {labels['frames']} frames, {labels['program']}"


def _costs(folder: Path, data: Dataset, times: Times) -> Costs:
    model: ForceField = load_model(folder)
    return Costs(
        seconds=times.until(epochs_in(folder)),
        trained_numbers=sum(model.arrays[name].size for name in trainable_names(model.program)),
        circuits=model.molecule(data.numbers).circuits,
        device=jax.devices()[0].device_kind,
        cores=len(os.sched_getaffinity(0)),
    )
