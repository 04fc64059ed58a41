"""Why `initial` does not learn (4): what a model of a given depth and width can change, near where a training starts.

Small changes of the parameters change the outputs, energies and forces of all frames, along the columns of the
Jacobian. Its rank says in how many directions, `evenly` how many of them carry the information. Then the best small
change is fitted to energies and forces, by least squares with the ridge that does best on frames of its own. What it
leaves, on frames of the fit and on others, is given in per cent of what the mean energy and no forces leave. Where that
stays high while rank and parameters grow, the further directions say nothing that holds on other frames. The ridge is
strong there, so what is left of the fitted frames is no bound of what a training can reach.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.forcefields.data import data_folder, load_molecule
from benchmarks.forcefields.report import show_table
from qffc.cli.output import say
from qffc.data import Dataset
from qffc.models.force_field import ForceField
from qffc.references.programs import resolve_program
from qffc.reports.plots import new_figure, save_figure
from qffc.studies.program_options import members_of
from qffc.trainability.fisher import output_jacobian, scales_of, starting_model

Floats = NDArray[np.float64]

FAMILIES = (
    "lib:initial:channels=8,depth=1,3,5,slots=8,species=C,H,O",
    "lib:initial:channels=2,16,depth=3,slots=8,species=C,H,O",
    "lib:revised:channels=4,depth=1,3,5,slots=8,species=C,H,O",
    "lib:revised:channels=16,depth=3,slots=8,species=C,H,O",
    "lib:pair:channels=2,depth=1,3,5,hidden=8,species=C,H,O,products=true,by_species=true",
)
"""Programs whose numbers of parameters are comparable: the network of `pair` is small here."""
_RIDGES = np.logspace(-10, 0, 21)


@dataclass(frozen=True)
class Remainder:
    """Root mean square errors over those of the mean energy and no forces."""

    energy: float
    force: float


@dataclass(frozen=True)
class Tangent:
    """What small changes of the parameters can do.

    Args:
        parameters: how many there are.
        eigenvalues: of the Fisher information, largest first.
        fitted: left on the frames of the fit.
        held_out: left on others.
    """

    parameters: int
    eigenvalues: Floats
    fitted: Remainder
    held_out: Remainder

    @property
    def rank(self) -> int:
        return int(np.count_nonzero(self.eigenvalues > 1e-10 * self.eigenvalues[0]))

    @property
    def evenly(self) -> float:
        return float(self.eigenvalues.sum() ** 2 / np.sum(self.eigenvalues**2))


@dataclass(frozen=True, eq=False)
class Linearized:
    """A model near its parameters, on some frames; energies and forces in the scales of the Fisher information.

    Args:
        jacobian: (frames, 1 + 3 atoms, parameters).
        wanted: (frames, 1 + 3 atoms), reference minus model.
        plain: the same of the mean energy and no forces.
    """

    jacobian: Floats
    wanted: Floats
    plain: Floats

    def left(self, change: Floats) -> Remainder:
        """Return what a change of the parameters leaves."""
        left, plain = np.mean((self.wanted - self.jacobian @ change) ** 2, axis=0), np.mean(self.plain**2, axis=0)
        return Remainder(float(np.sqrt(left[0] / plain[0])), float(np.sqrt(left[1:].sum() / plain[1:].sum())))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("programs", nargs="*", default=list(FAMILIES), help="families: lib:initial:depth=1,3,5,...")
    parser.add_argument("--frames", type=int, default=60, help="of the fit; half as many for the ridge, and to test")
    parser.add_argument("--seed", type=int, default=0, help="of parameters and frames")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="the Fisher spectra, PNG or SVG")


def run(options: argparse.Namespace) -> int:
    data = load_molecule(data_folder(options.data), "ethanol")
    members = [member for text in options.programs for member in members_of(text)]
    found: dict[str, Tangent] = {}
    rows: list[tuple[str, ...]] = []
    for member in members:
        program = resolve_program(member.reference)
        varied = [f"{name}={value}" for name, value in member.options if name != "channels"]
        name = ", ".join((program.name, f"channels={program.channels}", *varied))
        found[name] = tangent_of(starting_model(program, data, options.seed), data, options.frames, options.seed)
        rows.append((name, *_figures(found[name])))
        say("  ".join(rows[-1]))  # the largest take minutes: what is there is not lost
    header = ("program", "parameters", "rank", "evenly", "fitted: energy", "forces", "others: energy", "forces")
    outputs = options.frames * (1 + 3 * len(data.numbers))
    show_table(header, rows, f"{options.frames} frames of ethanol, {outputs} outputs; what is left in per cent")
    if options.plot:
        plot(found, options.plot)
    return 0


def tangent_of(model: ForceField, data: Dataset, frames: int, seed: int) -> Tangent:
    """Return the Fisher spectrum of a model, and what the best small change of its parameters leaves."""
    rows = np.random.default_rng([seed, 4]).permutation(len(data))[: 2 * frames].tolist()
    parts = (rows[:frames], rows[frames : frames + frames // 2], rows[frames + frames // 2 :])
    fit, ridge, test = (linearized(model, data.subset(part), scales_of(data)) for part in parts)
    flat = fit.jacobian.reshape(-1, fit.jacobian.shape[-1])
    left, values, right = np.linalg.svd(flat, full_matrices=False)
    turned = left.T @ fit.wanted.reshape(-1)

    def change(strength: float) -> Floats:
        return right.T @ (values / (values**2 + strength * values[0] ** 2) * turned)

    def on_ridge_frames(strength: float) -> float:
        found = ridge.left(change(strength))
        return found.energy**2 + found.force**2

    best = change(min(_RIDGES, key=on_ridge_frames))
    return Tangent(flat.shape[1], values**2 / frames, fit.left(best), test.left(best))


def linearized(model: ForceField, data: Dataset, scales: tuple[float, float]) -> Linearized:
    """Return a model near its parameters on some frames; scales as of the Fisher information, eV and eV/Å."""
    jacobian, _ = output_jacobian(model, data, *scales)
    energies, forces = model.predict(data.numbers, data.positions)
    unit = scales[1] * np.sqrt(3 * len(data.numbers))

    def outputs(energy: Floats, force: Floats) -> Floats:
        return np.concatenate([energy[:, None] / scales[0], force.reshape(len(data), -1) / unit], axis=1)

    wanted = outputs(data.energies - energies, data.forces - forces)
    return Linearized(jacobian, wanted, outputs(data.energies - data.energies.mean(), data.forces))


def plot(found: dict[str, Tangent], path: Path) -> None:
    figure = new_figure(7.0, 4.4)
    axes = figure.subplots()
    for name, tangent in found.items():
        axes.loglog(np.arange(1, tangent.rank + 1), tangent.eigenvalues[: tangent.rank], label=name)
    axes.set_xlabel("number")
    axes.set_ylabel("eigenvalue of the Fisher information")
    axes.legend(frameon=False, fontsize=7)
    save_figure(figure, path)


def _figures(tangent: Tangent) -> tuple[str, ...]:
    parts = [part for left in (tangent.fitted, tangent.held_out) for part in (left.energy, left.force)]
    shares = (f"{100 * part:.1f}" for part in parts)
    return (str(tangent.parameters), str(tangent.rank), f"{tangent.evenly:.1f}", *shares)
