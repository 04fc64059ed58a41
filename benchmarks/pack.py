"""Circuits of one molecule on a device, one by one and side by side: jobs, depth, price."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from qffc.cli.geometry import read_geometry
from qffc.compiling.levels import DEFAULT_LEVEL, at_level
from qffc.execution.energy_circuits import prepare
from qffc.execution.quote import planned_quote
from qffc.models.files.model_file import load_model
from qffc.targets.catalogue import target


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="a model file, or the folder of its run")
    parser.add_argument("geometry", help="a file .xyz, .extxyz or .npz (Angstrom), or water, ammonia")
    parser.add_argument("--target", default="H2-1", help="where circuits would run")
    parser.add_argument("--shots", type=int, default=1000, help="mean over the circuits")
    options = parser.parse_args(arguments)
    place = target(options.target)
    model = at_level(load_model(options.model), place, DEFAULT_LEVEL)
    numbers, positions = read_geometry(options.geometry)
    job = prepare(model, numbers, positions[:1])
    quote = planned_quote(job, place, shots=options.shots, standard_error=None, pack=True)
    settings = len(quote.plan.settings)
    print(f"{model.program.name}: {job.circuits} circuits of {job.split.qubit_count} qubits, {settings} settings each")
    print(f"{place.name}: {place.qubits} qubits, {options.shots} shots a circuit and setting in the mean")
    print(f"{'':<12}{'jobs':>6}{'depth':>7}{'layers run':>14}{'shots':>12}{'price (HQC)':>14}{'error (meV)':>13}")
    for offer in (quote.other, quote.offer):
        name = "packed" if offer.packed else "one by one"
        error = 1e3 * float(offer.variances[0]) ** 0.5
        print(
            f"{name:<12}{offer.jobs:>6}{offer.depth:>7}{offer.layers:>14,}{int(offer.shots.sum()):>12,}"
            f"{offer.price:>14,.1f}{error:>13.2f}"
        )


if __name__ == "__main__":
    main()
