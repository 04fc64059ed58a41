"""Shots for a standard error of the energy: one setting for each Pauli term, grouped settings, and the plan of qffc."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from qffc.cli.geometry import read_geometry
from qffc.execution.allocation import allocate_for
from qffc.execution.energy import estimate_energies
from qffc.execution.energy_circuits import Job, prepare
from qffc.execution.exact_shots import draw_exactly
from qffc.execution.quote import planned_quote
from qffc.models.files.model_file import load_model
from qffc.passes.circuit.split_program import Split
from qffc.passes.measurement.kernel_states import kernel_states
from qffc.passes.measurement.plan import moment_covariances, plan_measurement, setting_variances
from qffc.passes.measurement.settings import MeasurementPlan, Setting, measurement_plan, string_weights
from qffc.targets.catalogue import target
from qffc.units import energy_in_ev

PLACE = target("H2-1LE")


def term_by_term(split: Split) -> MeasurementPlan:
    """One setting for each Pauli string."""
    weights = [string_weights(observable) for observable in split.observables]
    strings = list(dict.fromkeys(string for entry in weights for string in entry if string))
    place = {string: k for k, string in enumerate(strings)}
    return MeasurementPlan(
        tuple(Setting(tuple(dict(s).get(q) for q in range(split.qubit_count)), (s,)) for s in strings),
        tuple(entry.get((), 0.0) for entry in weights),
        tuple(tuple((place[s], 0, w) for s, w in entry.items() if s) for entry in weights),
    )


def variances_of(job: Job, plan: MeasurementPlan) -> np.ndarray:
    """Variance of the energy that one shot of each setting of each circuit leaves, (circuits, settings)."""
    _, slopes = job.energies_and_slopes(job.exact_moments)
    states = kernel_states(job.split, job.flat_slots)
    return setting_variances(moment_covariances(plan, states, len(states)), slopes)


def rows_for(job: Job, wanted: float) -> list[tuple[str, int, float]]:
    """Name, settings of a circuit, and shots of a geometry for each way to measure."""
    split = job.split
    pauli = measurement_plan(split.observables, split.qubit_count)
    quote = planned_quote(job, PLACE, shots=None, standard_error=wanted)
    plans = {
        "one setting a term": term_by_term(split),
        "Pauli groups": pauli,
        "pass plan-measurement": plan_measurement(split),
        "planned for the molecule": quote.plan,
    }
    rows = []
    for name, plan in plans.items():
        variances = variances_of(job, plan)
        equal = variances.size * variances.sum() / wanted**2
        rows.append((f"{name}, equal shots", len(plan.settings), equal))
        rows.append((f"{name}, allocated", len(plan.settings), float(allocate_for(variances, wanted).sum())))
    return rows


def coverage(model, numbers, positions, wanted: float, repeats: int) -> None:
    """Energies of one geometry again and again, shots drawn from exact probabilities."""
    frames = np.repeat(positions[:1], repeats, axis=0)
    estimates = estimate_energies(model, numbers, frames, PLACE, standard_error=wanted, seed=0, sampler=draw_exactly)
    pulls = np.array([(e.energy - e.exact) / e.standard_error for e in estimates])
    errors = np.array([e.standard_error for e in estimates])
    spread = np.std([e.energy for e in estimates])
    print(
        f"{repeats} repeats: standard error {1e3 * errors.mean():.4f} meV, spread {1e3 * spread:.4f} meV, "
        f"within one {np.mean(abs(pulls) < 1):.3f}, within 1.96 {np.mean(abs(pulls) < 1.96):.3f}, "
        f"mean pull {pulls.mean():+.3f}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="a model file, or the folder of its run")
    parser.add_argument("geometry", help="a file .xyz, .extxyz or .npz (Angstrom), or water, ammonia")
    parser.add_argument("--standard-error", default="1meV", help="with its unit")
    parser.add_argument("--frames", type=int, default=3, help="geometries, each by itself; the mean counts")
    parser.add_argument("--repeats", type=int, default=0, help="repeat the planned estimate to see its coverage")
    options = parser.parse_args(arguments)
    wanted = energy_in_ev(options.standard_error)
    model = load_model(options.model)
    numbers, positions = read_geometry(options.geometry)
    chosen = positions[np.linspace(0, len(positions) - 1, options.frames).astype(int)]
    table: dict[str, list[tuple[int, float]]] = {}
    for frame in chosen:
        job = prepare(model, numbers, frame[None])
        for name, settings, shots in rows_for(job, wanted):
            table.setdefault(name, []).append((settings, shots))
    print(f"{model.program.name}: {job.circuits} circuits a geometry, standard error {options.standard_error}")
    print(f"{'':<40}{'settings':>9}{'shots':>16}{'ratio':>8}")
    naive = np.mean([shots for _, shots in table["one setting a term, equal shots"]])
    for name, entries in table.items():
        settings = "/".join(str(n) for n in sorted({n for n, _ in entries}))
        shots = np.mean([shots for _, shots in entries])
        print(f"{name:<40}{settings:>9}{shots:>16,.0f}{shots / naive:>8.3f}")
    if options.repeats:
        coverage(model, numbers, chosen, wanted, options.repeats)


if __name__ == "__main__":
    main()
