"""Models trained with noise, shot by shot on PECOS: energies, and their linear part, which no curvature biases."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from qffc.execution.energy_circuits import prepare
from qffc.execution.quote import planned_quote
from qffc.execution.rounds import alone, run_rounds
from qffc.models.files.model_file import load_model
from qffc.references.data import dataset_of
from qffc.targets.catalogue import target
from qffc.training.leaks import trained_on


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "models", nargs="+", help="of water, trained with noise, as benchmarks/noise_training.py does it"
    )
    parser.add_argument("--blocks", type=int, default=4, help="of three frames each, the models in turn")
    parser.add_argument("--shots", type=int, default=1000, help="of each circuit, in the mean")
    parser.add_argument("--first", type=int, default=40, help="of the frames that no model was trained on")
    parser.add_argument("--seed", type=int, default=90000)
    options = parser.parse_args(arguments)
    data, place = dataset_of("water"), target("H2-1LE-noisy")
    models = [load_model(name) for name in options.models]
    seen = np.any([trained_on(model, data) for model in (load_model("trained:water"), *models)], axis=0)
    frames = np.flatnonzero(~seen)[options.first :]
    energies, linear, variances = [], [], []
    for block in range(options.blocks):
        model, positions = models[block % len(models)], data.positions[frames[3 * block : 3 * block + 3]]
        job = prepare(model, data.numbers, positions)
        quote = planned_quote(job, place, shots=options.shots, standard_error=None)
        moments = run_rounds(job, alone(job), quote, place, seed=options.seed + block).moments
        # A model that was trained with noise takes moments with noise for exact ones.
        base, slopes = job.energies_and_slopes(job.exact_moments)
        found, own = job.energies_and_slopes(moments.means)
        per_frame = (len(base), -1)
        energies += (1e3 * (found - base)).tolist()
        linear += (1e3 * (slopes * (moments.means - job.exact_moments)).reshape(per_frame).sum(axis=1)).tolist()
        spread = np.einsum("ci,cij,cj->c", own, moments.covariances, own)
        variances += (1e6 * spread.reshape(per_frame).sum(axis=1)).tolist()
        error = np.sqrt(np.sum(variances)) / len(variances)
        print(
            f"{len(energies)} frames: energies {np.mean(energies):+.2f}, linear part {np.mean(linear):+.2f} "
            f"+- {error:.2f} meV",
            flush=True,
        )


if __name__ == "__main__":
    main()
