"""The noisy kernel beside PECOS, circuit by circuit: deviations of all moments in their standard errors, chi-square."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields, replace

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from qffc.execution.estimate import estimate_moments
from qffc.library import load
from qffc.passes.circuit.split_program import split_program
from qffc.passes.lower_jax.double_precision import double_precision
from qffc.passes.lower_jax.kernel import make_kernel
from qffc.passes.noisy.make import noisy_kernel
from qffc.passes.target_noise import NoiseModel
from qffc.targets.catalogue import target

PROGRAMS = (
    ("initial", {}),
    ("sivqlm-lih", {}),
    ("water-demo", {"depth": 3}),
    ("pair", {}),
    ("pair", {"depth": 1}),
    ("gathered", {}),
    ("sivqlm-h2o", {}),
    ("sivqlm-nh3", {"depth": 1}),
)
_KEPT = 1e-6
"""Directions of moments whose variance is below this share of the largest are fixed by the others."""


def louder(noise: NoiseModel, factor: float) -> NoiseModel:
    """All figures of a noise model times a factor, with as much of preparation as of reading."""
    figures = {each.name: factor * getattr(noise, each.name) for each in fields(noise) if each.name != "source"}
    return replace(noise, **figures | {"preparation": figures["measurement_0"]})


def deviation(difference: NDArray, covariance: NDArray) -> tuple[float, int]:
    """Chi-square of differences with a covariance, and its degrees of freedom."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > _KEPT * values.max()
    return float(((vectors.T @ difference)[kept] ** 2 / values[kept]).sum()), int(kept.sum())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--circuits", type=int, default=50, help="in all, spread over the programs")
    parser.add_argument("--shots", type=int, default=1000, help="of each setting of each circuit")
    parser.add_argument("--factor", type=float, default=10.0, help="times the figures of H2-1, so that shots see them")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    emulator = target("H2-1LE-noisy")
    noisy = emulator.with_noise(louder(emulator.noise or NoiseModel(), options.factor))
    total, without, freedom, done = 0.0, 0.0, 0, 0
    print(f"{'program':<22}{'circuits':>9}{'settings':>9}{'free':>6}{'chi2':>8}{'p':>7}{'chi2 without noise':>20}")
    for row, (name, choices) in enumerate(PROGRAMS):
        count = options.circuits // len(PROGRAMS) + (row < options.circuits % len(PROGRAMS))
        split = split_program(load(name, **choices))
        slots = np.random.default_rng([options.seed, row]).normal(size=(count, split.slot_count))
        kernel = noisy_kernel(split, noisy)
        with double_precision():
            ours = np.asarray(kernel.moments(jnp.asarray(slots)))
            exact = np.asarray(make_kernel(split).moments(jnp.asarray(slots)))
        found = estimate_moments(split, slots, noisy, shots=options.shots, seed=options.seed, plan=kernel.plan)
        each = [deviation(*pair) for pair in zip(found.means - ours, found.covariances, strict=True)]
        quiet = sum(deviation(*pair)[0] for pair in zip(found.means - exact, found.covariances, strict=True))
        square, free = sum(value for value, _ in each), sum(number for _, number in each)
        label = " ".join([name, *(f"{key}={value}" for key, value in choices.items())])
        print(
            f"{label:<22}{count:>9}{len(kernel.plan.settings):>9}{free:>6}{square:>8.1f}{chi2.sf(square, free):>7.2f}"
            f"{quiet:>20.1f}",
            flush=True,
        )
        total, without, freedom, done = total + square, without + quiet, freedom + free, done + count
    print(f"{'all':<22}{done:>9}{'':>9}{freedom:>6}{total:>8.1f}{chi2.sf(total, freedom):>7.2f}{without:>20.1f}")


if __name__ == "__main__":
    main()
