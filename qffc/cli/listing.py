"""The verbs that list what there is: ``list``, ``passes``."""

from __future__ import annotations

from dataclasses import asdict
from textwrap import wrap
from typing import Annotated

import typer

from qffc.cli.output import AsJson, emit

_WIDTH = 120
"""Characters of a line."""


def list_programs(
    name: Annotated[
        str | None, typer.Argument(help="a library program, to show its options, or trained:NAME, to show its card")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List library programs, lib:NAME or lib:NAME:option=value, and the trained models, trained:NAME."""
    from qffc.library.catalogue import PREFIX, programs
    from qffc.models.files.trained import TRAINED_PREFIX, trained_file, trained_models

    if name is not None and name.startswith(TRAINED_PREFIX):
        card = trained_file(name).with_suffix(".md").read_text(encoding="utf-8")
        emit(card, {"model": name, "card": card}, as_json)
        return
    if name is not None:
        _show_program(name, as_json)
        return
    known, models = programs(), trained_models()
    lines = {PREFIX + name: line for name, line in known.items()}
    lines |= {TRAINED_PREFIX + name: line for name, line in models.items()}
    width = max(map(len, lines))
    text = "\n".join(f"{name:<{width}}  {line}" for name, line in lines.items())
    emit(text, {"programs": known, "models": models}, as_json)


def _show_program(name: str, as_json: bool) -> None:
    """Print what a program is, with its options at their defaults."""
    from qffc.library.catalogue import PREFIX, describe

    found = describe(name)
    options = [{"name": option, "default": default, "about": about} for option, default, about in found.options]
    lines = [f"{PREFIX}{found.name}", "", found.about, ""]
    width = max((len(f"{option}={default}") for option, default, _ in found.options), default=0)
    for option, default, about in found.options:
        lines += wrap(f"{f'{option}={default}':<{width}}  {about}", _WIDTH, subsequent_indent=" " * (width + 2))
    example = ",".join(f"{option}={default}" for option, default, _ in found.options[:2])
    lines += ["", f"as a PROGRAM: {PREFIX}{found.name}:{example}" if example else "no options"]
    emit("\n".join(lines), {"program": found.name, "about": found.about, "options": options}, as_json)


def list_passes(as_json: AsJson = False) -> None:
    """List the passes with their options, as 'compile --passes' takes them; those of other packages, too."""
    from qffc.passes.descriptions import QFFC, describe_passes

    entries: list[dict[str, object]] = []
    lines: list[str] = []
    for each in describe_passes():
        options = dict(each.options)
        entries.append(asdict(each) | {"options": options})
        if each.problem:
            lines += [each.name, f"    cannot be used: {each.problem}", f"    from:      {each.source}"]
            continue
        lines += [each.name, f"    {each.about}", f"    preserves: {each.preserves}"]
        lines += ["    options:   " + ", ".join(f"{key}={value}" for key, value in options.items())] if options else []
        lines += [] if each.source == QFFC else [f"    from:      {each.source}"]
    emit("\n".join(lines), {"passes": entries}, as_json)
