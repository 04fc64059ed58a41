"""A run in one TOML file: program, data, folder and every setting of training, and the tables of studies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from qffc.data import EMBEDDED, Dataset
from qffc.data.file_names import DATA_FORMS
from qffc.ir.diagnostics import QffcError, error
from qffc.ir.given_values import why_unread
from qffc.library.catalogue import PREFIX
from qffc.models.files.trained import TRAINED_PREFIX
from qffc.passes.strict_documents import parse_toml
from qffc.references.data import resolve_data, resolve_sets
from qffc.studies.tables import ArchitectureTable, ClusterTable, CurveTable, SearchTable, SweepTable
from qffc.training.config import TrainingConfig, config_error

SUFFIX = ".toml"
_ENTRIES = {
    "curve": tuple(CurveTable.model_fields),
    "cluster": tuple(ClusterTable.model_fields),
    "architecture": tuple(ArchitectureTable.model_fields),
    # Where these stand is sorted into kinds when they are read.
    "search": (*(name for name in SearchTable.model_fields if name not in ("options", "settings")), "space"),
    "data": ("file", "units", "keys"),
}
_PYTHON = re.compile(r"(?P<path>.+\.py)(?P<rest>:.*)?")


class DataFile(BaseModel):
    """Frames of one molecule: an embedded dataset or a file, and how to read it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field(description=DATA_FORMS)
    units: str | None = Field(None, description="of the file: rmd17, ase, atomic, or words such as 'eV, Angstrom'")
    keys: dict[str, str] = Field(default_factory=dict, description="other names in the file, by role")

    def load(self) -> Dataset:
        """Return the frames of one molecule."""
        return resolve_data(self.file, self.units, self.keys or None)

    def load_sets(self) -> tuple[Dataset, ...]:
        """Return the frames: a set, or with ``FILE:all`` one for each molecule of the file."""
        return resolve_sets(self.file, self.units, self.keys or None)


