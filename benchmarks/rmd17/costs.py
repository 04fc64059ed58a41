"""What a run cost: seconds, kept over interruptions, and the size of its model."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from qffc.atomic_files import write_text
from qffc.ir.diagnostics import error
from qffc.studies.run import read_saved
from qffc.training.talk import Progress

COSTS_NAME = "costs.json"
TIMES_NAME = "times.csv"
_HEADER = "epoch,seconds"


@dataclass(frozen=True)
class Costs:
    """What a finished run cost.

    Args:
        seconds: until its last epoch, compilation included; what was lost by interruptions is not.
        trained_numbers: of the model.
        circuits: of a geometry of its molecule, channels counted.
        device: what computed the last part of it.
        cores: that this part might use.
    """

    seconds: float
    trained_numbers: int
    circuits: int
    device: str
    cores: int


def read_costs(folder: Path) -> Costs | None:
    """Return the costs of a run; None where they were not noted."""
    file = folder / COSTS_NAME
    if not file.exists():
        return None
    try:
        return Costs(**read_saved(file))
    except TypeError as problem:
        raise error(
            "costs that cannot be read",
            found=f"'{file}': {problem}",
            expected="what this command wrote",
            help="remove the file; the same command writes it again",
        ) from None


class Times:
    """Seconds of work until each epoch, on disk beside the checkpoint, so that a run that goes on adds to them.

    Called with the progress of each epoch.

    Args:
        folder: of the run.
        done: epochs that its checkpoint holds.
    """

    def __init__(self, folder: Path, done: int) -> None:
        self._file = folder / TIMES_NAME
        self._begin = perf_counter()
        kept = {epoch: seconds for epoch, seconds in self._rows().items() if epoch <= done}
        self._before = kept[max(kept)] if kept else 0.0
        # What came after the checkpoint is done again.
        write_text(self._file, "".join(f"{line}\n" for line in [_HEADER, *(f"{k},{kept[k]!r}" for k in sorted(kept))]))

    def __call__(self, progress: Progress) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{progress.epoch},{self._before + perf_counter() - self._begin!r}\n")

    def until(self, epoch: int) -> float:
        """Return the seconds until the end of an epoch, or of the last one before it that is known."""
        known = [number for number in self._rows() if number <= epoch]
        return self._rows()[max(known)] if known else 0.0

    def _rows(self) -> dict[int, float]:
        if not self._file.exists():
            return {}
        rows: dict[int, float] = {}
        with self._file.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                try:
                    rows[int(row["epoch"])] = float(row["seconds"])
                except (TypeError, ValueError):  # a line that a kill cut short
                    continue
        return rows
