"""The verbs that list what there is: ``list``, ``passes``."""

from __future__ import annotations

from qffc.cli.output import AsJson, emit


def list_programs(as_json: AsJson = False) -> None:
    """List library programs, lib:NAME or lib:NAME:option=value, and the trained models, trained:NAME."""
    from qffc.library.catalogue import PREFIX, programs
    from qffc.models.trained import TRAINED_PREFIX, trained_models

    known, models = programs(), trained_models()
    lines = {PREFIX + name: line for name, line in known.items()}
    lines |= {TRAINED_PREFIX + name: line for name, line in models.items()}
    width = max(map(len, lines))
    text = "\n".join(f"{name:<{width}}  {line}" for name, line in lines.items())
    emit(text, {"programs": known, "models": models}, as_json)


def list_passes(as_json: AsJson = False) -> None:
    """List the passes with their options, as 'compile --passes' takes them."""
    from qffc.passes.descriptions import describe_passes

    entries: list[dict[str, object]] = []
    lines: list[str] = []
    for each in describe_passes():
        options = dict(each.options)
        entries.append({"name": each.name, "about": each.about, "preserves": each.preserves, "options": options})
        lines += [each.name, f"    {each.about}", f"    preserves: {each.preserves}"]
        lines += ["    options:   " + ", ".join(f"{key}={value}" for key, value in options.items())] if options else []
    emit("\n".join(lines), {"passes": entries}, as_json)
