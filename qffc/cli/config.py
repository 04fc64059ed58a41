"""The verbs ``config template`` and ``config validate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qffc.cli.once import OnceCommand
from qffc.cli.output import AsJson, emit
from qffc.cli.settings import template
from qffc.studies.run_file import read_run
from qffc.training.config import TrainingConfig

app = typer.Typer(help="Run files of 'qffc train'.", rich_markup_mode=None)


@app.command("template", cls=OnceCommand)
def print_template(as_json: AsJson = False) -> None:
    """Print a run file with every setting at its default."""
    emit(template(), {"settings": TrainingConfig().model_dump()}, as_json)


@app.command("validate", cls=OnceCommand)
def validate(
    file: Annotated[Path, typer.Argument(help="a TOML file")],
    as_json: AsJson = False,
) -> None:
    """Check a run file, its program and data included; exit 2 with the reason when something is wrong."""
    from qffc.references.programs import resolve_program
    from qffc.studies.grid import sweep_runs

    run = read_run(file)
    if run.program is not None:
        resolve_program(run.program)
    for each in run.sources():
        each.load_sets()
    if run.start_from is not None:
        from qffc.models.files.model_file import load_model

        load_model(run.start_from)
    if run.sweep is not None:
        sweep_runs(run, run.sweep)
    settings = run.settings.model_dump()
    entries = run.model_dump(exclude_none=True, exclude_defaults=True) | settings
    if run.data:
        entries["data"] = ", ".join(each.file for each in run.data)
    lines = [f"{name} = {'(left open)' if value is None else value}" for name, value in entries.items()]
    emit(
        "\n".join([f"# {file} is valid; with its defaults:", *lines]),
        {"valid": True, "run": run.model_dump(mode="json"), "settings": settings},
        as_json,
    )
