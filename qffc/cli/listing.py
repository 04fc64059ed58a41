"""The verbs that list what there is: ``list``, ``passes``."""

from __future__ import annotations

from dataclasses import MISSING, fields

from qffc.cli.output import AsJson, emit


def list_programs(as_json: AsJson = False) -> None:
    """List the library programs; use them as lib:NAME or lib:NAME:option=value."""
    from qffc.library.catalogue import PREFIX, programs

    known = programs()
    width = max(map(len, known)) + len(PREFIX)
    text = "\n".join(f"{PREFIX + name:<{width}}  {line}" for name, line in known.items())
    emit(text, {"programs": known}, as_json)


def list_passes(as_json: AsJson = False) -> None:
    """List the passes with their options, as 'compile --passes' takes them."""
    from qffc.passes.registry import load_pass, pass_names

    entries: list[dict[str, object]] = []
    lines: list[str] = []
    for name in pass_names():
        kind = load_pass(name)
        options = {field.name.replace("_", "-"): _spell(field.default) for field in fields(kind) if field.init}  # type: ignore[arg-type]  # passes are dataclasses
        summary = (kind.__doc__ or "").strip().splitlines()[0]
        entries.append({"name": name, "about": summary, "preserves": kind.preserves, "options": options})
        lines += [name, f"    {summary}", f"    preserves: {kind.preserves}"]
        lines += ["    options:   " + ", ".join(f"{key}={value}" for key, value in options.items())] if options else []
    emit("\n".join(lines), {"passes": entries}, as_json)


def _spell(default: object) -> str:
    if default is MISSING:
        return "(needed)"
    return str(default).lower() if isinstance(default, bool) or default is None else str(default)
