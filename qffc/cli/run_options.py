"""What a verb that trains takes: a program or a run file, options that win over the file, and where to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.frames import parse_keys
from qffc.data import EMBEDDED
from qffc.data.file_names import DATA_FORMS
from qffc.ir.diagnostics import error
from qffc.studies.run_file import SUFFIX, DataFile, RunFile, read_run
from qffc.training.config import training_config

if TYPE_CHECKING:
    from qffc.studies.run import Result

ProgramOrFile = Annotated[str, typer.Argument(help="lib:NAME, FILE.qffc, FILE.py:NAME, or a run file .toml")]
MaybeData = Annotated[str | None, typer.Option(help=DATA_FORMS)]
SeveralData = Annotated[list[str] | None, typer.Option(help=f"{DATA_FORMS}; once for each set")]
Out = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="of the study [default: runs/, the name, and the verb]")
]
Workers = Annotated[int | None, typer.Option(min=1, help="processes on this machine, or jobs of [cluster.slurm]")]
Scheduler = Annotated[str | None, typer.Option(help="address of a running Dask scheduler")]


def run_options(
    program: str,
    config: Path | None,
    data: Sequence[str] | None,
    units: str | None,
    keys: str | None,
    settings: Mapping[str, object],
) -> RunFile:
    """Return the run of a verb: what the file says, with the options in the place of it.

    Args:
        program: a program, or the run file.
        config: a run file beside a program.
        data: in the place of the data of the file, whose units and keys do not count then.
        units: of all data files; embedded data beside files have none.
        keys: as on the command line.
        settings: those of training; None is not given.
    """
    in_file = program.endswith(SUFFIX)
    if in_file and config is not None:
        raise error(
            "two files for a run",
            found=f"'{program}' and --config {config}",
            expected="one of them",
            help="leave --config out, or name a program in the place of the first file",
        )
    file = Path(program) if in_file else config
    run = RunFile() if file is None else read_run(file)
    changes: dict[str, object] = {}
    if not in_file:
        changes["program"] = program
    files = tuple(DataFile(file=each) for each in data) if data else run.data
    if data:
        changes |= {"data": files, "units": None, "keys": {}}
    if units is not None or keys is not None:
        given = {"units": units, "keys": None if keys is None else parse_keys(keys)}
        wanted = {name: value for name, value in given.items() if value is not None}
        only = all(each.file in EMBEDDED for each in files)
        changes["data"] = tuple(
            each.model_copy(update=wanted) if only or each.file not in EMBEDDED else each for each in files
        )
    given_settings = {name: value for name, value in settings.items() if value is not None}
    changes["settings"] = training_config({**run.settings.model_dump(), **given_settings})
    return run.model_copy(update=changes)


def study_folder(program: str, run: RunFile, out: Path | None, verb: str) -> Path:
    """Return the folder of a study: the one asked for, or that of the run with the verb in its name."""
    if out is not None:
        return out
    if program.endswith(SUFFIX):
        return Path(f"{run.out}-{verb}")
    from qffc.references.programs import resolve_program

    return Path("runs") / f"{resolve_program(program).name}-{verb}"


def say_result(result: Result, done: int, of: int) -> None:
    """Say what a run came to, on stderr."""
    from qffc.cli.output import say

    head = f"{done}/{of}  {' '.join(f'{key}={value}' for key, value in result.labels)}"
    if result.failure is not None:
        say(f"{head}: failed\n{result.failure.render()}")
    elif not result.errors:
        say(f"{head}: done, no frames to compare with")
    else:
        time = f"{result.seconds:.0f} s" if result.seconds else "was complete"
        energy, forces = result.errors["energy_mae"], result.errors["force_mae"]
        say(f"{head}: energy {energy:.2f} meV, forces {forces:.2f} meV/Å  ({time})")
