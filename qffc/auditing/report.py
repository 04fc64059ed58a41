"""An audit on disk: a page for people, the same as data, and the geometries that show what fails."""

# ASE has no types for most of its methods.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import json
import re
from html import escape
from io import StringIO
from pathlib import Path
from urllib.parse import quote

from ase import Atoms
from ase.io import write

from qffc.atomic_files import write_text
from qffc.auditing.audit import Audit, cells_of
from qffc.auditing.calculator_subject import Row

JSON_NAME, HTML_NAME = "audit.json", "audit.html"

_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;color:#22303c;max-width:62em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;width:100%}td,th{padding:.25em .7em;text-align:left;border-bottom:1px solid #ddd}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}tr.FAILS{background:#fff0eb}tr.FAILS td:last-child"
    "{color:#b83208;font-weight:600}h2{font-size:1.05em;margin:1.6em 0 .3em}.no{color:#6b7780}"
)


def write_report(audit: Audit, folder: Path) -> list[Path]:
    """Write ``audit.html``, ``audit.json`` and an extended XYZ file for each property that fails; return their paths.

    Geometries of an earlier report in the folder that this one does not have are removed.
    """
    written = []
    for number, row in enumerate(audit.rows):
        if row.test.verdict == "FAILS" and row.shown:
            path = folder / f"fails-{number:02d}-{_short(row.test.name)}.xyz"
            write_text(path, as_xyz(row.shown))
            written.append(path)
    for old in set(folder.glob("fails-*.xyz")) - set(written):
        old.unlink()
    write_text(folder / JSON_NAME, json.dumps(audit.to_json(), indent=2, allow_nan=False) + "\n")
    write_text(folder / HTML_NAME, as_html(audit))
    return [folder / HTML_NAME, folder / JSON_NAME, *written]


def as_xyz(shown: tuple[Atoms, ...]) -> str:
    """Return geometries as extended XYZ, without constraints and calculators."""
    bare = []
    for atoms in shown:
        plain = Atoms(atoms.numbers, positions=atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
        bare.append(plain)
    text = StringIO()
    write(text, bare, format="extxyz")
    return text.getvalue()


def as_html(audit: Audit) -> str:
    """Return one page that needs no other file; the geometries of what fails are in its links."""
    failed = len(audit.failed)
    outcome = "every property that applies holds" if audit.holds else f"{failed} of {len(audit.rows)} properties fail"
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        f"<title>Audit of {escape(audit.calculator)}</title><style>{_STYLE}</style>",
        f"<h1>Audit of {escape(audit.calculator)}, {escape(audit.formula)}</h1>",
        f"<p><strong>{outcome}</strong>. Energies look like {escape(audit.precision)}; so tolerances are.</p>",
    ]
    for group in dict.fromkeys(row.group for row in audit.rows):
        rows = [row for row in audit.rows if row.group == group]
        asked = [row for row in rows if row.test.verdict != "does not apply"]
        parts.append(f"<h2>{escape(group)}</h2>")
        if asked:
            head = "".join(f"<th>{name}</th>" for name in ("property", "worst", "tolerance", "unit", "verdict"))
            parts.append(f"<table><tr>{head}</tr>{''.join(map(_line, asked))}</table>")
        for row in rows:
            if row not in asked:
                parts.append(f"<p class=no>{escape(row.test.name)}: does not apply, {escape(row.test.reason)}</p>")
    return "\n".join(parts) + "\n"


def _line(row: Row) -> str:
    name, worst, tolerance, unit, verdict = map(escape, cells_of(row.test))
    link = ""
    if verdict == "FAILS" and row.shown:
        link = (
            f' <a download="{_short(row.test.name)}.xyz" href="data:text/plain,{quote(as_xyz(row.shown))}">geometry</a>'
        )
    return (
        f"<tr class={verdict}><td>{name}</td><td class=n>{worst}</td><td class=n>{tolerance}</td>"
        f"<td>{unit}</td><td>{verdict}{link}</td></tr>"
    )


def _short(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
