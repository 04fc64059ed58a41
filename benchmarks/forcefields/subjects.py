"""The models that an experiment looks at: finished runs, or the programs of the run files as a training starts them."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from ase import Atoms

from benchmarks.forcefields.models import open_model
from benchmarks.forcefields.training import RUN_FILES, run_of
from qffc.data import Dataset
from qffc.models.force_field import ForceField
from qffc.trainability.fisher import starting_model

_FRAMES = 100
"""From which a fresh model takes its energy scale and the spread of its features."""


def add_subjects(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="*", type=Path, help="folders of runs; fresh models of the run files without")
    parser.add_argument("--seed", type=int, default=0, help="of fresh models and of what is drawn")


def subjects(options: argparse.Namespace, data: Dataset) -> dict[str, ForceField]:
    """Return models by name: those of the runs, or fresh ones on some frames of the data."""
    if options.runs:
        return {folder.stem: open_model(folder) for folder in options.runs}
    rows = np.random.default_rng(options.seed).permutation(len(data))[:_FRAMES]
    return {name: fresh(name, data.subset(rows.tolist()), options.seed) for name in RUN_FILES}


def fresh(name: str, data: Dataset, seed: int) -> ForceField:
    """Return the model of a run file as a training on the data starts."""
    program, _ = run_of(name, {})
    return starting_model(program, data, seed)


def minimum_of(data: Dataset) -> Atoms:
    """Return the frame of the lowest energy."""
    return Atoms(data.numbers, data.positions[int(np.argmin(data.energies))])
