"""Energies through rounds of circuits again and again: spread beside standard error, and the bias of few shots."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from ase.build import molecule

from qffc.execution.energy import estimate_energies
from qffc.execution.exact_shots import draw_exactly
from qffc.library import load
from qffc.models.force_field import untrained
from qffc.targets.catalogue import target

SHOTS = (100, 300, 1000, 10_000, 100_000)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="of a small 'gathered' with fresh parameters")
    parser.add_argument("--seed", type=int, default=1, help="of the parameters")
    parser.add_argument("--repeats", type=int, default=1000, help="of each number of shots")
    options = parser.parse_args(arguments)
    program = load("gathered", channels=2, rounds=options.rounds, depth=1, vectors=2, hidden=(4, 4))
    model, water = untrained(program, seed=options.seed), molecule("H2O")
    frames = np.repeat(water.positions[None], options.repeats, axis=0)
    print(f"{'shots':>8}{'error (meV)':>13}{'spread':>10}{'bias':>10}{'+-':>8}{'in 1':>8}{'in 1.96':>9}")
    for shots in SHOTS:
        found = estimate_energies(
            model, water.numbers, frames, target("H2-1LE"), shots=shots, seed=3, sampler=draw_exactly
        )
        off = 1e3 * np.array([each.energy - each.exact for each in found])
        errors = 1e3 * np.array([each.standard_error for each in found])
        inside = [np.mean(np.abs(off) < width * errors) for width in (1, 1.96)]
        print(
            f"{shots:>8}{np.sqrt(np.mean(errors**2)):>13.1f}{off.std():>10.1f}{off.mean():>10.2f}"
            f"{off.std() / np.sqrt(len(off)):>8.2f}{inside[0]:>8.3f}{inside[1]:>9.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
