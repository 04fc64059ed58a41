"""One run of a study: trained, tested and kept in its folder, done again only as far as it was not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, TypedDict

from qffc.atomic_files import write_text
from qffc.data import Dataset
from qffc.folder_lock import lock_of
from qffc.ir.diagnostics import Diagnostic, QffcError, error
from qffc.library.catalogue import PREFIX
from qffc.passes.strict_documents import parse_json
from qffc.studies.run_file import DataFile
from qffc.training.config import TrainingConfig, added_settings, settled

if TYPE_CHECKING:
    from qffc.models.errors import Errors
    from qffc.models.force_field import ForceField
    from qffc.training.talk import Progress, Steps

RESULT_NAME = "result.json"

Label = bool | int | float | str


@dataclass(frozen=True)
class Run:
    """What to train, and on what; plain data that can be sent to another machine with the same files.

    Args:
        program: a reference; paths in it are absolute.
        data: frames; paths are absolute.
        config: all choices.
        labels: what sets this run apart in its study.
        unproven: train even when a declared symmetry is not proven.
        atom_energies: of free atoms by element, eV.
        start_from: a model or its folder; an absolute path.
    """

    program: str
    data: tuple[DataFile, ...]
    config: TrainingConfig
    labels: tuple[tuple[str, Label], ...]
    unproven: bool = False
    atom_energies: tuple[tuple[str, float], ...] = ()
    start_from: str | None = None

    @property
    def name(self) -> str:
        """The name of the folder of the run: its labels."""
        text = ",".join(f"{key}={value}" for key, value in self.labels) or "run"
        plain = re.sub(r"[^\w=,.+-]", "_", text)
        # Two texts must not become one name.
        return plain if plain == text else f"{plain}-{sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Result:
    """What a run came to.

    Args:
        labels: of the run.
        errors: of the test frames, or of the validation frames where none were held out, else empty; by the names
            of :class:`qffc.models.errors.Errors`, in meV and meV/Angstrom.
        seconds: that this process spent on it; 0 when it was complete.
        part: ``test`` or ``validation``.
        failure: why there are no errors.
    """

    labels: tuple[tuple[str, Label], ...]
    errors: Mapping[str, float]
    seconds: float = 0.0
    part: str = "test"
    failure: Diagnostic | None = None


def do_run(
    run: Run,
    folder: Path,
    report: Callable[[Progress], None] | None = None,
    stepped: Callable[[Steps], None] | None = None,
) -> Result:
    """Do what is left of a run: nothing when it is complete, the rest when a checkpoint is there.

    A process that comes second waits for the first, and finds the run complete.

    Args:
        run: what to do.
        folder: of this run.
        report: called after each epoch.
        stepped: called after the first step, which compiles, and every few seconds from then on.

    Returns:
        Its errors, or why it has none: whatever a user can mend does not end the study.
    """
    try:
        with lock_of(folder):
            return _do_locked(run, folder, report, stepped)
    except QffcError as problem:
        return Result(run.labels, {}, failure=problem.diagnostic)


def _do_locked(
    run: Run,
    folder: Path,
    report: Callable[[Progress], None] | None,
    stepped: Callable[[Steps], None] | None,
) -> Result:
    from qffc.references.programs import resolve_program

    begin = perf_counter()
    sets = load_data(run.data)
    program = resolve_program(run.program)
    # How long a process may work on it makes no other run.
    tuning = run.start_from is not None
    settings = settled(run.config, program, tuning=tuning).model_copy(update={"max_minutes": None}).model_dump()
    identity = {"program": program.digest, "data": fingerprint_of(sets), "settings": settings, **beginning_of(run)}
    file = folder / RESULT_NAME
    if file.exists():
        saved = read_saved(file)
        known, figures, part = (saved.get(name) for name in ("identity", "errors", "part"))
        if not (isinstance(known, dict) and isinstance(figures, dict) and isinstance(part, str)):
            raise _unreadable(file, "no identity, errors and part")
        need_same(known, json.loads(json.dumps(identity)), file)
        return Result(run.labels, figures, part=part)
    from qffc.toolchain import train

    named = run.program if run.program.startswith(PREFIX) else program  # a file is run once
    quiet = report is None and stepped is None
    model = train(
        named, sets, folder, config=run.config, report=report, stepped=stepped, quiet=quiet, **how_to_train(run)
    )
    from qffc.training.stopping import EPOCHS_DONE, is_paused

    if is_paused(model):
        raise error(
            "run that is not complete",
            found=f"{model.metadata[EPOCHS_DONE]} of {run.config.epochs} epochs when max_minutes was over",
            expected="all epochs",
            help="give the same command again; it goes on from the checkpoint",
            where=str(folder),
        )
    errors, part = errors_held_out(model, sets, run.config)
    found = {} if errors is None else errors.figures()
    seconds = perf_counter() - begin
    entry = {"identity": identity, "labels": dict(run.labels), "part": part, "errors": found, "seconds": seconds}
    write_text(file, json.dumps(entry, indent=2, allow_nan=False) + "\n")
    return Result(run.labels, found, seconds, part)


class HowToTrain(TypedDict):
    """What training takes besides program, data and settings."""

    unproven: bool
    atom_energies: dict[str, float]
    start_from: str | None


def how_to_train(run: Run) -> HowToTrain:
    """Return the arguments of :func:`qffc.toolchain.train` that are no settings."""
    return {"unproven": run.unproven, "atom_energies": dict(run.atom_energies), "start_from": run.start_from}


def beginning_of(run: Run) -> dict[str, object]:
    """Return what a run starts from, for its identity; nothing when it starts afresh."""
    energies: dict[str, object] = {"atom_energies": dict(run.atom_energies)} if run.atom_energies else {}
    return energies | ({"start_from": run.start_from} if run.start_from is not None else {})


def load_data(files: tuple[DataFile, ...]) -> tuple[Dataset, ...]:
    """Return the frames of a run, a set for each molecule.

    Raises:
        QffcError: when no data are named, or a file cannot be read.
    """
    if files:
        return tuple(data for file in files for data in file.load_sets())
    raise error(
        "data for a run",
        found="no data",
        expected="water, ammonia, or a file, one or several",
        help="name it as data = ... in the file, or with --data",
    )


def fingerprint_of(sets: Sequence[Dataset]) -> str:
    """Return the fingerprints of all sets as one text."""
    return ", ".join(data.fingerprint for data in sets)


def errors_held_out(model: ForceField, sets: Sequence[Dataset], config: TrainingConfig) -> tuple[Errors | None, str]:
    """Return errors on the test frames, or the validation frames where none were held out, and which they are."""
    from qffc.models.errors import errors_of_sets
    from qffc.models.predicted import predict_data
    from qffc.training.split import splits_of

    splits = splits_of(sets, config)
    part = "test" if any(split.test for split in splits) else "validation"
    frames = [getattr(split, part) for split in splits]
    held_out = [data.subset(rows) for data, rows in zip(sets, frames, strict=True) if rows]
    said = [predict_data(model, data) for data in held_out]
    predictions = [(each.energies, each.forces, data, each.stresses) for each, data in zip(said, held_out, strict=True)]
    return (errors_of_sets(predictions) if predictions else None), part


def read_saved(file: Path) -> dict[str, object]:
    """Return the entries of a JSON file that a study has left in its folder.

    Raises:
        QffcError: when it cannot be read.
    """
    try:
        entries = parse_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise _unreadable(file, str(problem)) from None
    if not isinstance(entries, dict):
        raise _unreadable(file, f"a {type(entries).__name__}")
    return entries


def _unreadable(file: Path, found: str) -> QffcError:
    return error(
        "file of a study that cannot be read",
        found=f"'{file}': {found}",
        expected="a JSON object, as qffc wrote it",
        help="use a copy, or choose another folder with --out",
    )


def need_same(saved: Mapping[str, object], wanted: Mapping[str, object], file: Path) -> None:
    """Raise a diagnostic unless what a folder was begun with is what is wanted now."""
    settings = saved.get("settings")
    if isinstance(settings, Mapping):
        saved = {**saved, "settings": {**added_settings(settings), **settings}}
    different = [name for name in wanted if saved.get(name) != wanted[name]]
    if different:
        raise error(
            "another run in this folder",
            found=f"another {' and '.join(different)} than that of '{file}'",
            expected="the run that was done there",
            help="choose another folder with --out, or remove this one to do the run again",
        )
