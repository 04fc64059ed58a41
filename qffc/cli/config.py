"""The verbs ``config template`` and ``config validate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qffc.cli.output import AsJson, emit
from qffc.cli.settings import read_settings, template
from qffc.training.config import TrainingConfig, training_config

app = typer.Typer(help="Configuration files of 'qffc train'.", rich_markup_mode=None)


@app.command("template")
def print_template(as_json: AsJson = False) -> None:
    """Print a configuration file with every setting at its default."""
    emit(template(), {"settings": TrainingConfig().model_dump()}, as_json)


@app.command("validate")
def validate(
    file: Annotated[Path, typer.Argument(help="a TOML file")],
    as_json: AsJson = False,
) -> None:
    """Check a configuration file; exit 2 with the reason when something is wrong."""
    settings = training_config(read_settings(file)).model_dump()
    lines = [f"{name} = {'(all others)' if value is None else value}" for name, value in settings.items()]
    emit("\n".join([f"# {file} is valid; with its defaults:", *lines]), {"valid": True, "settings": settings}, as_json)
