"""Shots and price of energies with settings that all circuits share, and with those of each circuit."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from qffc.execution.energy import quote_energies
from qffc.models.files.model_file import load_model
from qffc.references.data import dataset_of
from qffc.targets.catalogue import target

MODELS = ("water", "water-frugal", "ammonia-frugal")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="*", default=MODELS, help="of those that come with qffc")
    parser.add_argument("--target", default="H2-1LE")
    parser.add_argument("--frames", type=int, default=5, help="spread over the data")
    parser.add_argument("--standard-error", type=float, default=0.001, help="eV")
    options = parser.parse_args(arguments)
    place = target(options.target)
    print(f"{'mean of frames':<18}{'shots':>12}{'HQC':>10}{'own: shots':>12}{'HQC':>10}{'shots':>8}{'HQC':>7}")
    for name in options.models:
        model, data = load_model(f"trained:{name}"), dataset_of(name.split("-")[0])
        chosen = data.positions[np.linspace(0, len(data) - 1, options.frames).astype(int)]
        quotes = [
            quote_energies(model, data.numbers, chosen, place, standard_error=options.standard_error, own_settings=own)
            for own in (False, True)
        ]
        (shots, price), (own_shots, own_price) = [
            (each.shots.sum() / len(chosen), each.price / len(chosen)) for each in quotes
        ]
        print(
            f"{name:<18}{shots:>12.0f}{price:>10.0f}{own_shots:>12.0f}{own_price:>10.0f}"
            f"{own_shots / shots:>8.3f}{own_price / price:>7.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
