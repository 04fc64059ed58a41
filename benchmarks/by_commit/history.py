"""Rows of figures, one for each measured commit; what moved from one to another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Spread:
    """Median and quartiles of a ratio."""

    lower: float
    median: float
    upper: float

    def __post_init__(self) -> None:
        if not 0 < self.lower <= self.median <= self.upper:
            raise ValueError(f"no quartiles of a positive ratio: {self.lower}, {self.median}, {self.upper}")

    def __str__(self) -> str:
        ends = "" if self.lower == self.upper else f" ({self.lower:.3g} to {self.upper:.3g})"
        return f"{self.median:.3g}{ends}"

    def beyond(self, other: Spread) -> bool:
        """Whether the quartiles of both have nothing in common."""
        return self.lower > other.upper or self.upper < other.lower


@dataclass(frozen=True)
class Row:
    """What was measured of a commit.

    Args:
        commit: its short name.
        date: of the commit.
        conditions: versions and instruction set; where they differ, figures may have moved for that.
        figures: by name; the peer's time, or cost, over that of qffc.
    """

    commit: str
    date: str
    conditions: Mapping[str, str]
    figures: Mapping[str, Spread]


@dataclass(frozen=True)
class Move:
    """A figure whose quartiles in two rows have nothing in common."""

    name: str
    old: Spread
    new: Spread

    @property
    def factor(self) -> float:
        """How many times better it is now."""
        return self.new.median / self.old.median


def spread_of(ratios: Sequence[float]) -> Spread:
    lower, median, upper = np.quantile(ratios, [0.25, 0.5, 0.75]).tolist()
    return Spread(lower, median, upper)


def read_rows(path: Path) -> list[Row]:
    """The rows of a file, oldest first; none where no file is."""
    if not path.exists():
        return []
    return [_row(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line]


def append_row(path: Path, row: Row) -> None:
    """Write a row behind the others; one of the same commit is replaced."""
    rows = [*(each for each in read_rows(path) if each.commit != row.commit), row]
    path.write_text("".join(f"{json.dumps(asdict(each))}\n" for each in rows), encoding="utf-8")


def find_row(rows: Sequence[Row], commit: str) -> Row:
    """The row of a commit, of which either name may be the longer one."""
    found = [row for row in rows if row.commit.startswith(commit) or commit.startswith(row.commit)]
    if len(found) != 1:
        measured = ", ".join(row.commit for row in rows) or "none"
        raise SystemExit(f"{len(found)} rows are of commit {commit!r}; measured: {measured}")
    return found[0]


def moves(old: Row, new: Row) -> list[Move]:
    """Figures of both rows that moved beyond their quartiles, the largest loss first."""
    both = [Move(name, old.figures[name], figure) for name, figure in new.figures.items() if name in old.figures]
    return sorted((move for move in both if move.new.beyond(move.old)), key=lambda move: move.factor)


def compared(old: Row, new: Row) -> str:
    """What moved, in lines."""
    lines = [f"from {old.commit} ({old.date}) to {new.commit} ({new.date})"]
    for name in sorted({*old.conditions, *new.conditions}):
        before, after = (row.conditions.get(name, "-") for row in (old, new))
        if before != after:
            lines.append(f"not under the same conditions: {name} {before}, then {after}")
    found = moves(old, new)
    wide = max((len(move.name) for move in found), default=0)
    lines += [
        f"{move.name:<{wide}}  {'worse' if move.factor < 1 else 'better'} by {max(move.factor, 1 / move.factor):.3g}"
        f"  {move.old}  ->  {move.new}"
        for move in found
    ]
    for verb, names in (
        ("new", new.figures.keys() - old.figures.keys()),
        ("gone", old.figures.keys() - new.figures.keys()),
    ):
        lines += [f"{name}  {verb}" for name in sorted(names)]
    still = len(old.figures.keys() & new.figures.keys()) - len(found)
    return "\n".join([*lines, f"{still} figures within their quartiles"])


def table(rows: Sequence[Row], peers: Mapping[str, str], columns: int = 4) -> str:
    """The last rows side by side, a line for each figure."""
    shown = rows[-columns:]
    names = list(dict.fromkeys(name for row in reversed(shown) for name in row.figures))
    cells = [["figure", "beside", *(f"{row.commit} {row.date}" for row in shown)]]
    for name in names:
        figures = [str(row.figures[name]) if name in row.figures else "-" for row in shown]
        cells.append([name, peers.get(name, "-"), *figures])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(f"{cell:<{w}}" for cell, w in zip(line, widths, strict=True)).rstrip() for line in cells)


def _row(document: dict) -> Row:
    known = {field.name for field in fields(Row)}
    if document.keys() != known:
        raise SystemExit(f"a row has the entries {sorted(known)}, not {sorted(document)}")
    return Row(**{**document, "figures": {name: Spread(**each) for name, each in document["figures"].items()}})
