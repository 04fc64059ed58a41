"""The settings of a training run as options of a verb, made from the fields of the configuration."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from typing import Annotated, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from qffc.studies.run_file import RunFile
from qffc.training.config import TrainingConfig

_STUDIES = """
# What else may be asked of the run, each by the verb of its name; see docs/howto-studies.md.
# [curve]
# sizes = [50, 100, 200]
# splits = 3
#
# [sweep]
# seed = [0, 1, 2]
# program.depth = [2, 3]
#
# [search]
# trials = 30
# [search.space]
# learning_rate = {low = 1e-3, high = 3e-2, log = true}
# program.depth = [1, 2, 3]
#
# [architecture]
# generations = 5
# population = 8
#
# [cluster]
# workers = 4
"""


def with_settings(verb: Callable[..., None]) -> Callable[..., None]:
    """Return the verb with an option for each field of :class:`TrainingConfig` in the place of its ``**settings``."""
    signature = inspect.signature(verb, eval_str=True)
    own = [entry for entry in signature.parameters.values() if entry.kind is not inspect.Parameter.VAR_KEYWORD]
    options = [_option(name, field) for name, field in TrainingConfig.model_fields.items()]
    verb.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]  # read by typer
    return verb


def template() -> str:
    """Return a run file with every entry at its default."""
    lines = [
        "# A run: 'qffc train FILE.toml'. Options on the command line win over this file; paths start at its folder.",
        "",
        f"# {RunFile.model_fields['program'].description}",
        'program = "lib:pair"',
        "",
        f"# {RunFile.model_fields['data'].description}",
        'data = "water"',
    ]
    for name, value in {"units": '"rmd17"', "keys": '{energies = "E_dft"}', "out": '"runs/water"'}.items():
        lines += ["", f"# {RunFile.model_fields[name].description}", f"# {name} = {value}"]
    for name, value in {"atom_energies": "{H = -13.6, O = -2035.6}", "start_from": '"runs/first"'}.items():
        lines += ["", f"# {RunFile.model_fields[name].description}", f"# {name} = {value}"]
    lines += ["", f"# {RunFile.model_fields['unproven'].description}", "unproven = false"]
    for name, field in TrainingConfig.model_fields.items():
        lines += ["", f"# {field.description}"]
        example = json.dumps(field.examples[0] if field.examples else 100)
        lines += [f"# {name} = {example}" if field.default is None else f"{name} = {json.dumps(field.default)}"]
    return "\n".join(lines) + "\n" + _STUDIES


def _kinds(annotation: object) -> Iterator[object]:
    """An annotation and everything that it is made of, at any depth."""
    yield annotation
    for part in get_args(annotation):
        yield from _kinds(part)


def _option(name: str, field: FieldInfo) -> inspect.Parameter:
    kinds = tuple(_kinds(field.annotation))
    several = any(get_origin(kind) is tuple for kind in kinds)
    words = several or any(kind is str or isinstance(kind, str) for kind in kinds)
    kind = str if words else float if float in kinds else int
    default = "" if field.default is None else f" [default: {field.default}]"
    metavar = "N,..." if several else None
    option = typer.Option(metavar=metavar, help=f"{field.description}{default}", show_default=False)
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, keyword, default=None, annotation=Annotated[kind | None, option])
