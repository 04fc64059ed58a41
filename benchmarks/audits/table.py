"""The table of what audits found, from their reports on disk."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.audits.calculators import OUTSIDE

COLUMNS = ("calculator", "version", "weights", "atoms", "rounding", "asked", "fails", "worst", "allowed")
RAISED = ": the calculator raised "
"""In the name of a property that could not be asked; what was raised is in the report."""
RIGHT = ("asked", "worst", "allowed")


def table(reports: Path) -> str:
    """Return a row for each property that fails, or one for a calculator of which none does."""
    lines = [row(list(COLUMNS)), row(["--:" if name in RIGHT else "---" for name in COLUMNS])]
    for name, outside in OUTSIDE.items():
        folder = reports / name
        if not (folder / "audit.json").is_file():
            continue
        found = json.loads((folder / "audit.json").read_text())
        version = json.loads((folder / "version.json").read_text())
        asked = [each for each in found["properties"] if each["verdict"] != "does not apply"]
        about = [outside.name, version, outside.weights, found["formula"], found["precision"].split()[0]]
        failed = [each for each in asked if each["verdict"] == "fails"]
        cells = [*about, str(len(asked))]
        for each in failed:
            name = each["property"].partition(RAISED)
            what = f"{name[0]}: an error" if name[1] else name[0]
            lines.append(row([*cells, what, figure(each["deviation"], each["unit"]), figure(each["tolerance"])]))
            cells = [""] * len(cells)
        if not failed:
            lines.append(row([*cells, "nothing", "", ""]))
    return "\n".join(lines)


def row(cells: list[str]) -> str:
    """One line of a table in Markdown."""
    return "| " + " | ".join(cells) + " |"


def figure(number: float | None, unit: str = "") -> str:
    """A deviation or a tolerance, short."""
    said = "not finite" if number is None else "0" if number == 0 else f"{number:.1e}"
    return f"{said} {unit}".strip()
