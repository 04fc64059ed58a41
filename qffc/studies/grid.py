"""The runs of a sweep and of a learning curve."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod
from pathlib import Path

from qffc.data import EMBEDDED
from qffc.data.file_names import DATA_FORMS
from qffc.ir.diagnostics import error
from qffc.library.catalogue import PREFIX
from qffc.studies.program_options import with_options
from qffc.studies.run import Label, Run
from qffc.studies.run_file import RunFile, model_beside, program_beside
from qffc.studies.tables import OPTION, PROGRAM, CurveTable, SweepTable
from qffc.training.config import TrainingConfig, training_config

MOST_RUNS = 100_000
"""Runs of one study; each has a folder of its own."""


def base_run(given: RunFile) -> Run:
    """Return the run of a file, with no labels, so that workers elsewhere find its files.

    Raises:
        QffcError: when program or data are missing.
    """
    if given.program is None:
        raise error(
            "run without a program",
            found="no program",
            expected=f"{PREFIX}NAME, FILE.qffc, FILE.py:NAME, or a trained model",
            help="name it as program = ... in the file, or on the command line",
        )
    if not given.data:
        raise error(
            "run without data",
            found="no data",
            expected=DATA_FORMS,
            help="name it as data = ... in the file, or with --data",
        )
    here = Path.cwd()
    files = tuple(
        each if each.file in EMBEDDED else each.model_copy(update={"file": str(here / each.file)})
        for each in given.sources()
    )
    start = None if given.start_from is None else model_beside(here, given.start_from)
    energies = tuple(given.atom_energies.items())
    return Run(program_beside(here, given.program), files, given.settings, (), given.unproven, energies, start)


def sweep_runs(given: RunFile, table: SweepTable) -> tuple[Run, ...]:
    """Return a run for every combination in the table; the last setting varies fastest."""
    base, axes = base_run(given), _axes(table)
    _need_few_runs(prod(map(len, axes)))
    runs = []
    for entries in product(*axes):
        program, options, settings = base.program, {}, {}
        for name, value in entries:
            if name == PROGRAM:
                program = program_beside(Path.cwd(), str(value))
            elif name.startswith(OPTION):
                options[name.removeprefix(OPTION)] = value
            else:
                settings[name] = value
        config = training_config({**base.config.model_dump(), **settings})
        runs.append(replace(base, program=with_options(program, options), config=config, labels=entries))
    return tuple(runs)


def _axes(table: SweepTable) -> list[list[tuple[str, Label]]]:
    programs = {PROGRAM: table.programs} if table.programs else {}
    options = {OPTION + name: values for name, values in table.options.items()}
    varied: dict[str, tuple[Label, ...]] = {**programs, **options, **table.settings}
    return [[(name, value) for value in values] for name, values in varied.items()]


def curve_runs(given: RunFile, table: CurveTable, frames: int) -> tuple[Run, ...]:
    """Return a run for every size, split and seed of a learning curve.

    All sizes have the same test and validation frames of a split, and a larger training set contains the smaller one.
    The largest size trains for ``epochs``; a smaller one for as many more as keep the number of steps, at most
    ``stretch`` times. ``evaluate_every`` grows with the epochs.

    Args:
        given: program, data and settings.
        table: sizes and repetitions.
        frames: how many there are in the smallest set.
    """
    _need_few_runs(len(table.sizes) * table.splits * table.seeds)
    base = base_run(given)
    largest, published = max(table.sizes), table.published or base.config.published_split is not None
    watched = base.config.validation
    left = frames - largest - (max(watched) if isinstance(watched, tuple) else watched)
    if base.config.test is None and not published and left < 1:
        raise error(
            "no test frames for a learning curve",
            found=f"{frames} frames, {largest} of them to train on and {watched} to validate",
            expected="some that are left",
            help="leave out the largest size, or take fewer validation frames",
        )
    test = left if base.config.test is None and not published else base.config.test
    first = (base.config.published_split or 1) if published else base.config.split_seed
    split = "published_split" if published else "split_seed"
    runs = []
    for size, number, seed in product(sorted(table.sizes), range(table.splits), range(table.seeds)):
        labels: dict[str, int] = {"train": size, split: first + number, "seed": base.config.seed + seed}
        values = {**base.config.model_dump(), **_duration(base.config, size, largest, table.stretch), "test": test}
        config = training_config({**values, **labels})
        runs.append(replace(base, config=config, labels=tuple(labels.items())))
    return tuple(runs)


def _need_few_runs(count: int) -> None:
    if count > MOST_RUNS:
        raise error(
            "study of too many runs",
            found=f"{count:,}",
            expected=f"at most {MOST_RUNS:,}",
            help="vary less, or in several studies",
        )


def _duration(config: TrainingConfig, size: int, largest: int, stretch: float) -> dict[str, int]:
    factor = min(largest / size, stretch)
    return {"epochs": round(config.epochs * factor), "evaluate_every": max(1, round(config.evaluate_every * factor))}
