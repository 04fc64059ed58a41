"""The verb ``run``: energies of a model from circuits on a target."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.output import AsJson, emit, say, table

if TYPE_CHECKING:
    from qffc.execution.energy import EnergyEstimate


def run_model(
    model: Annotated[Path, typer.Argument(help="a model file, or the folder of its run")],
    geometry: Annotated[str, typer.Option(help="a file .xyz, .extxyz or .npz (Angstrom), or water, ammonia")],
    target: Annotated[str, typer.Option(help="a target with an emulator; see 'qffc targets'")] = "H2-1LE",
    shots: Annotated[int, typer.Option(min=2, help="shots of each measurement setting of each circuit")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="what reproduces the shots")] = 0,
    frames: Annotated[int, typer.Option(min=1, help="how many frames of the geometry, from the first on")] = 1,
    as_json: AsJson = False,
) -> None:
    """Run the circuits of a model; prints energies with standard errors beside the exact values."""
    from qffc.cli.geometry import read_geometry
    from qffc.execution.backend import need_emulator
    from qffc.execution.energy import estimate_energies, quote_energies
    from qffc.models.model_file import load_model
    from qffc.targets import target as find_target

    place = find_target(target)
    need_emulator(place)
    trained = load_model(model)
    numbers, positions = read_geometry(geometry)
    chosen = positions[:frames]
    quote = quote_energies(trained, numbers, chosen, place, shots=shots)
    say(f"{len(chosen)} of {len(positions)} frames, {quote.circuits} circuits each, {shots} shots each")
    say(f"price: {quote.price:.1f} HQC; emulated on this machine for nothing, what {place.device} would charge")
    estimates = estimate_energies(trained, numbers, chosen, place, shots=shots, seed=seed)
    data = {
        "target": place.name,
        "shots": shots,
        "seed": seed,
        "price_HQC": quote.price,
        "units": {"energy": "eV"},
        "estimates": [asdict(estimate) for estimate in estimates],
    }
    emit(_table(estimates), data, as_json)


def _table(estimates: tuple[EnergyEstimate, ...]) -> str:
    rows = [
        (
            str(index),
            f"{estimate.energy:.6f}",
            f"± {estimate.standard_error:.6f}",
            f"{estimate.exact:.6f}",
            f"{_deviation(estimate):+.2f}",
        )
        for index, estimate in enumerate(estimates)
    ]
    header = ("frame", "energy (eV)", "standard error", "exact (eV)", "deviation (standard errors)")
    return table(header, rows)


def _deviation(estimate: EnergyEstimate) -> float:
    if estimate.standard_error == 0:
        return 0.0
    return (estimate.energy - estimate.exact) / estimate.standard_error
