"""Forces from shifted circuits against automatic differentiation: the limit of many shots, and pulls with shots."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from qffc.execution.exact_shots import draw_exactly
from qffc.execution.forces import exact_moments, prepare_forces
from qffc.library import load
from qffc.models.force_field import ForceField, untrained
from qffc.targets.catalogue import target

PLACE = target("H2-1")
WATER = (np.array([8, 1, 1]), np.array([[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.1, -0.76, -0.48]]))
AMMONIA = (
    np.array([7, 1, 1, 1]),
    np.array([[0.0, 0.0, 0.0], [0.94, 0.0, 0.3], [-0.47, 0.81, 0.3], [-0.5, -0.8, 0.35]]),
)
CASES = (
    ("sivqlm-h2o", {"depth": 2}, WATER, 1000),
    ("sivqlm-nh3", {"depth": 1}, AMMONIA, 1000),
    ("pair", {"depth": 2, "channels": 2, "hidden": (8,)}, WATER, 50000),
    ("pair", {"depth": 1, "channels": 2, "hidden": (8,), "species": ("N", "H")}, AMMONIA, 50000),
)
GEOMETRIES = 4
REPEATS = 20


def row(name: str, model: ForceField, numbers: np.ndarray, positions: np.ndarray, shots: int) -> str:
    shaken = positions + np.random.default_rng(0).normal(scale=0.05, size=(GEOMETRIES, *positions.shape))
    run = prepare_forces(model, numbers, shaken)
    start = perf_counter()
    quote = run.quote(PLACE, shots=shots, standard_error=None)
    limit = run.estimate(quote, PLACE, seed=0, sampler=exact_moments)
    energies, forces = model.predict(numbers, shaken)
    off = max(float(np.abs(found.forces - exact).max()) for found, exact in zip(limit, forces, strict=True))
    pulls = np.array(
        [
            (found.forces - exact) / found.force_errors
            for seed in range(REPEATS)
            for found, exact in zip(run.estimate(quote, PLACE, seed=seed, sampler=draw_exactly), forces, strict=True)
        ]
    )
    within = [np.mean(np.abs(pulls) < width) for width in (1, 1.96)]
    circuits = quote.circuits // GEOMETRIES
    return (
        f"{name:<14}{len(numbers):>6}{circuits:>10}{circuits / (3 * len(numbers)):>10.0f}{off:>12.1e}"
        f"{shots:>8}{pulls.mean():>+8.3f}{within[0]:>8.3f}{within[1]:>8.3f}{perf_counter() - start:>8.0f}"
    )


def main() -> None:
    print(
        f"{'model':<14}{'atoms':>6}{'circuits':>10}{'per force':>10}{'deviation':>12}"
        f"{'shots':>8}{'pull':>8}{'1':>8}{'1.96':>8}{'s':>8}"
    )
    for name, options, (numbers, positions), shots in CASES:
        print(row(name, untrained(load(name, **options), seed=1), numbers, positions, shots), flush=True)


if __name__ == "__main__":
    main()
