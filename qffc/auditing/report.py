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
from qffc.html_page import page, table

JSON_NAME, HTML_NAME = "audit.json", "audit.html"


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
    title = f"Audit of {audit.calculator}, {audit.formula}"
    return page(title, [f"<h1>{escape(title)}</h1>", *audit_parts(audit)])


def audit_parts(audit: Audit) -> list[str]:
    """Return what a page says of an audit, below its title."""
    failed = len(audit.failed)
    outcome = "every property that applies holds" if audit.holds else f"{failed} of {len(audit.rows)} properties fail"
    parts = [f"<p><strong>{outcome}</strong>. Energies look like {escape(audit.precision)}; so tolerances are.</p>"]
    for group in dict.fromkeys(row.group for row in audit.rows):
        rows = [row for row in audit.rows if row.group == group]
        asked = [row for row in rows if row.test.verdict != "does not apply"]
        parts.append(f"<h3>{escape(group)}</h3>")
        if asked:
            header = ("property", "worst", "tolerance", "unit", "verdict")
            classes = ["bad" if row.test.verdict == "FAILS" else "" for row in asked]
            parts.append(table(header, map(_cells, asked), len(header), classes))
        for row in rows:
            if row not in asked:
                parts.append(f"<p class=faint>{escape(row.test.name)}: does not apply, {escape(row.test.reason)}</p>")
    return parts


def _cells(row: Row) -> tuple[str, ...]:
    *cells, verdict = map(escape, cells_of(row.test))
    link = ""
    if verdict == "FAILS" and row.shown:
        link = (
            f' <a download="{_short(row.test.name)}.xyz" href="data:text/plain,{quote(as_xyz(row.shown))}">geometry</a>'
        )
    return (*cells, f"{verdict}{link}")


def _short(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
