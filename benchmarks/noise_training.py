"""Energies of water models with the noise of a device: models of the exact circuit beside models trained with noise."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from noise_limit import without_shot_noise
from numpy.typing import NDArray

from qffc.data import Dataset
from qffc.execution.energy import estimate_energies
from qffc.models.files.model_file import load_model
from qffc.models.force_field import ForceField
from qffc.models.noisy_model import with_noise
from qffc.references.data import dataset_of
from qffc.targets.catalogue import target
from qffc.toolchain import train
from qffc.training.leaks import trained_on

NOISE, EMULATOR = "H2-1", "H2-1LE-noisy"


def adapted(start: str, seed: int, folder: Path, train_frames: int, epochs: int) -> ForceField:
    """A model that goes on from another one, with noise."""
    return train(
        load_model(start).program,
        "water",
        folder / f"seed{seed}",
        start_from=start,
        noise=NOISE,
        train=train_frames,
        validation=0,
        test=200,
        seed=seed,
        epochs=epochs,
        learning_rate=0.002,
        energy_weight=100.0,
        evaluate_every=epochs,
        quiet=True,
    )


def tell(label: str, errors: NDArray[np.float64], forces: NDArray[np.float64]) -> None:
    """Print the errors of energies, eV, and of forces, eV/Angstrom."""
    off = 1e3 * errors
    rest = off - off.mean()
    print(
        f"{label:<44}{np.sqrt(np.mean(off**2)):>8.2f}{off.mean():>9.2f}{np.sqrt(np.mean(rest**2)):>9.2f}"
        f"{1e3 * np.abs(forces).mean():>9.2f}",
        flush=True,
    )


def emulated(label: str, model: ForceField, frames: Dataset, shots: int) -> None:
    """Print what PECOS gives, shot by shot, with standard errors."""
    found = estimate_energies(model, frames.numbers, frames.positions, target(EMULATOR), shots=shots, seed=7)
    off = 1e3 * (np.array([each.energy for each in found]) - frames.energies)
    each = 1e3 * np.array([one.standard_error for one in found])
    error = float(np.sqrt((each**2).sum()) / len(each))
    print(f"{label:<44}{off.mean():>8.1f} +- {error:.1f} meV in the mean of {len(off)} frames by PECOS", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", default="trained:water", help="a model of exact circuits")
    parser.add_argument(
        "--seeds", type=int, nargs="*", default=[1, 2], help="of the runs that go on from it with noise"
    )
    parser.add_argument("--train", type=int, default=400, help="frames of these runs")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--frames", type=int, default=100, help="held-out ones that are compared")
    parser.add_argument("--runs", type=Path, default=Path("runs/noise-training"))
    parser.add_argument("--emulated", type=int, default=0, help="frames that PECOS runs, too")
    parser.add_argument("--shots", type=int, default=2000, help="of each circuit of these, in the mean")
    options = parser.parse_args(arguments)
    data, start = dataset_of("water"), load_model(options.start)
    print(f"{'errors beside the labels (meV)':<44}{'rms':>8}{'mean':>9}{'spread':>9}{'forces':>9}")
    models = {f"{options.start}": start}
    for seed in options.seeds:
        run = adapted(options.start, seed, options.runs, options.train, options.epochs)
        models[f"with noise, seed {seed}"] = run
    seen = np.any([trained_on(model, data) for model in models.values()], axis=0)
    frames = data.subset(np.flatnonzero(~seen)[: options.frames].tolist())
    for name, model in models.items():
        for label, noise in (("exact circuits", None), (f"noise of {NOISE}", NOISE)):
            energies, forces = with_noise(model, noise).predict(frames.numbers, frames.positions)
            tell(f"{name}: {label}", energies - frames.energies, forces - frames.forces)
    few = frames.subset(range(min(8, len(frames))))
    for name, model in models.items():
        limits = estimate_energies(
            model, few.numbers, few.positions, target(EMULATOR), shots=1000, seed=0, sampler=without_shot_noise
        )
        off = 1e3 * (np.array([each.energy for each in limits]) - few.energies)
        print(f"{name + ': density matrices, planned settings':<58}{off.mean():>9.2f} mean, {off.std():.2f} spread")
    if options.emulated:
        for name, model in models.items():
            emulated(f"{name}:", model, frames.subset(range(options.emulated)), options.shots)


if __name__ == "__main__":
    main()
