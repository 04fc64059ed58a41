"""The log of a training run: one CSV row per evaluation, units in the header."""

from __future__ import annotations

import csv
from pathlib import Path

from qffc.atomic_files import write_text
from qffc.ir.text.lines import lines_of
from qffc.models.errors import Errors
from qffc.training.stopping import Best

LOG_NAME = "log.csv"
COLUMNS = (
    "epoch",
    "training_loss",
    "validation_energy_mae_meV",
    "validation_force_mae_meV_per_Angstrom",
    "best_epoch",
    "validation_shots_for_1meV",
    "validation_stress_mae_meV_per_Angstrom3",
)
"""The best epoch, where the best model is kept: of the best evaluation so far; shots where they are counted;
stresses where frames in cells have them."""


def append_row(
    path: Path, epoch: int, loss: float, validation: Errors | None, best: Best | None, shots: float | None = None
) -> None:
    """Add a row; the file and its header are made when missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.exists()
    figures = ("", "") if validation is None else (repr(validation.energy_mae), repr(validation.force_mae))
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")  # as trim_log writes
        if fresh:
            writer.writerow(COLUMNS)
        writer.writerow(
            [
                epoch,
                repr(loss),
                *figures,
                "" if best is None else best.epoch,
                "" if shots is None else repr(shots),
                "" if validation is None or not validation.has_stress else repr(validation.stress_mae),
            ]
        )


def read_log(path: Path) -> list[dict[str, float]]:
    """Return the rows as numbers; columns without a value are left out."""
    with path.open(newline="", encoding="utf-8") as file:
        return [{key: float(text) for key, text in row.items() if text} for row in csv.DictReader(file)]


def trim_log(path: Path, epoch: int) -> None:
    """Drop rows after ``epoch``: a killed run may have logged what its checkpoint does not hold.

    Columns that an earlier version did not have are added, without values.
    """
    if not path.exists():
        return
    header, *rows = (line.split(",") for line in lines_of(path.read_text(encoding="utf-8")) or [""])
    whole = [row for row in rows if len(row) == len(header)]
    kept = [row for row in whole if row[0].isdigit() and int(row[0]) <= epoch]
    padding = [""] * (len(COLUMNS) - len(header))
    write_text(path, "\n".join(",".join(row) for row in [COLUMNS, *([*row, *padding] for row in kept)]) + "\n")
