"""Trained models of the experiments, and the data that each was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.forcefields.data import MOLECULES, load_molecule
from benchmarks.forcefields.twins import LOWERINGS
from qffc.data import Dataset
from qffc.ir.diagnostics import QffcError, error
from qffc.models.files.data_sets import known_sets, number_of_set
from qffc.models.files.model_file import MODEL_NAME, load_model
from qffc.models.force_field import ForceField

RUNS_FOLDER = Path("runs/forcefields")


def open_model(path: Path) -> ForceField:
    """Return a model of circuits or of classical functions, from its file or the folder of its run."""
    return load_model(path, LOWERINGS)


def finished_runs(folders: Sequence[Path]) -> list[Path]:
    """Return the folders that hold a model: those given, or all that `train` makes by default."""
    if folders:
        return list(folders)
    found = sorted(file.parent for file in RUNS_FOLDER.rglob(MODEL_NAME))
    if found:
        return found
    raise error(
        "no finished run",
        found=f"no {MODEL_NAME} below {RUNS_FOLDER}",
        expected="folders of runs that came to their end",
        help="name them, or train: python -m benchmarks.forcefields train pair",
    )


class Molecules:
    """The molecules of a folder, each read when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, Dataset] = {}

    def __getitem__(self, molecule: str) -> Dataset:
        if molecule not in self._read:
            self._read[molecule] = load_molecule(self._folder, molecule)
        return self._read[molecule]

    def of(self, model: ForceField, place: Path) -> str:
        """Return the first of the molecules that a model was trained on, by the fingerprint of its data."""
        names = [name for name, _ in known_sets(model.metadata)]
        for molecule in sorted(MOLECULES, key=lambda name: not any(name in known for known in names)):
            try:
                if number_of_set(model.metadata, self[molecule]) is not None:
                    return molecule
            except QffcError:  # the folder need not hold them all
                continue
        raise error(
            "model of other data",
            found=f"'{place}', trained on {', '.join(names) or 'data that it does not name'}",
            expected=f"one of {', '.join(MOLECULES)} in '{self._folder}'",
            help="evaluate it with 'qffc eval'",
        )
