"""Trained water models on an emulated device: energies along a stretch, without noise and with the noise of H2."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from noise_limit import without_shot_noise
from scipy.spatial.transform import Rotation

from qffc.execution.energy import estimate_energies
from qffc.models.force_field import ForceField
from qffc.reports.plots import ACCENT, INK, SECOND, new_figure, save_figure
from qffc.targets.catalogue import target
from qffc.toolchain import train
from qffc.units import energy_in_ev

CLEAN, NOISY = target("H2-1LE"), target("H2-1LE-noisy")
NUMBERS, LENGTHS, ANGLE = np.array([8, 1, 1]), np.linspace(0.90, 1.05, 7), 104.0
PROGRAMS = ("lib:sivqlm-h2o", "lib:pair")
SOURCES = {
    "two-qubit gates": ("two_qubit",),
    "memory": ("memory",),
    "one-qubit gates": ("one_qubit",),
    "readout": ("measurement_0", "measurement_1"),
}


def stretched(length: float) -> np.ndarray:
    """Water with both O-H bonds of a length, (3, 3), Angstrom."""
    half = np.radians(ANGLE) / 2
    x, z = length * np.sin(half), length * np.cos(half)
    return np.array([[0.0, 0.0, 0.0], [x, 0.0, z], [-x, 0.0, z]])


POSITIONS = np.array([stretched(length) for length in LENGTHS])


def limits(model: ForceField) -> dict[str, np.ndarray]:
    """What each source of noise alone, and all together, does to the energies with infinitely many shots, meV."""
    parts = {"all": NOISY.noise} | {
        name: replace(CLEAN.with_noise(NOISY.noise).noise, **{f: 0.0 for f in _figures() if f not in kept})
        for name, kept in SOURCES.items()
    }
    found = {}
    for name, noise in parts.items():
        estimates = estimate_energies(
            model, NUMBERS, POSITIONS, CLEAN.with_noise(noise), shots=1000, seed=0, sampler=without_shot_noise
        )
        found[name] = 1e3 * np.array([e.energy - e.exact for e in estimates])
    return found


def turned(model: ForceField) -> dict[str, np.ndarray]:
    """The bias of one geometry in eight orientations, by all noise and by two-qubit gates alone, meV."""
    turns = Rotation.random(8, random_state=0).as_matrix()
    positions = np.array([stretched(0.975) @ turn.T for turn in turns])
    only = {name: 0.0 for name in _figures() if name != "two_qubit"}
    found = {}
    for name, noise in (("all", NOISY.noise), ("two-qubit gates", replace(NOISY.noise, **only))):
        estimates = estimate_energies(
            model, NUMBERS, positions, CLEAN.with_noise(noise), shots=1000, seed=0, sampler=without_shot_noise
        )
        found[name] = 1e3 * np.array([e.energy - e.exact for e in estimates])
    return found


def _figures() -> tuple[str, ...]:
    return ("one_qubit", "two_qubit", "memory", "preparation", "measurement_0", "measurement_1")


def report(name: str, model: ForceField, wanted: float, axes) -> None:
    """Print the figures of one model and draw them."""
    clean = estimate_energies(model, NUMBERS, POSITIONS, CLEAN, standard_error=wanted, seed=0)
    noisy = estimate_energies(model, NUMBERS, POSITIONS, NOISY, standard_error=wanted, seed=1)
    exact = 1e3 * np.array([e.exact for e in clean])
    lowest, height = exact.min(), np.ptp(exact)
    bias = limits(model)
    print(f"\n{name}: {clean[0].circuits} circuits and {clean[0].shots:,} shots a geometry (the first)")
    print("r (Å)   exact   noiseless        noisy            noisy limit   (meV)")
    for k, (c, n) in enumerate(zip(clean, noisy, strict=True)):
        print(
            f"{LENGTHS[k]:.3f} {exact[k] - lowest:7.1f} {1e3 * c.energy - lowest:8.1f} ± {1e3 * c.standard_error:<5.1f}"
            f" {1e3 * n.energy - lowest:8.1f} ± {1e3 * n.standard_error:<5.1f}"
            f" {exact[k] + bias['all'][k] - lowest:10.1f}"
        )
    for label, runs, centre in (("noiseless", clean, 0.0), ("noisy", noisy, bias["all"])):
        errors = 1e3 * np.array([e.standard_error for e in runs])
        pulls = (1e3 * np.array([e.energy for e in runs]) - exact - centre) / errors
        print(f"{label}: deviations from the limit of many shots, in standard errors: {np.round(pulls, 2).tolist()}")
    for source, values in bias.items():
        print(
            f"bias by {source}: mean {values.mean():+.2f} meV, spread over geometries {values.std():.2f} meV, "
            f"largest {100 * abs(values).max() / height:.2f} % of the range of {height:.0f} meV"
        )
    for source, values in turned(model).items():
        print(
            f"turned, bias by {source}: {values.min():+.2f} to {values.max():+.2f} meV, spread {values.std():.3f} meV"
        )
    _draw(axes, name, exact - lowest, bias["all"], clean, noisy, lowest)


def _draw(axes, name, exact, bias, clean, noisy, lowest) -> None:
    axes.plot(LENGTHS, exact, color=INK, linewidth=1.2, label="exact circuit")
    axes.plot(LENGTHS, exact + bias, color=SECOND, linewidth=1.2, linestyle="--", label="noisy, many shots")
    for runs, shift, style in (
        (clean, -0.001, {"color": ACCENT, "marker": "o", "label": "H2-1LE"}),
        (noisy, 0.001, {"color": SECOND, "marker": "s", "markerfacecolor": "white", "label": "H2-1LE-noisy"}),
    ):
        axes.errorbar(
            LENGTHS + shift,
            [1e3 * e.energy - lowest for e in runs],
            [1e3 * e.standard_error for e in runs],
            linestyle="none",
            markersize=4.5,
            capsize=2.5,
            **style,
        )
    axes.set_title(name, color=INK)
    axes.set_xlabel("both O-H lengths (Å)")
    axes.set_ylabel("energy above the exact minimum (meV)")
    axes.legend(frameon=False)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=Path("runs/water-device"), help="folder of the trained models")
    parser.add_argument("--standard-error", default="20meV", help="of each energy, with its unit")
    parser.add_argument("--plot", type=Path, help="write the curves to this file")
    options = parser.parse_args(arguments)
    figure = new_figure(10.0, 4.4)
    for axes, program in zip(figure.subplots(1, len(PROGRAMS)), PROGRAMS, strict=True):
        model = train(program, "water", options.runs / program.removeprefix("lib:"))
        report(program, model, energy_in_ev(options.standard_error), axes)
    if options.plot:
        save_figure(figure, options.plot)


if __name__ == "__main__":
    main()
