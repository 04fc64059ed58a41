"""The settings of a training run as options of a verb, made from the fields of the configuration."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, get_args

import typer
from pydantic.fields import FieldInfo

from qffc.ir.diagnostics import QffcError, error
from qffc.training.config import TrainingConfig, training_config


def with_settings(verb: Callable[..., None]) -> Callable[..., None]:
    """Return the verb with an option for each field of :class:`TrainingConfig` in the place of its ``**settings``."""
    signature = inspect.signature(verb, eval_str=True)
    own = [entry for entry in signature.parameters.values() if entry.kind is not inspect.Parameter.VAR_KEYWORD]
    options = [_option(name, field) for name, field in TrainingConfig.model_fields.items()]
    verb.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]  # read by typer
    return verb


def read_settings(file: Path) -> dict[str, object]:
    """Return the settings in a TOML file, checked.

    Raises:
        QffcError: when the file cannot be read, or a setting is unknown or does not fit.
    """
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise error(
            "configuration that cannot be read",
            found=f"'{file}': {problem}",
            expected="a TOML file",
            help="'qffc config template' prints one",
        ) from None
    try:
        training_config(values)
    except QffcError as problem:
        from dataclasses import replace

        raise QffcError(replace(problem.diagnostic, where=str(file))) from None
    return values


def template() -> str:
    """Return a configuration file with every setting at its default."""
    lines = ["# Settings of 'qffc train --config FILE'. Options on the command line win over this file."]
    for name, field in TrainingConfig.model_fields.items():
        lines += ["", f"# {field.description}"]
        lines += [f"# {name} = 100" if field.default is None else f"{name} = {field.default}"]
    return "\n".join(lines) + "\n"


def _option(name: str, field: FieldInfo) -> inspect.Parameter:
    kinds = (field.annotation, *get_args(field.annotation))
    kind = float if float in kinds else int
    default = "" if field.default is None else f" [default: {field.default}]"
    option = typer.Option(help=f"{field.description}{default}", show_default=False)
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, keyword, default=None, annotation=Annotated[kind | None, option])
