"""Water models that count shots while they are trained: errors against the shots of a standard error of 1 meV.

Every model but the first is trained on from ``trained:water`` with a target for its shots; the last target is so low
that circuits cannot pay: what is left is the classical part of the same program, the end of the frontier. With
--coverage a model is run on H2-1LE again and again, and its errors are compared with the standard errors that it tells.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from qffc.atomic_files import write_text
from qffc.data import Dataset
from qffc.execution.energy import estimate_energies
from qffc.execution.exact_shots import draw_exactly
from qffc.models.files.model_file import load_model
from qffc.models.force_field import ForceField
from qffc.reports.evaluation import Evaluation
from qffc.reports.plots import ACCENT, FAINT, INK, SECOND, new_figure, save_figure
from qffc.targets.catalogue import target
from qffc.toolchain import evaluate, train

START = "trained:water"
PAIR = "lib:pair:channels=8,depth=4,species=H,O,hidden=128,128,products=true,by_species=true"
PROGRAM = f"{PAIR},messages=1"
TARGETS = (1.2e5, 1e4, 1.0)
_FRAMES = 50
SETTINGS = {
    "train": 500,
    "validation": 100,
    "ema_decay": 0.995,
    "clip": 0.5,
    "precision": 32,
    "evaluate_every": 10,
    "learning_rate": 0.001,
}


def frugal(shots: float, epochs: int, folder: Path) -> ForceField:
    """Return the model of a target, trained or taken from its folder."""
    return train(PROGRAM, "water", folder, start_from=START, epochs=epochs, shots_for_1mev=shots, **SETTINGS)


def row(name: str, found: Evaluation) -> dict[str, object]:
    """Return the figures of a model."""
    need = found.shots
    if need is None:
        raise RuntimeError("an evaluation without shots")
    return {
        "model": name,
        "energy_mae_meV": found.errors.energy_mae,
        "force_mae_meV_per_Angstrom": found.errors.force_mae,
        "shots": need.median,
        "HQC": need.price,
        "measured": need.measured,
    }


def run_again(model: ForceField, frames: Dataset, seed: int, native: bool, debias: bool) -> np.ndarray:
    """Return errors and the standard errors that go with them, (frames, 2), eV.

    Shots are planned for 1 meV on H2-1LE, and drawn from the states of the programs, or, which takes much longer,
    of the native circuits. Every geometry has circuits of its own, so each energy has shots of its own.
    """
    found = estimate_energies(
        model,
        frames.numbers,
        frames.positions,
        target("H2-1LE"),
        standard_error=1e-3,
        pack=False,
        seed=seed,
        sampler=None if native else draw_exactly,
        debias=debias,
    )
    return np.array([(each.energy - each.exact, each.standard_error) for each in found])


def table(rows: list[dict[str, object]]) -> str:
    """Return the rows as Markdown."""
    lines = [
        f"| {r['model']} | {r['energy_mae_meV']:.3f} | {r['force_mae_meV_per_Angstrom']:.2f} | {r['shots']:.2g} "
        f"| {r['HQC']:.3g} | {r['measured']:.0%} |"
        for r in rows
    ]
    columns = ("model", "energy MAE, meV", "force MAE, meV/Å", "shots for 1 meV", "HQC on H2", "measured")
    return "\n".join([f"| {' | '.join(columns)} |", "|---" * len(columns) + "|", *lines])


def draw(rows: list[dict[str, object]], path: Path) -> None:
    """Write the frontier: both errors against shots."""
    figure = new_figure(6.4, 4.2)
    axes = figure.subplots()
    for key, label, colour in (
        ("energy_mae_meV", "energy (meV)", ACCENT),
        ("force_mae_meV_per_Angstrom", "force (meV/Å)", SECOND),
    ):
        axes.loglog([r["shots"] for r in rows], [r[key] for r in rows], "o-", color=colour, label=label)
    axes.set_xlabel("shots for a standard error of 1 meV")
    axes.set_ylabel("mean absolute error, test frames")
    axes.set_title("Water: what a model gives up for fewer shots", color=INK)
    axes.grid(which="both", color=FAINT, alpha=0.3)
    axes.legend(frameon=False)
    save_figure(figure, path)


def tell_coverage(model: ForceField, held_out: Dataset, seeds: int, native: bool, debias: bool) -> None:
    """Run a model on frames spread over those given, with each seed; compare errors with what they should be."""
    frames = held_out.subset(np.unique(np.linspace(0, len(held_out) - 1, _FRAMES).astype(int)))
    parts = []
    for seed in range(seeds):
        parts.append(run_again(model, frames, seed, native, debias))
        errors, told = 1e3 * np.concatenate(parts).T
        near = np.abs(errors) / told
        print(
            f"{len(errors)} energies: {np.mean(near < 1):.1%} within 1 of what was told, {np.mean(near < 2):.1%} in 2; "
            f"errors {np.sqrt(np.mean(errors**2)):.2f} meV (rms), half below {np.median(np.abs(errors)):.2f}, "
            f"mean {errors.mean():.2f}, largest {np.abs(errors).max():.1f}; "
            f"told {np.median(told):.2f} (median), {told.mean():.2f} (mean)",
            flush=True,
        )


def main() -> None:
    """Train, evaluate, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/shot-frontier"))
    parser.add_argument("--targets", type=float, nargs="*", default=TARGETS)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--coverage", type=int, default=0, metavar="SEEDS", help="times 50 test frames on H2-1LE")
    parser.add_argument("--model", type=Path, default=Path("trained:water-frugal"), help="for --coverage")
    parser.add_argument("--data", default="water", help="for --coverage: what the model was trained on")
    parser.add_argument("--units", help="of a file")
    parser.add_argument("--native", action="store_true", help="with --coverage: shots of native circuits")
    parser.add_argument("--debias", action="store_true", help="with --coverage: the bias that is expected is taken off")
    chosen = parser.parse_args()
    if chosen.coverage:
        model = load_model(chosen.model)
        held_out = evaluate(model, chosen.data, units=chosen.units).data
        tell_coverage(model, held_out, chosen.coverage, chosen.native, chosen.debias)
        return
    rows = [row(START, evaluate(START, "water", shots=True))]
    for shots in chosen.targets:
        frugal(shots, chosen.epochs, chosen.out / f"{shots:g}")
        rows.append(row(f"target {shots:g}", evaluate(chosen.out / f"{shots:g}", "water", shots=True)))
        write_text(chosen.out / "frontier.json", json.dumps(rows, indent=2) + "\n")
        print(table(rows), flush=True)
    if chosen.plot:
        draw(rows, chosen.plot)


if __name__ == "__main__":
    main()
