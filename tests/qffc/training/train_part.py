"""One process of a run: reads what to do as JSON, trains, and writes what came of it to an npz file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.ir.text.parser import parse_program
from qffc.library import load
from qffc.training.config import training_config
from qffc.training.processes import join, part
from qffc.training.trainer import train


def main(task: dict) -> None:
    others = task.get("others")
    if others:
        join(*others)
    data, program = load_embedded("water"), load("sivqlm-h2o", depth=1)
    sets = (data, load_embedded("ammonia")) if task.get("mixed") else (data,)
    if task.get("mixed"):
        program = parse_program(task["mixed"])
    for stop in task["stops"]:
        model = train(program, sets, training_config(task["settings"]), Path(task["folder"]), stop_after=stop)
    if others:
        part()
    energies, forces = model.predict(data.numbers, data.positions[:10])
    np.savez(task["out"], energies=energies, forces=forces, **model.arrays)


if __name__ == "__main__":
    try:
        main(json.loads(sys.argv[1]))
    except QffcError as problem:
        sys.exit(str(problem))