class RunFile(BaseModel):
    """What a run file holds; settings of training stand beside the names here, at the top of the file.

    Example:
        >>> run = run_from({"program": "lib:pair", "data": "water", "epochs": 3})
        >>> run.data[0].file, run.settings.epochs
        ('water', 3)
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    program: str | None = Field(None, description="lib:NAME, FILE.qffc, FILE.py:NAME, or a trained model")
    data: tuple[DataFile, ...] = Field(
        (), description="water, ammonia, a file, or a list of these or of tables with file, units"
    )
    units: str | None = Field(None, description="of every data file that names none of its own")
    keys: dict[str, str] = Field(default_factory=dict, description="by role, of data files that name none of their own")
    out: str | None = Field(None, description="folder of the run; runs/ and the name of this file when left out")
    atom_energies: dict[str, float] = Field(
        default_factory=dict, description="of free atoms, eV by element; reference energies are the nearest that fit"
    )
    start_from: str | None = Field(None, description="a trained model of the same program, or its folder, to train on")
    unproven: bool = Field(False, description="train even when a declared symmetry is not proven")
    settings: TrainingConfig = Field(TrainingConfig(), exclude=True)
    curve: CurveTable | None = None
    sweep: SweepTable | None = None
    search: SearchTable | None = None
    architecture: ArchitectureTable | None = None
    cluster: ClusterTable | None = None

    @field_validator("data", mode="before")
    @classmethod
    def _data_files(cls, given: object) -> object:
        several = given if isinstance(given, list | tuple) else [given]
        return tuple({"file": each} if isinstance(each, str) else each for each in several)

    def sources(self) -> tuple[DataFile, ...]:
        """Return the data files, each with its units and keys."""
        return tuple(
            each.model_copy(update={"units": each.units or self.units, "keys": each.keys or self.keys})
            for each in self.data
        )


def run_from(values: Mapping[str, object]) -> RunFile:
    """Return a checked run from the entries of a file.

    Raises:
        QffcError: names the entry, what was found and what it takes.
    """
    own = {name: value for name, value in values.items() if name in RunFile.model_fields and name != "settings"}
    rest = {name: value for name, value in values.items() if name not in own}
    unknown = [name for name in rest if name not in TrainingConfig.model_fields]
    if unknown:
        names = [name for name in (*RunFile.model_fields, *TrainingConfig.model_fields) if name != "settings"]
        raise error(
            "unknown setting",
            found=f"'{unknown[0]}'",
            expected="one of " + ", ".join(f"'{name}'" for name in names),
            help="correct the name; 'qffc config template' prints a file with all of them",
        )
    try:
        return RunFile.model_validate({**own, "settings": TrainingConfig.model_validate(rest)})
    except ValidationError as problem:
        if problem.title == TrainingConfig.__name__:
            raise config_error(problem, TrainingConfig) from None
        raise _table_error(problem) from None


def _table_error(problem: ValidationError) -> QffcError:
    """The first complaint about what is no setting; an unknown entry of a table lists those of that table."""
    first = problem.errors()[0]
    if first["type"] != "extra_forbidden":
        return config_error(problem, RunFile)
    known = _ENTRIES.get(str(first["loc"][0]), ())
    return error(
        "unknown setting",
        found=f"'{'.'.join(map(str, first['loc']))}'",
        expected="one of " + ", ".join(f"'{name}'" for name in known),
        help="correct the name",
    )


def read_run(file: Path) -> RunFile:
    """Return the run that a TOML file describes; its relative paths start at the folder of the file.

    Raises:
        QffcError: when the file cannot be read, or an entry is unknown or does not fit.
    """
    values = read_toml(file)
    try:
        run = run_from(values)
    except QffcError as problem:
        raise QffcError(replace(problem.diagnostic, where=str(file))) from None
    folder = file.parent
    changes: dict[str, Any] = {
        "data": tuple(each.model_copy(update={"file": data_beside(folder, each.file)}) for each in run.data)
    }
    if run.start_from is not None:
        changes["start_from"] = model_beside(folder, run.start_from)
    if run.program is not None:
        changes["program"] = program_beside(folder, run.program)
    if run.sweep is not None:
        programs = tuple(program_beside(folder, each) for each in run.sweep.programs)
        changes["sweep"] = run.sweep.model_copy(update={"programs": programs})
    changes["out"] = str(folder / ("runs/" + file.stem if run.out is None else run.out))
    return run.model_copy(update=changes)


def read_toml(file: Path) -> dict[str, object]:
    """Return the entries of a TOML file.

    Raises:
        QffcError: when it cannot be read.
    """
    try:
        return parse_toml(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise error(
            "configuration that cannot be read",
            found=f"'{file}': {why_unread(problem)}",
            expected="a TOML file",
            help="'qffc config template' prints one",
        ) from None


def data_beside(folder: Path, text: str) -> str:
    """Return the name of data as seen from outside the folder in which it was written down."""
    return text if text in EMBEDDED else str(folder / text)


def program_beside(folder: Path, text: str) -> str:
    """Return a reference to a program as seen from outside the folder in which it was written down.

    Example:
        >>> program_beside(Path("water"), "mine.py:ansatz:depth=2"), program_beside(Path("water"), "lib:pair")
        ('water/mine.py:ansatz:depth=2', 'lib:pair')
    """
    if text.startswith(PREFIX):
        return text
    python = _PYTHON.fullmatch(text)
    if python is not None:
        return f"{folder / python['path']}{python['rest'] or ''}"
    return model_beside(folder, text)


def model_beside(folder: Path, text: str) -> str:
    """Return the place of a trained model as seen from outside the folder in which it was written down.

    Example:
        >>> model_beside(Path("water"), "runs/one"), model_beside(Path("water"), "trained:water")
        ('water/runs/one', 'trained:water')
    """
    return text if text.startswith(TRAINED_PREFIX) else str(folder / text)
