"""The log of a training run: one CSV row per evaluation, units in the header."""

from __future__ import annotations

import csv
from pathlib import Path

from qffc.atomic_files import write_text
from qffc.models.errors import Errors

LOG_NAME = "log.csv"
COLUMNS = (
    "epoch",
    "training_loss",
    "validation_energy_mae_meV",
    "validation_force_mae_meV_per_Angstrom",
)


def append_row(path: Path, epoch: int, loss: float, validation: Errors | None) -> None:
    """Add a row; the file and its header are made when missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.exists()
    figures = ("", "") if validation is None else (repr(validation.energy_mae), repr(validation.force_mae))
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(COLUMNS)
        writer.writerow([epoch, repr(loss), *figures])


def read_log(path: Path) -> list[dict[str, float]]:
    """Return the rows as numbers; columns without a value are left out."""
    with path.open(newline="", encoding="utf-8") as file:
        return [{key: float(text) for key, text in row.items() if text} for row in csv.DictReader(file)]


def trim_log(path: Path, epoch: int) -> None:
    """Drop rows after ``epoch``: a killed run may have logged what its checkpoint does not hold."""
    if not path.exists():
        return
    rows = path.read_text(encoding="utf-8").splitlines()[1:]
    whole = [row.split(",") for row in rows if row.count(",") == len(COLUMNS) - 1]
    kept = [",".join(cells) for cells in whole if cells[0].isdigit() and int(cells[0]) <= epoch]
    write_text(path, "\n".join([",".join(COLUMNS), *kept]) + "\n")
